// The lexical facts of JSON that both the check of a text (json_check.cpp) and the reading of a
// checked one (json.cpp) go by.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace smtpapi::json {

inline bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Which octets do not stand for themselves inside a string.
inline constexpr auto special = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

/// Offset at or behind `at` of the first quote, backslash or control character. The size if there
/// is none.
inline std::size_t find_special(std::string_view text, std::size_t at) {
  while (at < text.size() && !special[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

/// A \uXXXX, or the two of a surrogate pair.
struct UnicodeEscape {
  char32_t code_point = 0;
  std::size_t length = 0;  ///< octets; 0: `at` begins no such escape
  bool is_half_pair() const { return code_point >= 0xD800 && code_point <= 0xDFFF; }
};

inline UnicodeEscape read_code_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return {};
  char32_t value = 0;
  for (const char c : text.substr(at + 2, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (lower < 'a' || lower > 'f')) return {};
    value = value * 16 + static_cast<char32_t>(is_digit ? c - '0' : lower - 'a' + 10);
  }
  return {value, 6};
}

/// The escape whose backslash is at `at`.
inline UnicodeEscape read_unicode_escape(std::string_view text, std::size_t at) {
  const UnicodeEscape high = read_code_unit(text, at);
  if (high.code_point < 0xD800 || high.code_point > 0xDBFF) return high;
  const UnicodeEscape low = read_code_unit(text, at + 6);
  if (low.code_point < 0xDC00 || low.code_point > 0xDFFF) return high;
  return {0x10000 + ((high.code_point - 0xD800) << 10) + (low.code_point - 0xDC00), 12};
}

}  // namespace smtpapi::json
