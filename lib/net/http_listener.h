// Sockets that wait for connections, opened before privileges are given up.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

namespace smtpapi {

/// One socket for each thread that shall accept, on the same address: the kernel spreads
/// connections over them (SO_REUSEPORT, LIB-22). Of a UNIX socket they are copies of one.
class HttpListeners {
 public:
  /// Port 0 takes a free one. A UNIX socket that nobody listens on any more is replaced, and
  /// everybody may connect to the new one. Errors: invalid: the address cannot be had, or another
  /// program listens there; the text says what to do.
  static Result<HttpListeners> open(const Endpoint& endpoint, std::size_t threads);

  HttpListeners(HttpListeners&& other) noexcept
      : sockets_(std::exchange(other.sockets_, {})),
        port_(other.port_),
        path_(std::exchange(other.path_, {})) {}
  HttpListeners& operator=(HttpListeners&&) = delete;
  ~HttpListeners();

  unsigned port() const { return port_; }  ///< 0 for a UNIX socket
  /// Hands the sockets over, non-blocking: who takes them closes them.
  std::vector<int> take() { return std::exchange(sockets_, {}); }

 private:
  HttpListeners() = default;
  Status open_tcp(const Endpoint& endpoint, std::size_t threads);
  Status open_unix(const std::string& path, std::size_t threads);

  std::vector<int> sockets_;
  unsigned port_ = 0;
  std::string path_;  ///< removed when this object goes
};

}  // namespace smtpapi
