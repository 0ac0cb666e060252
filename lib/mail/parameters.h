// Field values with parameters: Content-Type, Content-Disposition (RFC 2045 5.1, RFC 2183, RFC
// 2231).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi {

/// A field value such as `text/html; charset="utf-8"`: comments gone, quoted strings undone, RFC
/// 2231 pieces joined, decoded and turned into UTF-8.
struct ParameterizedValue {
  std::string value;                                            ///< lower case: "text/html"
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, wire order

  /// Null if absent; the first of several counts.
  const std::string* find(std::string_view name) const;
};

/// Never fails: semicolons may be missing, quotes and comments need not end, words that are neither
/// the value nor `name=value` are passed over, a value may be missing altogether. Linear, but for
/// sorting RFC 2231 pieces. Pieces count from 0 up to the first gap; without piece 0 there is no
/// such parameter.
ParameterizedValue parse_parameterized(std::string_view field_value);

/// `field_value` with its charset parameter replaced or, if there is none, added; everything else
/// byte for byte. Quotes stay quotes, folds stay; RFC 2231 forms become a plain one. Should several
/// be given then all are replaced, since readers differ in which they take. A new one stands right
/// behind the type, where neither an open quote nor an open comment can swallow it. A value
/// without a type gets text/plain, which it means (RFC 2045 5.2). `charset`: an RFC 2978 name.
std::string with_charset(std::string_view field_value, std::string_view charset);

}  // namespace smtpapi
