#include "mail/html_places.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "mail/html.h"
#include "mail/url_text.h"

namespace smtpapi {
namespace {

/// True if a character reference may have begun at the end of `before` and may go on.
bool may_be_in_reference(std::string_view before) {
  constexpr std::size_t longest_name = 31;
  bool is_number = true;  // those may be of any length
  for (std::size_t i = 1; i <= before.size(); ++i) {
    const char c = before[before.size() - i];
    const char lower = to_lower(c);
    const bool is_digit = c >= '0' && c <= '9';
    if (c == '&') return true;
    if (c != '#' && !is_digit && !(lower >= 'a' && lower <= 'z')) return false;
    is_number =
        is_number && (c == '#' || is_digit || (lower >= 'a' && lower <= 'f') || lower == 'x');
    if (i > longest_name) return is_number;
  }
  return false;
}

/// True if what begins with `prefix` may or may not turn out to begin with "http://" or "https://".
bool is_scheme_open(std::string_view prefix) {
  if (url_scheme_size(prefix) > 0) return false;
  const std::string_view plain = prefix.substr(0, prefix.find('&'));
  if (plain.size() < prefix.size()) return true;
  return starts_with_ignoring_case("http://", plain) ||
         starts_with_ignoring_case("https://", plain);
}

HtmlPlace place_in_value(const HtmlTag& tag, const HtmlAttribute& attribute, std::size_t into) {
  const HtmlPlace quoted =
      attribute.quote == '"' ? HtmlPlace::double_quoted : HtmlPlace::single_quoted;
  if (!tag.is("a")) return quoted;
  const auto is = [&](std::string_view name) { return equals_ignoring_case(attribute.name, name); };
  const std::string_view before = attribute.value.substr(0, into);
  const bool decides = is("clicktracking") || is("universal") ||
                       (is("href") && (is_scheme_open(before) || may_be_in_reference(before)));
  return decides ? HtmlPlace::other : quoted;
}

/// The places of ascending offsets within one start tag.
class TagPlaces {
 public:
  TagPlaces(std::string_view html, const HtmlTag& tag)
      : html_(html), tag_(tag), attributes_(html, tag), next_(attributes_.next()) {}

  HtmlPlace at(std::size_t offset) {
    while (next_ && next_->end <= offset) next_ = attributes_.next();
    if (!next_ || next_->quote == 0) return HtmlPlace::other;
    const auto begin = static_cast<std::size_t>(next_->value.data() - html_.data());
    return offset < begin ? HtmlPlace::other : place_in_value(tag_, *next_, offset - begin);
  }

 private:
  std::string_view html_;
  const HtmlTag& tag_;
  HtmlAttributes attributes_;
  std::optional<HtmlAttribute> next_;  ///< the first that does not end before
};

/// Of a place outside all tokens.
HtmlPlace place_in_text(std::string_view html, std::size_t offset) {
  const std::string_view before = html.substr(0, offset);
  const bool is_open =
      before.ends_with('<') || before.ends_with("</") || may_be_in_reference(before);
  return is_open ? HtmlPlace::other : HtmlPlace::text;
}

}  // namespace

std::vector<HtmlPlace> places_of(std::string_view html, std::span<const std::size_t> offsets) {
  std::vector<HtmlPlace> out;
  out.reserve(offsets.size());
  HtmlTokenizer tokens(html);
  while (out.size() < offsets.size()) {
    const auto token = tokens.next_token();
    const bool is_raw = token && token->kind == HtmlToken::Kind::raw_text;
    // A raw text element's inside has both of its ends, other tokens neither.
    while (out.size() < offsets.size() &&
           (!token || offsets[out.size()] < token->begin + (is_raw ? 0 : 1)))
      out.push_back(place_in_text(html, offsets[out.size()]));
    if (!token) break;
    std::optional<TagPlaces> in_tag;
    while (out.size() < offsets.size()) {
      const std::size_t offset = offsets[out.size()];
      const bool has_end = is_raw || token->kind == HtmlToken::Kind::unfinished;
      if (offset > token->end || (offset == token->end && !has_end)) break;
      if (token->kind != HtmlToken::Kind::tag || token->tag.is_end) {
        out.push_back(HtmlPlace::other);
        continue;
      }
      if (!in_tag) in_tag.emplace(html, token->tag);
      out.push_back(in_tag->at(offset));
    }
  }
  return out;
}

}  // namespace smtpapi
