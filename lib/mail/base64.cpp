#include "mail/codec.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace smtpapi {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }

// The tables are what LIB-8 found quickest.

/// Set in the sum of four sextets when one of them is no sextet.
constexpr std::uint32_t foreign = 1u << 31;

/// Four tables, so that four characters become 24 bits by four loads and three ors.
struct DecodeTables {
  std::array<std::array<std::uint32_t, 256>, 4> at{};
  constexpr DecodeTables() {
    for (auto& table : at) table.fill(foreign);
    for (std::uint32_t value = 0; value < 64; ++value) {
      const auto c = static_cast<unsigned char>(alphabet[value]);
      for (unsigned i = 0; i < 4; ++i) at[i][c] = value << (18 - 6 * i);
    }
  }
};
constexpr DecodeTables decoding;

/// Two characters for each 12 bits.
struct EncodeTable {
  std::array<std::array<char, 2>, 4096> pairs{};
  constexpr EncodeTable() {
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {alphabet[i >> 6], alphabet[i & 63]};
  }
};
constexpr EncodeTable encoding;

char* put_three_octets(char* to, std::uint32_t bits) {
  to[0] = static_cast<char>(bits >> 16);
  to[1] = static_cast<char>(bits >> 8);
  to[2] = static_cast<char>(bits);
  return to + 3;
}

/// Writes the base64 of `octets` with padding, returns the end of what it wrote.
char* put_base64(char* to, std::string_view octets) {
  const char* from = octets.data();
  const char* const end = from + octets.size();
  for (; end - from >= 3; from += 3, to += 4) {
    const std::uint32_t bits = octet(from[0]) << 16 | octet(from[1]) << 8 | octet(from[2]);
    std::memcpy(to, encoding.pairs[bits >> 12].data(), 2);
    std::memcpy(to + 2, encoding.pairs[bits & 0xFFF].data(), 2);
  }
  if (from == end) return to;
  const bool two = end - from == 2;
  const std::uint32_t bits = octet(from[0]) << 16 | (two ? octet(from[1]) << 8 : 0);
  std::memcpy(to, encoding.pairs[bits >> 12].data(), 2);
  to[2] = two ? alphabet[bits >> 6 & 63] : '=';
  to[3] = '=';
  return to + 4;
}

std::size_t base64_size(std::size_t octets) { return (octets + 2) / 3 * 4; }

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  char* to = out.data();
  const char* from = text.data();
  const char* const end = from + text.size();
  std::uint32_t bits = 0;  // an unfinished group: `count` sextets
  int count = 0;

  while (from != end) {
    if (count == 0) {
      for (; end - from >= 4; from += 4) {
        const std::uint32_t group = decoding.at[0][octet(from[0])] |
                                    decoding.at[1][octet(from[1])] |
                                    decoding.at[2][octet(from[2])] | decoding.at[3][octet(from[3])];
        if (group & foreign) break;
        to = put_three_octets(to, group);
      }
      if (from == end) break;
    }
    // A line end, padding or rubbish is near: one character at a time to the next whole group.
    const char c = *from++;
    const std::uint32_t sextet = decoding.at[3][octet(c)];
    if (!(sextet & foreign)) {
      bits = bits << 6 | sextet;
      if (++count < 4) continue;
      to = put_three_octets(to, bits);
      bits = 0;
      count = 0;
    } else if (c == '=' && count >= 2) {
      *to++ = static_cast<char>(count == 2 ? bits >> 4 : bits >> 10);
      if (count == 3) *to++ = static_cast<char>(bits >> 2);
      bits = 0;
      count = 0;
    }
  }
  if (count >= 2) *to++ = static_cast<char>(count == 2 ? bits >> 4 : bits >> 10);
  if (count == 3) *to++ = static_cast<char>(bits >> 2);

  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

std::string encode_base64(std::string_view octets) {
  std::string out(base64_size(octets.size()), '\0');
  put_base64(out.data(), octets);
  return out;
}

void append_base64_lines(std::string& out, std::string_view octets) {
  constexpr std::size_t octets_per_line = 57;
  const std::size_t lines = (octets.size() + octets_per_line - 1) / octets_per_line;
  const std::size_t begin = out.size();
  out.resize(begin + base64_size(octets.size()) + 2 * lines);
  for (char* to = out.data() + begin; !octets.empty();) {
    const std::string_view line = octets.substr(0, octets_per_line);
    to = put_base64(to, line);
    *to++ = '\r';
    *to++ = '\n';
    octets.remove_prefix(line.size());
  }
}

}  // namespace smtpapi
