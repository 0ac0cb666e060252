// A small HTTP/1.1 server for the public: what a stranger sends can waste neither memory nor time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_listener.h"
#include "net/http_message.h"

namespace smtpapi {

/// What requests get for answers. Called from many threads at one time.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Called on a connection's thread, where others wait: must not wait for anything. Nothing: the
  /// answer takes time, and answer() is asked for it.
  virtual std::optional<HttpResponse> answer_at_once(const HttpRequest& request) = 0;

  /// Called on a worker's thread, where it may wait for a disk.
  virtual HttpResponse answer(const HttpRequest& request) = 0;

  /// Instead of answer() when all workers are behind.
  virtual HttpResponse answer_busy(const HttpRequest& request) = 0;
};

struct HttpLimits {
  std::size_t header_octets = 16'384;  ///< request line included
  std::size_t body_octets = 16'384;
  std::size_t connections = 10'000;
  std::size_t connections_per_address = 200;
  std::size_t workers = 4;
  std::size_t waiting_requests = 256;  ///< for a worker
  std::chrono::seconds request{10};    ///< from its first octet to its last, however they drip
  std::chrono::seconds idle{20};       ///< before the first octet
  std::chrono::seconds answer{60};     ///< until a worker has done and the peer has taken it all
  std::chrono::seconds patience{5};    ///< at a stop, for what is under way
};

/// Serves from its construction on, each listener in a thread of its own (LIB-22). Answers by
/// itself what is no request for a handler: 400, 405, 408, 413, 414, 431.
class HttpServer {
 public:
  /// `is_exempt` tells whether the limit for each address leaves this one alone: a proxy. Called
  /// from several threads. `handler` must outlive the server.
  HttpServer(HttpListeners& listeners, HttpHandler& handler, const HttpLimits& limits,
             std::function<bool(const std::string& address)> is_exempt = {});
  ~HttpServer();  ///< stop()

  /// Accepts no more, ends idle connections, finishes what is under way, returns. Not thread-safe.
  void stop();

  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpapi
