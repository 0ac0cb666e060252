// Who stands behind a request, when proxies stand before us.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace smtpapi {

/// Whether `address` is a proxy of ours: in one of `proxies` (is_network()), or "", which is the
/// other end of a UNIX socket.
bool is_trusted_proxy(std::string_view address, std::span<const std::string> proxies);

/// The address of the client. `forwarded_for` (X-Forwarded-For) counts only when `peer` is a
/// trusted proxy; then it is the rightmost address in it that is none, for what stands further left
/// anybody can have written. What is no address ends the search: the proxy that told it counts. ""
/// when nothing is known.
std::string client_address(std::string_view peer, std::string_view forwarded_for,
                           std::span<const std::string> proxies);

}  // namespace smtpapi
