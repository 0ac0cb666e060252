#include "mail/html.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr auto npos = std::string_view::npos;

/// What a character may end, one bit for each question.
enum : unsigned char { space = 1, tag_name_end = 2, attribute_name_end = 4, unquoted_end = 8 };

constexpr std::array<unsigned char, 256> classes = [] {
  std::array<unsigned char, 256> table{};
  for (const unsigned char c : {' ', '\t', '\n', '\f', '\r'})
    table[c] = space | tag_name_end | attribute_name_end | unquoted_end;
  table['/'] = tag_name_end | attribute_name_end;
  table['>'] = tag_name_end | attribute_name_end | unquoted_end;
  table['='] = attribute_name_end;
  return table;
}();

bool is(unsigned char classes_wanted, char c) {
  return (classes[static_cast<unsigned char>(c)] & classes_wanted) != 0;
}

/// The first octet of such a class from `at` on, or the end.
std::size_t find_class(unsigned char wanted, std::string_view html, std::size_t at) {
  while (at < html.size() && !is(wanted, html[at])) ++at;
  return at;
}
std::size_t skip_space(std::string_view html, std::size_t at) {
  while (at < html.size() && is(space, html[at])) ++at;
  return at;
}

bool is_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }

constexpr std::array<std::string_view, 9> raw_text_elements = {
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"};

bool is_raw_text_element(const HtmlTag& tag) {
  if (tag.name.size() < 3) return false;  // most tags: a, p, td, tr, br
  const char first = static_cast<char>(tag.name[0] | 0x20);
  return std::any_of(raw_text_elements.begin(), raw_text_elements.end(),
                     [&](std::string_view raw) { return raw[0] == first && tag.is(raw); });
}

/// `</name` at `at`, followed by what may end a tag name.
bool is_end_tag_of(std::string_view html, std::size_t at, std::string_view name) {
  const std::string_view rest = html.substr(at);
  if (!rest.starts_with("</") || !starts_with_ignoring_case(rest.substr(2), name)) return false;
  const std::size_t behind = 2 + name.size();
  return behind < rest.size() && is(tag_name_end, rest[behind]);
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
  const std::size_t name_end = find_class(tag_name_end, html_, name);
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
  while ((at = skip_space(html_, at)) < html_.size()) {
    if (html_[at] == '>') return at + 1;
    if (html_[at] == '/') {
      ++at;
      continue;
    }
    at = find_class(attribute_name_end, html_, at + 1);  // a "=" at the beginning belongs to it
    const std::size_t equals = skip_space(html_, at);
    if (equals == html_.size() || html_[equals] != '=') continue;
    at = skip_space(html_, equals + 1);
    if (at == html_.size()) break;
    if (const char quote = html_[at]; quote == '"' || quote == '\'') {
      at = html_.find(quote, at + 1);
      if (at == npos) break;
      ++at;
    } else {
      at = find_class(unquoted_end, html_, at);
    }
  }
  return npos;
}

/// Of the element that `tag` opens, if it is one of those.
std::optional<std::size_t> HtmlTokenizer::end_of_raw_text(const HtmlTag& tag) const {
  if (!is_raw_text_element(tag)) return std::nullopt;
  if (tag.is("script")) return end_of_script();
  if (tag.is("plaintext")) return html_.size();
  for (std::size_t at = html_.find("</", at_); at != npos; at = html_.find("</", at + 2)) {
    if (is_end_tag_of(html_, at, tag.name)) return at;
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
               rest.size() > 7 && is(tag_name_end, rest[7])) {
      nested = true;
    }
  }
  return html_.size();
}

HtmlAttributes::HtmlAttributes(std::string_view html, const HtmlTag& tag)
    : html_(html.substr(0, tag.end - 1)), at_(tag.begin + (tag.is_end ? 2 : 1) + tag.name.size()) {}

std::optional<HtmlAttribute> HtmlAttributes::next() {
  while (at_ < html_.size() && (is(space, html_[at_]) || html_[at_] == '/')) ++at_;
  if (at_ >= html_.size()) return std::nullopt;
  HtmlAttribute attribute;
  attribute.begin = at_;
  attribute.end = at_ = find_class(attribute_name_end, html_, at_ + 1);
  attribute.name = html_.substr(attribute.begin, at_ - attribute.begin);
  std::size_t value = skip_space(html_, at_);
  if (value == html_.size() || html_[value] != '=') return attribute;

  value = skip_space(html_, value + 1);
  const bool is_quoted = value < html_.size() && (html_[value] == '"' || html_[value] == '\'');
  if (is_quoted) {
    attribute.quote = html_[value++];
    at_ = std::min(html_.find(attribute.quote, value), html_.size());
  } else {
    at_ = find_class(unquoted_end, html_, value);
  }
  attribute.value = html_.substr(value, at_ - value);
  if (is_quoted) ++at_;
  attribute.end = at_;
  return attribute;
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
