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
  /// value, as long as the quote is not in it. Which links there are, and their flags, depends on
  /// it
  /// in two cases: at the very beginning of an `<a>` tag's href it may bring or spoil the scheme,
  /// and
  /// in a URL it may bring a control character.
  double_quoted,
  single_quoted,
  /// Anything else, or in doubt: the rest of a tag, a comment (conditional ones, too), a raw text
  /// element; behind "<" or within a character reference of a text or URL; within the scheme of an
  /// `<a>` tag's href; its clicktracking and its universal attribute.
  other,
};

/// The places of `offsets` (ascending, at most html.size()) in one pass. Linear.
std::vector<HtmlPlace> places_of(std::string_view html, std::span<const std::size_t> offsets);

}  // namespace smtpapi
