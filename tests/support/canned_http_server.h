// An HTTP endpoint on loopback that answers what the test says, octet by octet.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace smtpapi {

/// One request at a time; the connection ends behind each answer unless it says otherwise.
class CannedHttpServer {
 public:
  /// The whole request (header and body) to the octets of its answer. Nothing: no answer comes.
  using Answer = std::function<std::optional<std::string>(const std::string& request)>;

  explicit CannedHttpServer(Answer answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("no listener");
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~CannedHttpServer() {
    ended_ = true;
    thread_.join();
    close(listener_);
  }
  CannedHttpServer(const CannedHttpServer&) = delete;
  CannedHttpServer& operator=(const CannedHttpServer&) = delete;

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  unsigned port() const { return port_; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool wait(int fd) const {
    pollfd one{fd, POLLIN, 0};
    while (!ended_) {
      if (poll(&one, 1, 20) > 0) return true;
    }
    return false;
  }

  std::optional<std::string> read_request(int fd) const {
    std::string text;
    char buffer[65'536];
    for (;;) {
      const std::size_t body = text.find("\r\n\r\n");
      if (body != std::string::npos) {
        const std::size_t length = text.find("Content-Length: ");
        const std::size_t want =
            length == std::string::npos ? 0 : std::stoul(text.substr(length + 16));
        if (text.size() >= body + 4 + want) return text;
      }
      if (!wait(fd)) return std::nullopt;
      const ssize_t got = read(fd, buffer, sizeof buffer);
      if (got <= 0) return std::nullopt;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }

  void serve(int fd) {
    const auto request = read_request(fd);
    if (!request) return;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    const auto answer = answer_(*request);
    if (!answer) {
      wait(fd);  // until the client hangs up
      return;
    }
    for (std::size_t sent = 0; sent < answer->size();) {
      const ssize_t more = send(fd, answer->data() + sent, answer->size() - sent, MSG_NOSIGNAL);
      if (more <= 0) return;
      sent += static_cast<std::size_t>(more);
    }
  }

  void run() {
    while (wait(listener_)) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      serve(fd);
      close(fd);
    }
  }

  const Answer answer_;
  const int listener_;
  unsigned port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace smtpapi
