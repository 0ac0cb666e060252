#include "base/encode.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::uint32_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

constexpr std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }
std::uint32_t digit(char c) { return digits[octet(c)]; }

constexpr bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

void append_base64url(std::string& out, std::string_view octets) {
  const std::size_t begin = out.size();
  out.resize(begin + base64url_size(octets.size()));
  char* to = out.data() + begin;
  const auto put = [&to](std::uint32_t bits, int characters) {
    for (int i = 0; i < characters; ++i) *to++ = alphabet[bits >> (18 - 6 * i) & 0x3F];
  };
  const char* from = octets.data();
  const char* const end = from + octets.size();
  for (; end - from >= 3; from += 3)
    put(octet(from[0]) << 16 | octet(from[1]) << 8 | octet(from[2]), 4);
  if (end - from == 2) put(octet(from[0]) << 16 | octet(from[1]) << 8, 3);
  if (end - from == 1) put(octet(from[0]) << 16, 2);
}

std::string base64url(std::string_view octets) {
  std::string out;
  append_base64url(out, octets);
  return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;  // of bits that are not written yet
  for (const char c : text) {
    const std::uint32_t value = digit(c);
    if (value == no_digit) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count));
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::string base32(std::string_view octets) {
  std::string out;
  out.reserve(base32_size(octets.size()));
  std::uint32_t bits = 0;
  int count = 0;  // of bits that are not written yet
  for (const char c : octets) {
    bits = bits << 8 | octet(c);
    for (count += 8; count >= 5; count -= 5)
      out.push_back(base32_alphabet[bits >> (count - 5) & 31]);
  }
  if (count > 0) out.push_back(base32_alphabet[bits << (5 - count) & 31]);
  return out;
}

std::optional<std::string> decode_base32(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = base32_alphabet.find(to_lower(c));
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
  }
  if (count >= 5 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(hex[octet(c) >> 4]);
      out.push_back(hex[octet(c) & 0x0F]);
    }
  }
}

void append_json_string(std::string& out, std::string_view text) {
  const auto append_utf8 = [&out](std::string_view piece) {
    constexpr std::string_view short_ones = "\"\\\b\f\n\r\t";
    std::size_t done = 0;
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const char c = piece[i];
      if (octet(c) >= 0x20 && c != '"' && c != '\\') continue;
      out += piece.substr(done, i - done);
      done = i + 1;
      if (const auto found = short_ones.find(c); found != std::string_view::npos) {
        out += {'\\', "\"\\bfnrt"[found]};
      } else {
        out += {'\\',
                'u',
                '0',
                '0',
                static_cast<char>('0' + (octet(c) >> 4)),
                "0123456789abcdef"[octet(c) & 0xF]};
      }
    }
    out += piece.substr(done);
  };
  out += '"';
  while (const auto invalid = find_invalid_utf8(text)) {
    append_utf8(text.substr(0, *invalid));
    out += "\xEF\xBF\xBD";
    text.remove_prefix(*invalid + 1);
  }
  append_utf8(text);
  out += '"';
}

}  // namespace smtpapi
