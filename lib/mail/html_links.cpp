#include <algorithm>

#include "base/text.h"
#include "mail/html.h"
#include "mail/links.h"
#include "mail/url_text.h"

namespace smtpapi {
namespace {

constexpr auto npos = std::string_view::npos;

/// Takes `attribute` out with the white space before it, unless that would join its neighbours.
void cut_out(std::string_view html, const HtmlAttribute& attribute, FoundLink& link) {
  const char next = html[attribute.end];  // ">" at the latest
  const std::size_t next_word = html.find_first_not_of(" \t\n\f\r", attribute.end);
  if (html[next_word] == '=') return;  // would become the "=" of the attribute before
  std::size_t begin = attribute.begin;
  if (next == '>' || is_html_space(next)) {
    while (is_html_space(html[begin - 1])) --begin;
  }
  link.cuts.emplace_back(begin, attribute.end);
}

/// Nothing is added for a tag without a link that is tracked (CLICK-3, CLICK-4).
void add_link(std::string_view html, const HtmlTag& tag, std::vector<FoundLink>& out) {
  FoundLink link;
  bool has_href = false;
  HtmlAttributes attributes(html, tag);
  while (const auto next = attributes.next()) {
    const HtmlAttribute& attribute = *next;
    if (!has_href && equals_ignoring_case(attribute.name, "href")) {
      has_href = true;
      if (attribute.quote == 0) return;
      link.begin = static_cast<std::size_t>(attribute.value.data() - html.data());
      link.end = link.begin + attribute.value.size();
      link.quote = attribute.quote;
      if (link.begin != attribute.begin + attribute.name.size() + 2) return;  // blanks around "="
      link.url = resolve_references(attribute.value);
      if (url_scheme_size(link.url) == 0 || has_control(link.url)) return;
    } else if (equals_ignoring_case(attribute.name, "clicktracking") &&
               equals_ignoring_case(attribute.value, "off")) {
      link.exempt = true;
      cut_out(html, attribute, link);
    } else if (equals_ignoring_case(attribute.name, "universal") &&
               equals_ignoring_case(attribute.value, "true")) {
      link.universal = true;
      cut_out(html, attribute, link);
    }
  }
  if (has_href) out.push_back(std::move(link));
}

/// What "<!--[if ...]>" hides from others than Outlook: begin and end within `comment`.
std::pair<std::size_t, std::size_t> inside_of_conditional(std::string_view comment) {
  if (!starts_with_ignoring_case(comment, "<!--[if")) return {0, 0};
  const std::size_t condition = comment.find("]>");
  const std::size_t end = comment.rfind("--");
  if (condition == npos || end < condition + 2) return {0, 0};
  return {condition + 2, end};
}

enum class Comments { conditional, none };

/// The links of `html` from `begin` to `end`.
void add_links(std::string_view html, std::size_t begin, std::size_t end, Comments comments,
               std::vector<FoundLink>& out) {
  HtmlTokenizer tokens(html.substr(0, end), begin);
  while (const auto token = tokens.next_token()) {
    if (token->kind == HtmlToken::Kind::tag) {
      if (!token->tag.is_end && token->tag.is("a")) add_link(html, token->tag, out);
    } else if (token->kind == HtmlToken::Kind::comment && comments == Comments::conditional) {
      const auto [from, to] =
          inside_of_conditional(html.substr(token->begin, token->end - token->begin));
      if (from < to) add_links(html, token->begin + from, token->begin + to, Comments::none, out);
    }
  }
}

}  // namespace

std::vector<FoundLink> find_html_links(std::string_view html) {
  std::vector<FoundLink> out;
  add_links(html, 0, html.size(), Comments::conditional, out);
  return out;
}

}  // namespace smtpapi
