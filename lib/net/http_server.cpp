#include "net/http_server.h"

#include <utility>  // before Asio, which forgets it (LIB-21)

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <list>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "net/http_admission.h"
#include "net/worker_pool.h"

namespace smtpapi {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;
using Listener = net::posix::basic_stream_descriptor<Executor>;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t read_octets = 4'096;

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, out.data(),
              out.size());
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, out.data(),
              out.size());
  }
  return out.data();
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// What our own answers are for. The parser's words say more than a stranger needs.
unsigned status_of(const error_code& error, const Parser& parser) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    const bool has_request_line = !parser.get().target().empty();
    return has_request_line ? 431 : 414;
  }
  return 400;
}

/// Whether it is known where the body ends (RFC 9112 section 6.3): a proxy in front of us that
/// knew it otherwise would take the rest for a request.
bool is_framed(const Parser::value_type& message) {
  if (message.count(http::field::transfer_encoding) == 0) return true;
  return message.version() == 11 && message.count(http::field::transfer_encoding) == 1 &&
         equals_ignoring_case(trim(view(message[http::field::transfer_encoding])), "chunked");
}

bool is_served(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "POST";
}

HttpResponse method_refused() {
  HttpResponse out = plain_response(405);
  out.fields.emplace_back("Allow", "GET, HEAD, POST");
  return out;
}

