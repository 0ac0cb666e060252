// Where a listener is: `127.0.0.1:10026`, `[::1]:10026`, `localhost:10026` or `unix:/path`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace smtpapi {

struct Endpoint {
  std::string host;  ///< name or address, without brackets; "" for a UNIX socket
  std::string port;  ///< decimal
  std::string path;  ///< of a UNIX socket, else ""

  /// As it is configured.
  std::string text() const;
};

/// Errors: invalid, saying what is expected.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace smtpapi
