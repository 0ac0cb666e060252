#include "mail/character_reference.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace smtpapi {
namespace {

struct NamedReference {
  char name[32];
  char32_t first;
  char32_t second;  ///< 0: there is none
  bool bare;        ///< also without ";"
};

constexpr NamedReference named_references[] = {
#include "mail/character_reference_names.inc"
};

/// What 0x80 to 0x9F stand for in numeric references; 0: itself (13.2.5.80).
constexpr std::array<char32_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

constexpr char32_t replacement = 0xFFFD;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  const char lower = to_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/// 16 for what is no digit of either base.
std::uint32_t digit_value(char c) {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : 16;
}

char32_t character_of(std::uint32_t number) {
  if (number == 0) return replacement;
  if (number >= 0x80 && number < 0xA0) {
    const char32_t mapped = windows_1252[number - 0x80];
    return mapped != 0 ? mapped : number;
  }
  return number;  // append_utf8() replaces what is no character
}

/// Appends what the reference at the beginning of `text` ("&#...") stands for. The octets it takes:
/// 0 when it is none.
std::size_t append_numeric(std::string& out, std::string_view text) {
  const bool is_hex = text.size() > 2 && to_lower(text[2]) == 'x';
  const std::uint32_t base = is_hex ? 16 : 10;
  const std::size_t begin = is_hex ? 3 : 2;
  std::uint32_t number = 0;
  std::size_t at = begin;
  for (; at < text.size() && digit_value(text[at]) < base; ++at)
    number = std::min<std::uint32_t>(number * base + digit_value(text[at]), 0x110000);
  if (at == begin) return 0;
  append_utf8(out, character_of(number));
  return at < text.size() && text[at] == ';' ? at + 1 : at;
}

const NamedReference* find_named(std::string_view name) {
  const auto* const found =
      std::lower_bound(std::begin(named_references), std::end(named_references), name,
                       [](const NamedReference& reference, std::string_view wanted) {
                         return std::string_view(reference.name) < wanted;
                       });
  return found != std::end(named_references) && found->name == name ? found : nullptr;
}

/// As append_numeric(). In an attribute a name counts only when it ends at ";", or where neither a
/// letter, a digit nor "=" follows, so the longest match is the whole run or nothing.
std::size_t append_named(std::string& out, std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && is_alphanumeric(text[end])) ++end;
  const char next = end < text.size() ? text[end] : '\0';
  const NamedReference* const found = find_named(text.substr(1, end - 1));
  if (!found || (next != ';' && (!found->bare || next == '='))) return 0;
  append_utf8(out, found->first);
  if (found->second != 0) append_utf8(out, found->second);
  return next == ';' ? end + 1 : end;
}

}  // namespace

std::string resolve_references(std::string_view attribute_value) {
  std::string out;
  out.reserve(attribute_value.size());
  while (true) {
    const std::size_t at = attribute_value.find('&');
    out.append(attribute_value.substr(0, at));
    if (at == std::string_view::npos) return out;
    attribute_value.remove_prefix(at);
    const bool is_numeric = attribute_value.size() > 1 && attribute_value[1] == '#';
    std::size_t taken =
        is_numeric ? append_numeric(out, attribute_value) : append_named(out, attribute_value);
    if (taken == 0) {
      out.push_back('&');
      taken = 1;
    }
    attribute_value.remove_prefix(taken);
  }
}

void append_attribute_value(std::string& out, std::string_view value, char quote) {
  for (const char c : value) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"' && quote != '\'') {
      out += "&quot;";
    } else if (c == '\'' && quote != '"') {
      out += "&#39;";
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace smtpapi
