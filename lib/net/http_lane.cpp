#include "net/http_lane.h"

#include <boost/asio/post.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>

#include "net/http_connection.h"
#include "net/http_message.h"

namespace smtpapi {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

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

}  // namespace

HttpLane::HttpLane(int fd, HttpShared& shared)
    : shared_(shared), context_(1), listener_(context_, fd), timer_(context_) {
  accept_next();
  tick();
}

// Connections that the context still holds end nothing any more.
HttpLane::~HttpLane() { draining_ = false; }

void HttpLane::start() {
  thread_ = std::thread([this] { context_.run(); });
}

void HttpLane::begin_stop() {
  net::post(context_, [this] { drain(); });
}

void HttpLane::remove(Connections::iterator place) {
  connections_.erase(place);
  if (draining_ && connections_.empty()) end();
}

void HttpLane::accept_next() {
  listener_.async_wait(Listener::wait_read, [this](error_code error) {
    if (error) return;
    accept_some();
  });
}

void HttpLane::accept_some() {
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

void HttpLane::take(int fd, const sockaddr_storage& from) {
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
  HttpConnection::Socket socket(context_, net::generic::stream_protocol(from.ss_family, 0), fd);
  socket.non_blocking(true);
  std::make_shared<HttpConnection>(*this, std::move(socket), std::move(peer), std::move(counted))
      ->next();
}

/// When the house is full, who only keeps a connection for later makes room.
bool HttpLane::close_an_idle_one() {
  for (HttpConnection* const connection : connections_) {
    if (!connection->is_idle()) continue;
    connection->close();
    return true;
  }
  return false;
}

/// Once a second: the time, and who has had enough of it.
void HttpLane::tick() {
  now_ = std::chrono::steady_clock::now();
  date_ = http_date(std::time(nullptr));
  if (draining_ && now_ >= patience_ends_) return context_.stop();
  for (auto i = connections_.begin(); i != connections_.end();) {
    HttpConnection& connection = **i++;  // it may end below
    if (connection.deadline() <= now_) connection.expire();
  }
  if (std::exchange(out_of_descriptors_, false) && !draining_) accept_next();
  timer_.expires_at(now_ + std::chrono::seconds(1));
  timer_.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void HttpLane::drain() {
  draining_ = true;
  patience_ends_ = std::chrono::steady_clock::now() + shared_.limits.patience;
  error_code ignored;
  listener_.close(ignored);
  for (auto i = connections_.begin(); i != connections_.end();) {
    HttpConnection& connection = **i++;
    if (connection.is_idle()) connection.close();
  }
  if (connections_.empty()) end();
}

void HttpLane::end() {
  error_code ignored;
  timer_.cancel(ignored);
}

}  // namespace smtpapi
