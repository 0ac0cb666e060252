#include "net/stream.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
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

// The kernel does the waiting, in slices: one call for each line that is waited for, and still a
// deadline is met and the program's end noticed within a slice.
constexpr timeval slice{0, 250'000};

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

Status Stream::check(Deadline deadline, Wait wait) {
  if (abandon_.stop_requested()) return unavailable("given up because the program ends");
  if (std::chrono::steady_clock::now() < deadline) return ok();
  silent_ = true;
  return unavailable(
      fmt::format("no answer within {} s", std::chrono::duration<double>(wait).count()));
}

Result<Stream> Stream::connect_to(const sockaddr* address, unsigned size, Wait wait,
                                  const std::stop_token& abandon) {
  Stream stream(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), abandon);
  if (stream.fd_ < 0) return system_error(errno);
  setsockopt(stream.fd_, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice);
  setsockopt(stream.fd_, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof slice);
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(stream.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const Deadline deadline = std::chrono::steady_clock::now() + wait;
  // EINPROGRESS and EALREADY: the slice is over. EAGAIN: a UNIX socket whose backlog is full.
  while (::connect(stream.fd_, address, size) != 0) {
    if (errno == EISCONN) break;
    if (errno != EINPROGRESS && errno != EALREADY && errno != EAGAIN && errno != EINTR) {
      return system_error(errno);
    }
    if (Status waiting = stream.check(deadline, wait); !waiting) return waiting.error();
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
  Deadline deadline = std::chrono::steady_clock::now() + wait;
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min(pieces.size(), max_pieces);
    const ssize_t written = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno != EAGAIN && errno != EINTR) return system_error(errno);
      if (Status waiting = check(deadline, wait); !waiting) return waiting;
      continue;
    }
    deadline = std::chrono::steady_clock::now() + wait;
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

    if (Status waiting = check(deadline, wait); !waiting) return waiting.error();
    char block[max_line];
    const ssize_t got = recv(fd_, block, sizeof block, 0);
    if (got > 0) {
      buffer_.append(block, static_cast<std::size_t>(got));
    } else if (got == 0) {
      return unavailable("connection closed by the other side");
    } else if (errno != EAGAIN && errno != EINTR) {
      return system_error(errno);
    }
  }
  return unavailable("a line of more than 4096 octets");
}

}  // namespace smtpapi
