// One connection of the HTTP server: requests in, answers out, one at a time.
#pragma once

#include <utility>  // before Asio, which forgets it (LIB-21)

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "net/http_lane.h"
#include "net/http_message.h"

namespace smtpapi {

/// Lives as long as something is under way for it; on its lane's thread, but for the handler's
/// work.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, HttpLane::Executor>;

  /// `counted`: the address that it was let in under.
  HttpConnection(HttpLane& lane, Socket socket, std::string peer, std::string counted);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Waits for the next request, or takes it from what has been read already (pipelining).
  void next();

  bool is_idle() const { return phase_ == Phase::idle && !left_; }
  HttpLane::SteadyTime deadline() const { return deadline_; }
  /// What was under way ends soon; somebody else may come in at once.
  void close();
  /// The deadline has passed.
  void expire();

 private:
  enum class Phase { idle, request, refused, answer };

  void leave();
  void begin_request();
  void read();
  void skip_empty_lines();
  void parse();
  void say_continue();
  void take_request();
  void note(std::string_view name, std::string_view value);
  void answer();
  void refuse(unsigned status);
  void send(const HttpResponse& response);
  void sent();
  void linger();
  void drop_rest();

  HttpLane& lane_;
  Socket socket_;
  HttpLane::Connections::iterator place_;
  std::string counted_;
  boost::beast::flat_buffer buffer_;
  boost::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  HttpRequest request_;
  std::string out_;
  HttpLane::SteadyTime deadline_;
  Phase phase_ = Phase::idle;
  bool keep_alive_ = false;
  bool is_1_0_ = false;
  bool is_head_ = false;
  bool said_continue_ = false;
  bool left_ = false;
};

}  // namespace smtpapi
