#include "net/endpoint.h"

#include <fmt/format.h>
#include <sys/un.h>

#include "base/text.h"

namespace smtpapi {

std::string Endpoint::text() const {
  if (!path.empty()) return "unix:" + path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return invalid(fmt::format("'{}' {}: expected HOST:PORT, [IPV6]:PORT or unix:/PATH",
                               printable(text), what));
  };
  if (starts_with_ignoring_case(text, "unix:")) {
    const std::string_view path = text.substr(5);
    if (path.empty() || path[0] != '/') return wrong("names no absolute path");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) return wrong("is too long for a UNIX socket");
    if (path.find('\0') != path.npos) return wrong("holds a NUL");
    return Endpoint{"", "", std::string(path)};
  }

  const auto colon = text.rfind(':');
  if (colon == text.npos) return wrong("names no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto number = to_integer(port);
  if (!number || *number < 1 || *number > 65'535) return wrong("names no port from 1 to 65535");

  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return wrong("has an IPv6 address without brackets");
  }
  if (host.empty()) return wrong("names no host");
  for (const char c : host) {
    if (c <= ' ' || c == 0x7F || c == '[' || c == ']') return wrong("names no host");
  }
  return Endpoint{std::string(host), std::to_string(*number), ""};
}

}  // namespace smtpapi
