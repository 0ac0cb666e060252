#include "job/tracking_client.h"

#include <algorithm>

#include "base/text.h"
#include "job/trust.h"

namespace smtpapi {
namespace {

/// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711", without
/// what is around the address; "" for anything else.
std::string_view bare_address(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    text = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  const bool plain = text.find('/') == std::string_view::npos;
  return plain && is_network(text) ? text : std::string_view();
}

/// An IPv4 address that came by IPv6 (RFC 4291 section 2.5.5.2) as IPv4.
std::string_view without_mapping(std::string_view address) {
  constexpr std::string_view mapped = "::ffff:";
  const bool is_mapped =
      starts_with_ignoring_case(address, mapped) && address.find('.') != std::string_view::npos;
  return is_mapped ? address.substr(mapped.size()) : address;
}

}  // namespace

bool is_trusted_proxy(std::string_view address, std::span<const std::string> proxies) {
  if (address.empty()) return true;
  return std::any_of(proxies.begin(), proxies.end(),
                     [&](const std::string& network) { return is_in_network(address, network); });
}

std::string client_address(std::string_view peer, std::string_view forwarded_for,
                           std::span<const std::string> proxies) {
  std::string_view client = peer;
  while (!forwarded_for.empty() && is_trusted_proxy(client, proxies)) {
    const auto comma = forwarded_for.rfind(',');
    const std::string_view last =
        comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    forwarded_for =
        comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
    const std::string_view address = bare_address(last);
    if (address.empty()) break;
    client = address;
  }
  return std::string(without_mapping(client));
}

}  // namespace smtpapi
