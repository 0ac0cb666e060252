#include "job/trust.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace smtpapi {
namespace {

/// An address in 16 octets, IPv4 mapped into IPv6 (RFC 4291 2.5.5.2).
struct Address {
  std::array<unsigned char, 16> octets{};
  bool is_ipv4 = false;
};

std::optional<Address> parse_ip(std::string_view text) {
  const std::string name(text);
  Address address;
  if (in_addr v4; inet_pton(AF_INET, name.c_str(), &v4) == 1) {
    address.octets[10] = address.octets[11] = 0xFF;
    std::memcpy(&address.octets[12], &v4, 4);
    address.is_ipv4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, name.c_str(), address.octets.data()) == 1) return address;
  return std::nullopt;
}

struct Network {
  Address base;
  unsigned bits = 0;
};

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int width = base->is_ipv4 ? 32 : 128;
  long long bits = width;
  if (slash != std::string_view::npos) {
    const auto given = to_integer(text.substr(slash + 1));
    if (!given || *given < 0 || *given > width) return std::nullopt;
    bits = *given;
  }
  return Network{*base, static_cast<unsigned>(bits + 128 - width)};
}

}  // namespace

bool is_network(std::string_view text) { return parse_network(text).has_value(); }

bool is_in_network(std::string_view address, std::string_view network) {
  const auto ip = parse_ip(address);
  const auto net = parse_network(network);
  if (!ip || !net) return false;
  const unsigned whole = net->bits / 8;
  const unsigned rest = net->bits % 8;
  if (!std::equal(ip->octets.begin(), ip->octets.begin() + whole, net->base.octets.begin())) {
    return false;
  }
  const unsigned mask = 0xFF00u >> rest & 0xFF;
  return rest == 0 || ((ip->octets[whole] ^ net->base.octets[whole]) & mask) == 0;
}

bool Trust::trusts(const Client& client) const {
  if (authenticated && !client.login.empty()) return true;
  if (!client.daemon_name.empty() && std::find(daemon_names.begin(), daemon_names.end(),
                                               client.daemon_name) != daemon_names.end()) {
    return true;
  }
  return std::any_of(networks.begin(), networks.end(), [&](const std::string& network) {
    return is_in_network(client.address, network);
  });
}

}  // namespace smtpapi