/// Objects that all threads share.
struct Shared {
  Shared(HttpHandler& the_handler, const HttpLimits& the_limits,
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

class Session;

/// One thread, its listener and its connections. All members but stop() run on that thread.
class Lane {
 public:
  Lane(int fd, Shared& shared)
      : shared_(shared), context_(1), listener_(context_, fd), timer_(context_) {
    accept_next();
    tick();
  }
  ~Lane() { draining_ = false; }  // sessions that the context still holds end nothing any more
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start() {
    thread_ = std::thread([this] { context_.run(); });
  }
  void begin_stop() {
    net::post(context_, [this] { drain(); });
  }
  void join() { thread_.join(); }

  Shared& shared() { return shared_; }
  net::io_context& context() { return context_; }
  SteadyTime now() const { return now_; }
  std::string_view date() const { return date_; }
  bool is_draining() const { return draining_; }

  using Sessions = std::list<Session*>;
  Sessions::iterator add(Session* session) { return sessions_.insert(sessions_.end(), session); }
  void remove(Sessions::iterator place) {
    sessions_.erase(place);
    if (draining_ && sessions_.empty()) end();
  }

 private:
  void accept_next();
  void accept_some();
  void take(int fd, const sockaddr_storage& from);
  bool close_an_idle_one();
  void tick();
  void drain();
  void end();

  Shared& shared_;
  Sessions sessions_;  // outlives the context, whose destructor takes those that are left
  net::io_context context_;
  Listener listener_;
  Timer timer_;
  SteadyTime now_;
  std::string date_;
  bool out_of_descriptors_ = false;
  bool draining_ = false;
  SteadyTime patience_ends_;
  std::thread thread_;
};

/// One connection. Lives as long as something is under way for it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Lane& lane, Socket socket, std::string peer, std::string counted)
      : lane_(lane),
        socket_(std::move(socket)),
        place_(lane.add(this)),
        buffer_(lane.shared().limits.header_octets + lane.shared().limits.body_octets +
                read_octets) {
    request_.peer = std::move(peer);
    counted_ = std::move(counted);
  }
  ~Session() {
    lane_.remove(place_);
    leave();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Waits for the next request, or takes it from what has been read already (pipelining).
  void next() {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(lane_.shared().limits.header_octets));
    parser_->body_limit(lane_.shared().limits.body_octets);
    said_continue_ = false;
    skip_empty_lines();
    if (buffer_.size() == 0) {
      if (buffer_.capacity() > 2 * read_octets) buffer_.shrink_to_fit();
      phase_ = Phase::idle;
      deadline_ = lane_.now() + lane_.shared().limits.idle;
      read();
    } else {
      begin_request();
      parse();
    }
  }

  bool is_idle() const { return phase_ == Phase::idle && !left_; }
  SteadyTime deadline() const { return deadline_; }
  /// What was under way ends soon; somebody else may come in at once.
  void close() {
    error_code ignored;
    socket_.close(ignored);
    leave();
  }

  void expire() {
    if (phase_ == Phase::request) {
      // Whoever is reading its own drip may still want to know.
      error_code ignored;
      keep_alive_ = false;
      phase_ = Phase::refused;
      deadline_ = lane_.now() + std::chrono::seconds(1);
      socket_.cancel(ignored);
      refuse(408);
    } else {
      close();
    }
  }

 private:
  enum class Phase { idle, request, refused, answer };

  void leave() {
    if (!std::exchange(left_, true)) lane_.shared().admission.leave(counted_);
  }

  void begin_request() {
    // Once for each message, so that drops do not add time (LIB-23).
    phase_ = Phase::request;
    deadline_ = lane_.now() + lane_.shared().limits.request;
  }

  void read() {
    const auto room = buffer_.prepare(std::min(read_octets, buffer_.max_size() - buffer_.size()));
    socket_.async_read_some(room, [self = shared_from_this()](error_code error, std::size_t n) {
      if (error || self->phase_ == Phase::refused || self->phase_ == Phase::answer) return;
      self->buffer_.commit(n);
      if (self->phase_ == Phase::idle) self->begin_request();
      self->parse();
    });
  }

  /// In front of a request they mean nothing (RFC 9112 section 2.2).
  void skip_empty_lines() {
    for (;;) {
      const auto data = buffer_.data();
      const std::string_view octets(static_cast<const char*>(data.data()), data.size());
      if (!octets.starts_with("\r\n")) return;
      buffer_.consume(2);
    }
  }

  void parse() {
    error_code error;
    if (!parser_->got_some()) skip_empty_lines();
    const std::size_t used = parser_->put(buffer_.data(), error);
    if (error && error != http::error::need_more) {
      keep_alive_ = false;
      return refuse(status_of(error, *parser_));
    }
    buffer_.consume(used);
    if (parser_->is_done()) return take_request();
    if (parser_->is_header_done() && !said_continue_ &&
        equals_ignoring_case(view(parser_->get()[http::field::expect]), "100-continue")) {
      return say_continue();
    }
    if (buffer_.size() >= buffer_.max_size()) return refuse(431);
    read();
  }

  void say_continue() {
    static constexpr std::string_view words = "HTTP/1.1 100 Continue\r\n\r\n";
    said_continue_ = true;
    net::async_write(socket_, net::buffer(words.data(), words.size()),
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error && self->phase_ == Phase::request) self->read();
                     });
  }

  void take_request() {
    const auto& message = parser_->get();
    is_1_0_ = message.version() < 11;
    keep_alive_ = message.keep_alive() && !lane_.is_draining();
    request_.method = view(message.method_string());
    is_head_ = request_.method == "HEAD";
    phase_ = Phase::answer;
    deadline_ = lane_.now() + lane_.shared().limits.answer;

    const auto hosts = message.count(http::field::host);
    if (message.version() > 11 || hosts > 1 || (hosts == 0 && !is_1_0_)) return refuse(400);
    if (!is_framed(message)) return refuse(400);
    if (!is_served(request_.method)) return send(method_refused());
    auto target = parse_target(view(message.target()));
    if (!target) return refuse(400);
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    request_.user_agent = view(message[http::field::user_agent]);
    request_.accept_language = view(message[http::field::accept_language]);
    request_.content_type = view(message[http::field::content_type]);
    request_.forwarded_for.clear();
    request_.purpose.clear();
    for (const auto& field : message) note(view(field.name_string()), view(field.value()));
    request_.body = std::move(parser_->get().body());
    answer();
  }

  void note(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "X-Forwarded-For")) {
      if (!request_.forwarded_for.empty()) request_.forwarded_for += ", ";
      request_.forwarded_for += value;
    } else if (equals_ignoring_case(name, "Sec-Purpose") || equals_ignoring_case(name, "Purpose") ||
               equals_ignoring_case(name, "X-Purpose") || equals_ignoring_case(name, "X-Moz")) {
      request_.purpose = value;
    }
  }

  void answer() {
    HttpHandler& handler = lane_.shared().handler;
    try {
      if (auto response = handler.answer_at_once(request_)) return send(*response);
      const bool added =
          lane_.shared().workers.add([self = shared_from_this(), &handler]() mutable {
            HttpResponse response = guarded([&] { return handler.answer(self->request_); });
            Lane& lane = self->lane_;
            net::post(lane.context(), [self = std::move(self), response = std::move(response)] {
              self->send(response);
            });
          });
      if (!added) send(handler.answer_busy(request_));
    } catch (const std::exception& e) {
      log_error("request failed: {}", printable(e.what()));
      refuse(500);
    }
  }

  template <class Work>
  static HttpResponse guarded(Work work) {
    try {
      return work();
    } catch (const std::exception& e) {
      log_error("request failed: {}", printable(e.what()));
      return plain_response(500);
    }
  }

  /// An answer of the server's own, after which nothing of this connection is read.
  void refuse(unsigned status) {
    keep_alive_ = false;
    if (phase_ == Phase::request) {
      phase_ = Phase::refused;
      deadline_ = lane_.now() + std::chrono::seconds(2);
    }
    send(plain_response(status));
  }

  void send(const HttpResponse& response) {
    if (lane_.is_draining()) keep_alive_ = false;
    out_ = http_octets(response, {.keep_alive = keep_alive_,
                                  .http_1_0 = is_1_0_,
                                  .is_head = is_head_,
                                  .date = lane_.date()});
    // Most answers fit into the socket at once: no need to be woken for them.
    error_code error;
    const std::size_t n = socket_.write_some(net::buffer(out_), error);
    if (error && error != net::error::would_block) return;
    if (!error && n == out_.size()) return sent();
    net::async_write(socket_, net::buffer(out_) + (error ? 0 : n),
                     [self = shared_from_this()](error_code failed, std::size_t) {
                       if (!failed) self->sent();
                     });
  }

  void sent() {
    if (!keep_alive_) return linger();
    if (buffer_.size() == 0) return next();
    // Not on this stack: a thousand pipelined requests would be a thousand frames, and others wait.
    net::post(lane_.context(), [self = shared_from_this()] { self->next(); });
  }

  /// Says that we are done and lets the peer read our answer: closing over unread octets would
  /// reset the connection and take the answer back.
  void linger() {
    error_code ignored;
    socket_.shutdown(net::socket_base::shutdown_send, ignored);
    phase_ = Phase::refused;
    deadline_ = lane_.now() + std::chrono::seconds(2);
    drop_rest();
  }
  void drop_rest() {
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(read_octets),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->drop_rest();
                            });
  }

  Lane& lane_;
  Socket socket_;
  Lane::Sessions::iterator place_;
  std::string counted_;
  boost::beast::flat_buffer buffer_;
  boost::optional<Parser> parser_;
  HttpRequest request_;
  std::string out_;
  SteadyTime deadline_;
  Phase phase_ = Phase::idle;
  bool keep_alive_ = false;
  bool is_1_0_ = false;
  bool is_head_ = false;
  bool said_continue_ = false;
  bool left_ = false;
};

