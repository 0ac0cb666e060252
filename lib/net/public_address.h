// Which addresses belong to the internet at large.
#pragma once

#include <sys/socket.h>

namespace smtpapi {

/// False for addresses of this host, of private and link-local networks, of carriers' shared space,
/// multicast, reserved ones, and for IPv6 addresses that carry such an IPv4 address (RFC 6890): a
/// URL that somebody chose must not lead there.
bool is_public_address(const sockaddr& address);

}  // namespace smtpapi
