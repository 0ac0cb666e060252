#include "net/public_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace smtpapi {
namespace {

struct Network4 {
  std::uint32_t address;
  int bits;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return a << 24 | b << 16 | c << 8;
}

/// Networks of the IANA special-purpose registry that are not globally reachable.
constexpr Network4 not_public_4[] = {
    {ip(0, 0, 0), 8},      {ip(10, 0, 0), 8},     {ip(100, 64, 0), 10}, {ip(127, 0, 0), 8},
    {ip(169, 254, 0), 16}, {ip(172, 16, 0), 12},  {ip(192, 0, 0), 24},  {ip(192, 0, 2), 24},
    {ip(192, 88, 99), 24}, {ip(192, 168, 0), 16}, {ip(198, 18, 0), 15}, {ip(198, 51, 100), 24},
    {ip(203, 0, 113), 24}, {ip(224, 0, 0), 4},    {ip(240, 0, 0), 4},
};

bool is_public_4(std::uint32_t address) {
  return std::none_of(std::begin(not_public_4), std::end(not_public_4), [&](const Network4& net) {
    return (address ^ net.address) >> (32 - net.bits) == 0;
  });
}

using Address6 = std::array<std::uint8_t, 16>;

bool begins_with(const Address6& address, std::initializer_list<std::uint8_t> octets) {
  return std::equal(octets.begin(), octets.end(), address.begin());
}

std::uint32_t ipv4_at(const Address6& address, std::size_t at) {
  return static_cast<std::uint32_t>(address[at]) << 24 |
         static_cast<std::uint32_t>(address[at + 1]) << 16 |
         static_cast<std::uint32_t>(address[at + 2]) << 8 | address[at + 3];
}

bool is_public_6(const Address6& address) {
  if (begins_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}))  // ::ffff:0:0/96
    return is_public_4(ipv4_at(address, 12));
  if (begins_with(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))  // 64:ff9b::/96
    return is_public_4(ipv4_at(address, 12));
  if (begins_with(address, {0x20, 0x02})) return is_public_4(ipv4_at(address, 2));  // 6to4
  if (begins_with(address, {0x20, 0x01, 0x0D, 0xB8})) return false;                 // documentation
  if (begins_with(address, {0x20, 0x01}) && address[2] < 2) return false;  // 2001::/23: Teredo ...
  return (address[0] & 0xE0) == 0x20;  // 2000::/3 is what has been given out
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof(in));
    return is_public_4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof(in));
    Address6 octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    return is_public_6(octets);
  }
  return false;
}

}  // namespace smtpapi