void Lane::accept_next() {
  listener_.async_wait(Listener::wait_read, [this](error_code error) {
    if (error) return;
    accept_some();
  });
}

void Lane::accept_some() {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd, from);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Out of descriptors: the next tick looks again; until then nobody spins.
      close_an_idle_one();
      out_of_descriptors_ = true;
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      break;
    }
  }
  accept_next();
}

void Lane::take(int fd, const sockaddr_storage& from) {
  std::string peer = text_of(from);
  std::string counted = peer;
  if (shared_.is_exempt && shared_.is_exempt(peer)) counted.clear();
  auto answer = shared_.admission.enter(counted);
  if (answer == HttpAdmission::Answer::full && close_an_idle_one()) {
    answer = shared_.admission.enter(counted);
  }
  if (answer != HttpAdmission::Answer::come_in) {
    close(fd);
    return;
  }
  if (from.ss_family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket socket(context_, net::generic::stream_protocol(from.ss_family, 0), fd);
  socket.non_blocking(true);
  std::make_shared<Session>(*this, std::move(socket), std::move(peer), std::move(counted))->next();
}

/// When the house is full, who only keeps a connection for later makes room.
bool Lane::close_an_idle_one() {
  for (Session* const session : sessions_) {
    if (!session->is_idle()) continue;
    session->close();
    return true;
  }
  return false;
}

/// Once a second: the time, and who has had enough of it.
void Lane::tick() {
  now_ = std::chrono::steady_clock::now();
  date_ = http_date(std::time(nullptr));
  if (draining_ && now_ >= patience_ends_) return context_.stop();
  for (auto i = sessions_.begin(); i != sessions_.end();) {
    Session& session = **i++;  // it may end below
    if (session.deadline() <= now_) session.expire();
  }
  if (std::exchange(out_of_descriptors_, false) && !draining_) accept_next();
  timer_.expires_at(now_ + std::chrono::seconds(1));
  timer_.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Lane::drain() {
  draining_ = true;
  patience_ends_ = std::chrono::steady_clock::now() + shared_.limits.patience;
  error_code ignored;
  listener_.close(ignored);
  for (auto i = sessions_.begin(); i != sessions_.end();) {
    Session& session = **i++;
    if (session.is_idle()) session.close();
  }
  if (sessions_.empty()) end();
}

void Lane::end() {
  error_code ignored;
  timer_.cancel(ignored);
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpListeners& listeners, HttpHandler& handler, const HttpLimits& limits,
       std::function<bool(const std::string&)> is_exempt)
      : shared(handler, limits, std::move(is_exempt)) {
    for (const int fd : listeners.take()) lanes.push_back(std::make_unique<Lane>(fd, shared));
    for (const auto& lane : lanes) lane->start();
  }

  Shared shared;
  std::vector<std::unique_ptr<Lane>> lanes;
};

HttpServer::HttpServer(HttpListeners& listeners, HttpHandler& handler, const HttpLimits& limits,
                       std::function<bool(const std::string& address)> is_exempt)
    : impl_(std::make_unique<Impl>(listeners, handler, limits, std::move(is_exempt))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::stop() {
  if (!impl_) return;
  for (const auto& lane : impl_->lanes) lane->begin_stop();
  for (const auto& lane : impl_->lanes) lane->join();
  impl_->shared.workers.finish();  // before the lanes: what is done there holds their sessions
  impl_.reset();
}

std::size_t HttpServer::connections() const { return impl_->shared.admission.count(); }

}  // namespace smtpapi
