// One thread of the HTTP server with its listener and its connections: what http_server.cpp is made
// of, and nobody else's business.
#pragma once

#include <utility>  // before Asio, which forgets it (LIB-21)

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include "net/http_admission.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace smtpapi {

class HttpConnection;

/// Objects that all threads of a server share.
struct HttpShared {
  HttpShared(HttpHandler& the_handler, const HttpLimits& the_limits,
             std::function<bool(const std::string&)> exempt)
      : handler(the_handler),
        limits(the_limits),
        is_exempt(std::move(exempt)),
        admission(limits.connections, limits.connections_per_address),
        workers(limits.workers, limits.waiting_requests) {}

  HttpHandler& handler;
  const HttpLimits limits;
  const std::function<bool(const std::string&)> is_exempt;
  HttpAdmission admission;
  WorkerPool workers;
};

/// All members but start(), begin_stop() and join() run on its thread.
class HttpLane {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Connections = std::list<HttpConnection*>;

  /// Takes the listening `fd`.
  HttpLane(int fd, HttpShared& shared);
  ~HttpLane();
  HttpLane(const HttpLane&) = delete;
  HttpLane& operator=(const HttpLane&) = delete;

  void start();
  /// Accepts no more and closes idle connections; the thread ends when the last one has gone, or
  /// after HttpLimits::patience.
  void begin_stop();
  void join() { thread_.join(); }

  HttpShared& shared() { return shared_; }
  boost::asio::io_context& context() { return context_; }
  SteadyTime now() const { return now_; }          ///< as of this second
  std::string_view date() const { return date_; }  ///< for the Date field, as of this second
  bool is_draining() const { return draining_; }

  Connections::iterator add(HttpConnection* connection) {
    return connections_.insert(connections_.end(), connection);
  }
  void remove(Connections::iterator place);

 private:
  using Listener = boost::asio::posix::basic_stream_descriptor<Executor>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void accept_next();
  void accept_some();
  void take(int fd, const sockaddr_storage& from);
  bool close_an_idle_one();
  void tick();
  void drain();
  void end();

  HttpShared& shared_;
  Connections connections_;  // outlives the context, whose destructor takes those that are left
  boost::asio::io_context context_;
  Listener listener_;
  Timer timer_;
  SteadyTime now_;
  std::string date_;
  bool out_of_descriptors_ = false;
  bool draining_ = false;
  SteadyTime patience_ends_;
  std::thread thread_;
};

}  // namespace smtpapi
