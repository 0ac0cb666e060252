#include "mail/html.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_letter(char c) {
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'z';
}

bool ends_tag_name(char c) { return is_html_space(c) || c == '/' || c == '>'; }

constexpr std::array<std::string_view, 8> raw_text_elements = {
    "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"};

/// `</name` at `at`, followed by what may end a tag name.
bool is_end_tag_of(std::string_view html, std::size_t at, std::string_view name) {
  const std::string_view rest = html.substr(at);
  if (!rest.starts_with("</") || !starts_with_ignoring_case(rest.substr(2), name)) return false;
  const std::size_t behind = 2 + name.size();
  return behind < rest.size() && ends_tag_name(rest[behind]);
}

}  // namespace

bool HtmlTag::is(std::string_view lower_case_name) const {
  return equals_ignoring_case(name, lower_case_name);
}

std::optional<HtmlTag> HtmlTokenizer::next() {
  while (const auto token = next_token()) {
    if (token->kind == HtmlToken::Kind::tag) return token->tag;
  }
  return std::nullopt;
}

std::optional<HtmlToken> HtmlTokenizer::next_token() {
  if (raw_text_end_) {
    HtmlToken raw;
    raw.kind = HtmlToken::Kind::raw_text;
    raw.begin = at_;
    raw.end = at_ = *raw_text_end_;
    raw_text_end_.reset();
    return raw;
  }
  while ((at_ = html_.find('<', at_)) != npos) {
    const char next = at_ + 1 < html_.size() ? html_[at_ + 1] : '\0';
    const bool is_end = next == '/';
    const std::size_t name = at_ + (is_end ? 2 : 1);
    if (name >= html_.size()) break;
    if (is_letter(html_[name])) return tag(at_, name, is_end);
    if (is_end || next == '!' || next == '?') {
      const HtmlToken found = declaration(at_);
      at_ = found.end;
      return found;
    }
    ++at_;  // a bare "<"
  }
  at_ = html_.size();
  return std::nullopt;
}

HtmlToken HtmlTokenizer::tag(std::size_t begin, std::size_t name, bool is_end) {
  std::size_t name_end = name + 1;
  while (name_end < html_.size() && !ends_tag_name(html_[name_end])) ++name_end;
  HtmlToken out;
  out.begin = out.tag.begin = begin;
  out.tag.name = html_.substr(name, name_end - name);
  out.tag.is_end = is_end;
  const std::size_t end = end_of_tag(name_end);
  if (end == npos) {
    out.kind = HtmlToken::Kind::unfinished;
    out.end = at_ = html_.size();
    return out;
  }
  out.end = out.tag.end = at_ = end;
  if (!is_end) raw_text_end_ = end_of_raw_text(out.tag);
  return out;
}

/// What begins with "<!", "<?" or "</" and is no tag.
HtmlToken HtmlTokenizer::declaration(std::size_t begin) const {
  HtmlToken out;
  out.begin = begin;
  const bool is_comment = html_.substr(begin).starts_with("<!--");
  out.kind = is_comment ? HtmlToken::Kind::comment : HtmlToken::Kind::declaration;
  if (is_comment) {
    out.end = end_of_comment(begin);
  } else {
    const auto close = html_.find('>', begin + 2);
    out.end = close == npos ? npos : close + 1;
  }
  if (out.end == npos) {
    out.kind = HtmlToken::Kind::unfinished;
    out.end = html_.size();
  }
  return out;
}

/// Behind the comment that begins at `begin` (13.2.5.43 to 13.2.5.52); npos when it does not end.
std::size_t HtmlTokenizer::end_of_comment(std::size_t begin) const {
  std::size_t at = begin + 4;
  if (html_.substr(at).starts_with(">")) return at + 1;
  if (html_.substr(at).starts_with("->")) return at + 2;
  for (at = html_.find("--", at); at != npos; at = html_.find("--", at + 1)) {
    const std::string_view rest = html_.substr(at + 2);
    if (rest.starts_with(">")) return at + 3;
    if (rest.starts_with("!>")) return at + 4;
  }
  return npos;
}

/// Behind the ">" of a tag whose name ended at `at`; npos when the source ends first. Quotes count
/// only as the first character of a value.
std::size_t HtmlTokenizer::end_of_tag(std::size_t at) const {
  for (bool value_is_next = false; at < html_.size(); ++at) {
    const char c = html_[at];
    if (is_html_space(c)) continue;
    if (c == '>') return at + 1;
    if (value_is_next && (c == '"' || c == '\'')) {
      at = html_.find(c, at + 1);
      if (at == npos) return npos;
      value_is_next = false;
      continue;
    }
    if (value_is_next) {  // unquoted: only white space and ">" end it
      while (at < html_.size() && !is_html_space(html_[at]) && html_[at] != '>') ++at;
      --at;
      value_is_next = false;
      continue;
    }
    if (c == '/') continue;
    // A name; a "=" at its very beginning belongs to it.
    std::size_t end = at + 1;
    while (end < html_.size() && !is_html_space(html_[end]) && html_[end] != '/' &&
           html_[end] != '>' && html_[end] != '=') {
      ++end;
    }
    while (end < html_.size() && is_html_space(html_[end])) ++end;
    value_is_next = end < html_.size() && html_[end] == '=';
    at = value_is_next ? end : end - 1;
  }
  return npos;
}

