#include "net/sending_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace smtpapi {
namespace {

constexpr std::size_t most_known = 10'000;

/// A datagram socket that is connected has a source address, though nothing was sent.
std::string ask(int family, const sockaddr* address, socklen_t size) {
  const int socket_ = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  sockaddr_storage own{};
  socklen_t own_size = sizeof own;
  if (connect(socket_, address, size) == 0 &&
      getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &own_size) == 0) {
    const void* const octets =
        family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&own)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(&own)->sin6_addr;
    inet_ntop(family, octets, text, sizeof text);
  }
  close(socket_);
  return text;
}

}  // namespace

std::string SendingAddress::towards(const std::string& ip) {
  if (ip.empty()) return {};
  const auto known = known_.find(ip);
  if (known != known_.end()) return known->second;
  std::string own;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(25);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(25);
  if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    own = ask(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
    own = ask(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  if (known_.size() == most_known) known_.clear();
  return known_.emplace(ip, std::move(own)).first->second;
}

}  // namespace smtpapi
