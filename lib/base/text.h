// Small questions about ASCII text and UTF-8. Case means ASCII case throughout.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi {

char to_lower(char c);
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

bool is_blank(char c);                         ///< space or tab
bool is_space(char c);                         ///< space, tab, CR, LF, VT or FF
std::string_view trim(std::string_view text);  ///< without is_space() at both ends

/// The pieces between separators; always at least one, possibly empty.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The non-empty pieces between runs of white space.
std::vector<std::string_view> words(std::string_view text);

bool is_ascii(std::string_view text);

/// True if `utf8` holds a character of U+0000 to U+001F or U+007F to U+009F: what must never get
/// into a command, a header field or a log line.
bool has_controls(std::string_view utf8);

/// Offset of the first octet that is not well-formed UTF-8 (RFC 3629: no overlongs, no surrogates,
/// nothing above U+10FFFF), or nothing when all of it is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) { return !find_invalid_utf8(text); }

/// Appends one code point. Surrogates and values above U+10FFFF become U+FFFD.
void append_utf8(std::string& out, char32_t code_point);

/// `text` fit for one log line or one reply: at most `limit` octets, cut between characters with
/// "..." added; control characters and invalid UTF-8 appear as "?".
std::string printable(std::string_view text, std::size_t limit = 200);

/// A decimal integer and nothing else; optional leading "-".
std::optional<long long> to_integer(std::string_view text);

}  // namespace smtpapi