/// Of the element that `tag` opens, if it is one of those.
std::optional<std::size_t> HtmlTokenizer::end_of_raw_text(const HtmlTag& tag) const {
  if (tag.is("script")) return end_of_script();
  const std::string_view name = tag.name;
  if (std::none_of(raw_text_elements.begin(), raw_text_elements.end(),
                   [&](std::string_view raw) { return tag.is(raw); })) {
    return std::nullopt;
  }
  if (tag.is("plaintext")) return html_.size();
  for (std::size_t at = html_.find("</", at_); at != npos; at = html_.find("</", at + 2)) {
    if (is_end_tag_of(html_, at, name)) return at;
  }
  return html_.size();
}

/// In "<!-- ... -->" inside a script a nested "<script>" hides its own "</script>" (13.2.5.20 to
/// 13.2.5.31).
std::size_t HtmlTokenizer::end_of_script() const {
  bool escaped = false;
  bool nested = false;
  for (std::size_t at = at_; at < html_.size(); ++at) {
    const auto next = html_.find_first_of("<-", at);
    if (next == npos) break;
    at = next;
    const std::string_view rest = html_.substr(at);
    if (escaped && rest.starts_with("-->")) {
      escaped = nested = false;
    } else if (!escaped && rest.starts_with("<!--")) {
      escaped = true;
      // "<!-->" and "<!--->" end at once.
      if (rest.starts_with("<!-->") || rest.starts_with("<!--->")) escaped = false;
      at += 3;
    } else if (is_end_tag_of(html_, at, "script")) {
      if (!nested) return at;
      nested = false;
    } else if (escaped && !nested && starts_with_ignoring_case(rest, "<script") &&
               rest.size() > 7 && ends_tag_name(rest[7])) {
      nested = true;
    }
  }
  return html_.size();
}

std::vector<HtmlAttribute> attributes_of(std::string_view html, const HtmlTag& tag) {
  std::vector<HtmlAttribute> out;
  const std::size_t end = tag.end - 1;  // the ">"
  const auto skip_gaps = [&](std::size_t at) {
    while (at < end && is_html_space(html[at])) ++at;
    return at;
  };
  std::size_t at = tag.begin + (tag.is_end ? 2 : 1) + tag.name.size();
  while (true) {
    while (at < end && (is_html_space(html[at]) || html[at] == '/')) ++at;
    if (at >= end) return out;
    HtmlAttribute attribute;
    attribute.begin = at++;
    while (at < end && !is_html_space(html[at]) && html[at] != '/' && html[at] != '=') ++at;
    attribute.name = html.substr(attribute.begin, at - attribute.begin);
    attribute.end = at;
    std::size_t value = skip_gaps(at);
    if (value < end && html[value] == '=') {
      value = skip_gaps(value + 1);
      if (value < end && (html[value] == '"' || html[value] == '\'')) {
        attribute.quote = html[value++];
        at = std::min(html.find(attribute.quote, value), end);
        attribute.value = html.substr(value, at - value);
        attribute.end = ++at;
      } else {
        at = value;
        while (at < end && !is_html_space(html[at])) ++at;
        attribute.value = html.substr(value, at - value);
        attribute.end = at;
      }
    }
    out.push_back(attribute);
  }
}

std::size_t bottom_of_html(std::string_view html) {
  std::optional<std::size_t> body, document;
  HtmlTokenizer tags(html);
  while (const auto tag = tags.next()) {
    if (!tag->is_end) continue;
    if (tag->is("body")) body = tag->begin;
    if (tag->is("html")) document = tag->begin;
  }
  return body.value_or(document.value_or(html.size()));
}

std::string_view inside_of_body(std::string_view html) {
  std::optional<std::size_t> body, head_end, document, body_end, document_end;
  HtmlTokenizer tags(html);
  while (const auto tag = tags.next()) {
    if (!tag->is_end) {
      if (!body && tag->is("body")) body = tag->end;
      if (!document && tag->is("html")) document = tag->end;
    } else if (tag->is("body")) {
      body_end = tag->begin;
    } else if (tag->is("html")) {
      document_end = tag->begin;
    } else if (!head_end && tag->is("head")) {
      head_end = tag->end;
    }
  }
  const std::size_t begin = body.value_or(head_end.value_or(document.value_or(0)));
  const std::size_t end = body_end.value_or(document_end.value_or(html.size()));
  return begin <= end ? html.substr(begin, end - begin) : html.substr(begin);
}

}  // namespace smtpapi
