#include "net/http_listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/owned.h"

namespace smtpapi {
namespace {

constexpr int backlog = 4'096;

/// An address may come later, with its interface, and a port may become free: only a missing right
/// is a mistake of the settings.
Error trouble(const char* call) {
  const int number = errno;
  const char* hint = number == EADDRINUSE      ? ": another program listens there"
                     : number == EADDRNOTAVAIL ? ": no interface has this address"
                                               : "";
  std::string text = fmt::format("{}: {}{}", call, strerror(number), hint);
  return number == EACCES ? invalid(std::move(text)) : unavailable(std::move(text));
}

struct Fd {
  int number = -1;
  explicit Fd(int fd) : number(fd) {}
  ~Fd() {
    if (number >= 0) close(number);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int release() { return std::exchange(number, -1); }
};

void set(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

unsigned port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void set_port(sockaddr* address, unsigned port) {
  const auto value = htons(static_cast<std::uint16_t>(port));
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = value;
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = value;
  }
}

/// Errors: unavailable, when somebody listens there or nobody can tell.
Status check_unused(const sockaddr_un& address) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.number < 0) return trouble("socket");
  if (connect(fd.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return ok();
    if (errno == EACCES) {
      return unavailable(
          "the socket is another user's: end the program that listens there, or "
          "remove the file");
    }
  }
  return unavailable("another program listens there");  // a full backlog (EAGAIN) is one too
}

}  // namespace

HttpListeners::~HttpListeners() {
  for (const int fd : sockets_) close(fd);
  if (!path_.empty()) unlink(path_.c_str());
}

Result<HttpListeners> HttpListeners::open(const Endpoint& endpoint, std::size_t threads) {
  HttpListeners out;
  const Status done = endpoint.path.empty() ? out.open_tcp(endpoint, threads)
                                            : out.open_unix(endpoint.path, threads);
  if (!done) return Error(done.error()).within(endpoint.text());
  return out;
}

Status HttpListeners::open_tcp(const Endpoint& endpoint, std::size_t threads) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (status == EAI_AGAIN) return unavailable(gai_strerror(status));
  if (status != 0) return invalid(gai_strerror(status));
  const Owned<addrinfo, freeaddrinfo> addresses(found);

  // Without SO_REUSEPORT: with it, a second program of the same user would share our connections
  // and nobody would notice.
  const Fd probe(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (probe.number < 0) return trouble("socket");
  set(probe.number, SOL_SOCKET, SO_REUSEADDR);
  if (found->ai_family == AF_INET6) set(probe.number, IPPROTO_IPV6, IPV6_V6ONLY);
  if (bind(probe.number, found->ai_addr, found->ai_addrlen) != 0) return trouble("bind");
  port_ = port_of(probe.number);
  set_port(found->ai_addr, port_);
  set(probe.number, SOL_SOCKET, SO_REUSEPORT);  // lets those below in

  for (std::size_t i = 0; i < threads; ++i) {
    Fd fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd.number < 0) return trouble("socket");
    set(fd.number, SOL_SOCKET, SO_REUSEADDR);
    set(fd.number, SOL_SOCKET, SO_REUSEPORT);
    if (found->ai_family == AF_INET6) set(fd.number, IPPROTO_IPV6, IPV6_V6ONLY);
    if (bind(fd.number, found->ai_addr, found->ai_addrlen) != 0) return trouble("bind");
    if (listen(fd.number, backlog) != 0) return trouble("listen");
    sockets_.push_back(fd.release());
  }
  return ok();
}

Status HttpListeners::open_unix(const std::string& path, std::size_t threads) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return invalid(fmt::format("the path is longer than {}", sizeof address.sun_path - 1));
  }
  path.copy(address.sun_path, path.size());
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return invalid("there is a file of that name that is no socket");
    if (const Status unused = check_unused(address); !unused) return unused;
    unlink(path.c_str());
  }
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.number < 0) return trouble("socket");
  if (bind(fd.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return trouble("bind");
  }
  path_ = path;
  // Whoever reaches the web server reaches us: there is nothing to guard.
  if (chmod(path.c_str(), 0666) != 0) return trouble("chmod");
  if (listen(fd.number, backlog) != 0) return trouble("listen");
  for (std::size_t i = 1; i < threads; ++i) {
    const int copy = fcntl(fd.number, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return trouble("dup");
    sockets_.push_back(copy);
  }
  sockets_.push_back(fd.release());
  return ok();
}

}  // namespace smtpapi
