// Octets as text that survives URLs and identifiers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace smtpapi {

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view octets);
void append_base64url(std::string& out, std::string_view octets);
constexpr std::size_t base64url_size(std::size_t octets) {
  return octets / 3 * 4 + (octets % 3 * 4 + 2) / 3;
}

/// The octets of exactly what base64url() writes: nothing for padding, other characters, a length
/// that cannot be, or bits left over at the end that are not zero. So no two texts give the same
/// octets.
std::optional<std::string> decode_base64url(std::string_view text);

/// RFC 4648 section 6 in lower case, without padding: survives what folds the case.
std::string base32(std::string_view octets);
constexpr std::size_t base32_size(std::size_t octets) { return (octets * 8 + 4) / 5; }
/// The octets of what base32() writes, in upper case too; nothing as with decode_base64url().
std::optional<std::string> decode_base32(std::string_view text);

/// Appends `text` for a place inside a URL's query: all but A-Z a-z 0-9 - . _ ~ (RFC 3986 section
/// 2.3, unreserved) as %XX, so a blank is "%20" and UTF-8 is its octets.
void append_percent_encoded(std::string& out, std::string_view text);

/// Appends `text` as a JSON string (RFC 8259 section 7) with the fewest escapes; each octet that is
/// not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace smtpapi
