// What an insertion at some offset of a document would become a part of.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace smtpapi {

enum class HtmlPlace {
  /// Ordinary character data: what is inserted changes no tag, as long as it holds no "<".
  text,
  /// The quoted value of an attribute of a start tag: what is inserted changes nothing but that
  /// value, as long as the quote is not in it; which links there are, and their flags, does not
  /// depend on it (unless it puts a control character into a URL).
  double_quoted,
  single_quoted,
  /// Anything else, or in doubt: the rest of a tag, a comment (conditional ones, too), a raw text
  /// element; behind "<" or within a character reference of a text or URL; an `<a>` tag's href
  /// before
  /// it is clear whether it begins with "http://" or "https://", its clicktracking and its
  /// universal
  /// attribute.
  other,
};

/// The places of `offsets` (ascending, at most html.size()) in one pass. Linear.
std::vector<HtmlPlace> places_of(std::string_view html, std::span<const std::size_t> offsets);

}  // namespace smtpapi
