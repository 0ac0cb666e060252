#include "net/http_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "base/text.h"

namespace smtpapi {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

using Parser = http::request_parser<http::string_body>;

constexpr std::size_t read_octets = 4'096;

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

template <class Work>
HttpResponse guarded(Work work) {
  try {
    return work();
  } catch (const std::exception& e) {
    log_error("request failed: {}", printable(e.what()));
    return plain_response(500);
  }
}

}  // namespace

HttpConnection::HttpConnection(HttpLane& lane, Socket socket, std::string peer, std::string counted)
    : lane_(lane),
      socket_(std::move(socket)),
      place_(lane.add(this)),
      counted_(std::move(counted)),
      buffer_(lane.shared().limits.header_octets + lane.shared().limits.body_octets + read_octets) {
  request_.peer = std::move(peer);
}

HttpConnection::~HttpConnection() {
  lane_.remove(place_);
  leave();
}

void HttpConnection::next() {
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

void HttpConnection::close() {
  error_code ignored;
  socket_.close(ignored);
  leave();
}

void HttpConnection::expire() {
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

void HttpConnection::leave() {
  if (!std::exchange(left_, true)) lane_.shared().admission.leave(counted_);
}

void HttpConnection::begin_request() {
  // Once for each message, so that drops do not add time (LIB-23).
  phase_ = Phase::request;
  deadline_ = lane_.now() + lane_.shared().limits.request;
}

void HttpConnection::read() {
  const auto room = buffer_.prepare(std::min(read_octets, buffer_.max_size() - buffer_.size()));
  socket_.async_read_some(room, [self = shared_from_this()](error_code error, std::size_t n) {
    if (error || self->phase_ == Phase::refused || self->phase_ == Phase::answer) return;
    self->buffer_.commit(n);
    if (self->phase_ == Phase::idle) self->begin_request();
    self->parse();
  });
}

// In front of a request they mean nothing (RFC 9112 section 2.2).
void HttpConnection::skip_empty_lines() {
  for (;;) {
    const auto data = buffer_.data();
    const std::string_view octets(static_cast<const char*>(data.data()), data.size());
    if (!octets.starts_with("\r\n")) return;
    buffer_.consume(2);
  }
}

void HttpConnection::parse() {
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

void HttpConnection::say_continue() {
  static constexpr std::string_view words = "HTTP/1.1 100 Continue\r\n\r\n";
  said_continue_ = true;
  net::async_write(socket_, net::buffer(words.data(), words.size()),
                   [self = shared_from_this()](error_code error, std::size_t) {
                     if (!error && self->phase_ == Phase::request) self->read();
                   });
}

void HttpConnection::take_request() {
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

void HttpConnection::note(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "X-Forwarded-For")) {
    if (!request_.forwarded_for.empty()) request_.forwarded_for += ", ";
    request_.forwarded_for += value;
  } else if (equals_ignoring_case(name, "Sec-Purpose") || equals_ignoring_case(name, "Purpose") ||
             equals_ignoring_case(name, "X-Purpose") || equals_ignoring_case(name, "X-Moz")) {
    request_.purpose = value;
  }
}

void HttpConnection::answer() {
  HttpHandler& handler = lane_.shared().handler;
  try {
    if (auto response = handler.answer_at_once(request_)) return send(*response);
    const bool added = lane_.shared().workers.add([self = shared_from_this(), &handler]() mutable {
      HttpResponse response = guarded([&] { return handler.answer(self->request_); });
      HttpLane& lane = self->lane_;
      net::post(lane.context(),
                [self = std::move(self), response = std::move(response)] { self->send(response); });
    });
    if (!added) send(handler.answer_busy(request_));
  } catch (const std::exception& e) {
    log_error("request failed: {}", printable(e.what()));
    refuse(500);
  }
}

// An answer of the server's own, after which nothing of this connection is read.
void HttpConnection::refuse(unsigned status) {
  keep_alive_ = false;
  if (phase_ == Phase::request) {
    phase_ = Phase::refused;
    deadline_ = lane_.now() + std::chrono::seconds(2);
  }
  send(plain_response(status));
}

void HttpConnection::send(const HttpResponse& response) {
  if (lane_.is_draining()) keep_alive_ = false;
  out_ = http_octets(
      response,
      {.keep_alive = keep_alive_, .http_1_0 = is_1_0_, .is_head = is_head_, .date = lane_.date()});
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

void HttpConnection::sent() {
  if (!keep_alive_) return linger();
  if (buffer_.size() == 0) return next();
  // Not on this stack: a thousand pipelined requests would be a thousand frames, and others wait.
  net::post(lane_.context(), [self = shared_from_this()] { self->next(); });
}

// Says that we are done and lets the peer read our answer: closing over unread octets would
// reset the connection and take the answer back.
void HttpConnection::linger() {
  error_code ignored;
  socket_.shutdown(net::socket_base::shutdown_send, ignored);
  phase_ = Phase::refused;
  deadline_ = lane_.now() + std::chrono::seconds(2);
  drop_rest();
}

void HttpConnection::drop_rest() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(read_octets),
                          [self = shared_from_this()](error_code error, std::size_t) {
                            if (!error) self->drop_rest();
                          });
}

}  // namespace smtpapi
