#include "base/encode.h"

#include <cstdint>

namespace smtpapi {

std::string base64url(std::string_view octets) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((octets.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : octets) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out.push_back(alphabet[bits >> (count - 6) & 0x3F]);
  }
  if (count > 0) out.push_back(alphabet[bits << (6 - count) & 0x3F]);
  return out;
}

}  // namespace smtpapi
