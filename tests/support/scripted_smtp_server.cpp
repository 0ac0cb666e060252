#include "support/scripted_smtp_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace smtpapi {

struct ScriptedSmtpServer::Session {
  int number = 0;
  int fd = -1;
  std::string input;
  std::string held;  // answers that wait for DATA
};

ScriptedSmtpServer::ScriptedSmtpServer(std::vector<std::string> features, const std::string& path)
    : features_(std::move(features)) {
  const auto check = [](int result) {
    if (result < 0) throw std::runtime_error("scripted server: cannot listen");
  };
  if (path.empty()) {
    check(listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    check(bind(listener_, reinterpret_cast<sockaddr*>(&at), size));
    check(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size));
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  } else {
    check(listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    check(bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at));
    address_ = "unix:" + path;
  }
  check(listen(listener_, 64));
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedSmtpServer::~ScriptedSmtpServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const auto& [number, fd] : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void ScriptedSmtpServer::once(Step step, Answer answer) {
  const std::lock_guard lock(mutex_);
  queued_[step].push_back(std::move(answer));
}

void ScriptedSmtpServer::always(Step step, Answer answer) {
  const std::lock_guard lock(mutex_);
  standing_[step] = std::move(answer);
}

void ScriptedSmtpServer::drop_sessions() {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, fd] : open_) shutdown(fd, SHUT_RDWR);
}

std::vector<ScriptedSmtpServer::Message> ScriptedSmtpServer::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> ScriptedSmtpServer::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

int ScriptedSmtpServer::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_;
}

bool ScriptedSmtpServer::was_pipelined() const {
  const std::lock_guard lock(mutex_);
  return pipelined_;
}

void ScriptedSmtpServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || ending_) {
      if (fd >= 0) close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int number = ++sessions_;
    open_[number] = fd;
    threads_.emplace_back([this, number, fd] {
      Session session{number, fd, "", ""};
      serve(session);
      const std::lock_guard closing(mutex_);
      open_.erase(number);
      close(fd);
    });
  }
}

bool ScriptedSmtpServer::send_now(Session& session, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = send(session.fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool ScriptedSmtpServer::fill(Session& session) {
  char block[65536];
  const ssize_t got = recv(session.fd, block, sizeof block, 0);
  if (got <= 0) return false;
  session.input.append(block, static_cast<std::size_t>(got));
  return true;
}

ScriptedSmtpServer::Answer ScriptedSmtpServer::choose(Step step, const std::string& usual) {
  const std::lock_guard lock(mutex_);
  if (auto& queue = queued_[step]; !queue.empty()) {
    const Answer chosen = std::move(queue.front());
    queue.pop_front();
    return chosen;
  }
  const auto standing = standing_.find(step);
  return standing != standing_.end() ? standing->second : Answer{usual};
}

/// False when the session is over.
bool ScriptedSmtpServer::give(Session& session, Step step, const Answer& answer) {
  while (answer.behind_data && session.input.find("DATA\r\n") == std::string::npos) {
    if (!fill(session)) return false;
  }
  if (!session.input.empty()) {
    const std::lock_guard lock(mutex_);
    pipelined_ = true;
  }
  std::string text = answer.text.empty() ? "" : answer.text + "\r\n";
  if (holds_answers_ && (step == Step::mail || step == Step::rcpt)) {
    session.held += text;
    text.clear();
  } else {
    text = std::exchange(session.held, "") + text;
  }
  if (!send_now(session, text)) return false;
  if (answer.then == Then::stall) {
    // Neither answers nor hangs up until the client does.
    char ignored[4096];
    while (recv(session.fd, ignored, sizeof ignored, 0) > 0) continue;
  }
  return answer.then == Then::go_on;
}

void ScriptedSmtpServer::serve(Session& session) {
  std::string hello = features_.empty() ? "250 scripted" : "250-scripted";
  for (std::size_t i = 0; i < features_.size(); ++i) {
    hello += (i + 1 < features_.size() ? "\r\n250-" : "\r\n250 ") + features_[i];
  }
  if (!give(session, Step::greeting, choose(Step::greeting, "220 scripted ESMTP"))) return;

  std::string mail, rcpt;
  bool has_sender = false;
  bool has_recipient = false;
  int taken_here = 0;
  for (;;) {
    std::size_t end;
    while ((end = session.input.find("\r\n")) == std::string::npos) {
      if (!fill(session)) return;
    }
    const std::string line = session.input.substr(0, end);
    session.input.erase(0, end + 2);
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(std::to_string(session.number) + ": " + line);
    }
    const auto is = [&](std::string_view verb) { return starts_with_ignoring_case(line, verb); };

    bool go_on = true;
    const auto answer = [&](Step step, const std::string& usual) {
      const Answer chosen = choose(step, usual);
      go_on = give(session, step, chosen);
      return chosen.text;
    };
    if (is("EHLO")) {
      answer(Step::ehlo, hello);
    } else if (is("XFORWARD")) {
      answer(Step::xforward, "250 2.0.0 Ok");
    } else if (is("MAIL")) {
      mail = line;
      has_sender = answer(Step::mail, "250 2.1.0 Ok")[0] == '2';
      has_recipient = false;
    } else if (is("RCPT")) {
      rcpt = line;
      const char* const usual = has_sender ? "250 2.1.5 Ok" : "503 5.5.1 Error: need MAIL command";
      has_recipient = answer(Step::rcpt, usual)[0] == '2';
    } else if (is("DATA")) {
      const char* const usual = has_recipient ? "354 End data with <CR><LF>.<CR><LF>"
                                              : "554 5.5.1 Error: no valid recipients";
      if (answer(Step::data, usual).substr(0, 3) == "354" && go_on) {
        // Only CRLF "." CRLF ends it; a lone dot may also come first.
        std::string data = "\r\n";
        while (data += std::exchange(session.input, ""), data.find("\r\n.\r\n") == data.npos) {
          if (!fill(session)) return;
        }
        const auto stop = data.find("\r\n.\r\n");
        session.input = data.substr(stop + 5);
        data.resize(stop + 2);
        data.erase(0, 2);
        {
          // Kept before the answer goes out, so that whoever has the answer finds it.
          const std::lock_guard lock(mutex_);
          messages_.push_back({session.number, mail, rcpt, data});
        }
        answer(Step::content,
               fmt::format("250 2.0.0 Ok: queued as Q{}X{}", session.number, ++taken_here));
        has_sender = has_recipient = false;
      }
    } else if (is("RSET")) {
      answer(Step::reset, "250 2.0.0 Ok");
      has_sender = has_recipient = false;
    } else if (is("QUIT")) {
      answer(Step::quit, "221 2.0.0 Bye");
      go_on = false;
    } else {
      go_on = send_now(session, "500 5.5.2 Error: command not recognized\r\n");
    }
    if (!go_on) return;
  }
}

}  // namespace smtpapi
