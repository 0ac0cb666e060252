#include "net/stream.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/owned.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_line = 4'096;
constexpr std::size_t max_pieces = 1'024;  // IOV_MAX of Linux

// How soon a wait notices that it has been abandoned.
constexpr auto slice = std::chrono::milliseconds(500);

Error system_error(int number) { return unavailable(std::generic_category().message(number)); }

}  // namespace

Stream::Stream(Stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      abandon_(std::move(other.abandon_)),
      silent_(other.silent_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(abandon_, other.abandon_);
  std::swap(silent_, other.silent_);
  std::swap(buffer_, other.buffer_);
  std::swap(begin_, other.begin_);
  return *this;
}

Stream::~Stream() {
  if (fd_ >= 0) close(fd_);
}

Status Stream::wait_for(short events, Deadline deadline, Wait wait) {
  for (;;) {
    if (abandon_.stop_requested()) return unavailable("given up because the program ends");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      silent_ = true;
      return unavailable(
          fmt::format("no answer within {} s", std::chrono::duration<double>(wait).count()));
    }
    pollfd entry{fd_, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min(left, slice).count()));
    if (ready > 0) return ok();  // also for an error or hang-up: the call that follows will tell
    if (ready < 0 && errno != EINTR) return system_error(errno);
  }
}

Result<Stream> Stream::connect_to(const sockaddr* address, unsigned size, Wait wait,
                                  const std::stop_token& abandon) {
  Stream stream(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), abandon);
  if (stream.fd_ < 0) return system_error(errno);
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(stream.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const Deadline deadline = std::chrono::steady_clock::now() + wait;
  while (::connect(stream.fd_, address, size) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      // A UNIX socket whose backlog is full: nothing to poll for, so ask again in a while.
      if (std::chrono::steady_clock::now() >= deadline || abandon.stop_requested()) {
        return system_error(EAGAIN);
      }
      poll(nullptr, 0, 10);
      continue;
    }
    if (errno != EINPROGRESS) return system_error(errno);
    if (Status ready = stream.wait_for(POLLOUT, deadline, wait); !ready) return ready.error();
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(stream.fd_, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return system_error(error);
    break;
  }
  return stream;
}

Result<Stream> Stream::connect(const Endpoint& to, Wait wait, std::stop_token abandon) {
  if (!to.path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    to.path.copy(address.sun_path, sizeof address.sun_path - 1);
    return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, wait, abandon);
  }

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found)) {
    return unavailable(gai_strerror(failed));
  }
  const Owned<addrinfo, freeaddrinfo> addresses(found);
  Error last = unavailable("no address");
  for (const addrinfo* each = found; each; each = each->ai_next) {
    auto stream = connect_to(each->ai_addr, each->ai_addrlen, wait, abandon);
    if (stream) return stream;
    last = std::move(stream).error();
  }
  return last;
}

Status Stream::write(std::span<iovec> pieces, Wait wait) {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min(pieces.size(), max_pieces);
    const ssize_t written = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return system_error(errno);
      const Deadline deadline = std::chrono::steady_clock::now() + wait;
      if (Status ready = wait_for(POLLOUT, deadline, wait); !ready) return ready;
      continue;
    }
    auto left = static_cast<std::size_t>(written);
    while (!pieces.empty() && left >= pieces.front().iov_len) {
      left -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (left > 0) {
      pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + left;
      pieces.front().iov_len -= left;
    }
  }
  return ok();
}

Status Stream::write(std::string_view text, Wait wait) {
  iovec piece{const_cast<char*>(text.data()), text.size()};
  return write({&piece, 1}, wait);
}

Result<std::string_view> Stream::read_line(Wait wait) {
  const Deadline deadline = std::chrono::steady_clock::now() + wait;
  std::size_t searched = begin_;
  for (;;) {
    if (const auto end = buffer_.find('\n', searched); end != std::string::npos) {
      std::string_view line(buffer_.data() + begin_, end - begin_);
      if (line.size() > max_line) break;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      begin_ = end + 1;
      return line;
    }
    if (buffer_.size() - begin_ > max_line) break;
    buffer_.erase(0, std::exchange(begin_, 0));
    searched = buffer_.size();

    char block[max_line];
    const ssize_t got = recv(fd_, block, sizeof block, 0);
    if (got > 0) {
      buffer_.append(block, static_cast<std::size_t>(got));
    } else if (got == 0) {
      return unavailable("connection closed by the other side");
    } else if (errno == EAGAIN) {
      if (Status ready = wait_for(POLLIN, deadline, wait); !ready) return ready.error();
    } else if (errno != EINTR) {
      return system_error(errno);
    }
  }
  return unavailable("a line of more than 4096 octets");
}

}  // namespace smtpapi
