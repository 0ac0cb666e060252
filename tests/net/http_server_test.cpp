#include "net/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

/// Says what it was asked. Paths below /slow go to a worker, who waits for the gate.
class Echo final : public HttpHandler {
 public:
  std::optional<HttpResponse> answer_at_once(const HttpRequest& request) override {
    if (request.path.starts_with("/slow")) return std::nullopt;
    if (request.path == "/throw") throw std::runtime_error("on purpose");
    HttpResponse out;
    out.body = request.method + " " + request.path + " " + request.query + " " + request.body +
               " " + request.forwarded_for;
    return out;
  }
  HttpResponse answer(const HttpRequest&) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
    HttpResponse out;
    out.body = "slowly";
    return out;
  }
  HttpResponse answer_busy(const HttpRequest&) override { return plain_response(503); }

  void open_gate() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class Line {
 public:
  explicit Line(unsigned port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  explicit Line(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Line() { close(fd_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool say(std::string_view text) const {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  void say_no_more() const { shutdown(fd_, SHUT_WR); }
  bool has_words(std::chrono::milliseconds within) const {
    pollfd wait{fd_, POLLIN, 0};
    return poll(&wait, 1, static_cast<int>(within.count())) == 1;
  }
  /// Until `end` is seen at the end, or the peer closes, or 20 seconds pass.
  std::string hear(std::string_view end = {}) const {
    std::string out;
    char buffer[4096];
    pollfd wait{fd_, POLLIN, 0};
    while (end.empty() || !out.ends_with(end)) {
      if (poll(&wait, 1, 20'000) != 1) return out + "(silence)";
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }

 private:
  int fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(const HttpLimits& limits = {}, std::size_t threads = 2) {
    auto listeners = HttpListeners::open({"127.0.0.1", "0", ""}, threads);
    ASSERT_TRUE(listeners) << listeners.error().text;
    listeners_.emplace(*std::move(listeners));
    server_.emplace(*listeners_, handler_, limits);
  }
  /// One request, the connection closed behind it.
  std::string ask(const std::string& text) {
    const Line line(listeners_->port());
    EXPECT_TRUE(line.say(text));
    return line.hear();
  }
  unsigned port() const { return listeners_->port(); }

  Echo handler_;
  std::optional<HttpListeners> listeners_;
  std::optional<HttpServer> server_;
};

std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST_F(HttpServerTest, AnswersByItselfWhatIsNoRequest) {
  start({.header_octets = 2'000, .body_octets = 100});
  const std::string close = "Host: a\r\nConnection: close\r\n\r\n";
  const struct {
    const char* why;
    std::string request;
    const char* want;
  } cases[] = {
      {"GET", "GET /a?b HTTP/1.1\r\n" + close, "HTTP/1.1 200 OK"},
      {"HTTP/1.0 needs no Host", "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: b\r\n" + close, "HTTP/1.1 400 Bad Request"},
      {"no HTTP", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"HTTP/2", "GET / HTTP/2.0\r\n" + close, "HTTP/1.1 400 Bad Request"},
      {"climbing", "GET /a/../b HTTP/1.1\r\n" + close, "HTTP/1.1 400 Bad Request"},
      {"no path", "GET a HTTP/1.1\r\n" + close, "HTTP/1.1 400 Bad Request"},
      {"another method", "DELETE / HTTP/1.1\r\n" + close, "HTTP/1.1 405 Method Not Allowed"},
      {"TRACE", "TRACE / HTTP/1.1\r\n" + close, "HTTP/1.1 405 Method Not Allowed"},
      {"body", "POST / HTTP/1.1\r\nContent-Length: 3\r\n" + close + "abc", "HTTP/1.1 200 OK"},
      {"chunked",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + close + "3\r\nabc\r\n0\r\n\r\n",
       "HTTP/1.1 200 OK"},
      {"large body", "POST / HTTP/1.1\r\nContent-Length: 101\r\n" + close,
       "HTTP/1.1 413 Content Too Large"},
      {"large chunk",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + close + "ff\r\n" +
           std::string(255, 'a') + "\r\n0\r\n\r\n",
       "HTTP/1.1 413 Content Too Large"},
      {"smuggling: two lengths",
       "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n" + close + "abc",
       "HTTP/1.1 400 Bad Request"},
      {"smuggling: length and chunked",
       "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + close +
           "0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"smuggling: a coding whose end nobody knows",
       "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + close + "abc",
       "HTTP/1.1 400 Bad Request"},
      {"smuggling: chunked twice",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n" + close + "0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"smuggling: HTTP/1.0 has no chunks",
       "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + close + "0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"empty lines in front (RFC 9112 2.2)", "\r\n\r\nGET / HTTP/1.1\r\n" + close,
       "HTTP/1.1 200 OK"},
      {"long line", "GET /" + std::string(3'000, 'a') + " HTTP/1.1\r\n" + close,
       "HTTP/1.1 414 URI Too Long"},
      {"long header", "GET / HTTP/1.1\r\nX: " + std::string(3'000, 'a') + "\r\n" + close,
       "HTTP/1.1 431 Request Header Fields Too Large"},
      {"a handler's mistake", "GET /throw HTTP/1.1\r\n" + close,
       "HTTP/1.1 500 Internal Server Error"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(status_of(ask(c.request)), c.want);
  }
}

TEST_F(HttpServerTest, HandsOverWhatWasAsked) {
  start();
  EXPECT_TRUE(ask("POST /a%20b?c=%41 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\n"
                  "X-Forwarded-For: 5.6.7.8\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
                  .ends_with("\r\n\r\nPOST /a b c=%41 hi 1.2.3.4, 5.6.7.8"));
}

TEST_F(HttpServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  start();
  const Line line(port());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  ASSERT_TRUE(line.say(requests));
  const std::string answers = line.hear("GET /499   ");
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = answers.find("GET /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, AsksForABodyThatIsWaitedFor) {
  start();
  const Line line(port());
  ASSERT_TRUE(
      line.say("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
               "Content-Length: 2\r\n\r\n"));
  EXPECT_EQ(line.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(line.say("hi"));
  EXPECT_EQ(status_of(line.hear()), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, SaysThatALongHeaderIsOneWhenItsRequestLineIsTakenAlready) {
  start({.header_octets = 16'000});  // several reads
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(40'000, 'a'))),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(status_of(ask("GET /" + std::string(40'000, 'a'))), "HTTP/1.1 414 URI Too Long");
}

TEST_F(HttpServerTest, TakesEmptyLinesBetweenRequests) {
  start();
  const Line line(port());
  ASSERT_TRUE(line.say("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\r\n"));
  line.hear("POST /a  hi ");
  ASSERT_TRUE(line.say("GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(status_of(line.hear()), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, CutsASlowDrip) {
  start({.request = std::chrono::seconds(1)});
  const Line line(port());
  ASSERT_TRUE(line.say("GET / HTTP/1.1\r\n"));
  // Each octet comes soon after the one before: only a deadline for the whole cuts this.
  std::string answer;
  for (int drops = 0; drops < 100 && answer.empty(); ++drops) {
    line.say("X");
    if (line.has_words(std::chrono::milliseconds(100))) answer = line.hear();
  }
  EXPECT_EQ(status_of(answer), "HTTP/1.1 408 Request Timeout");
}

TEST_F(HttpServerTest, EndsIdleConnectionsWithoutAWord) {
  start({.idle = std::chrono::seconds(1)});
  const Line line(port());
  EXPECT_EQ(line.hear(), "");
}

TEST_F(HttpServerTest, ManySlowClientsHarmNobody) {
  start({.connections = 2'000, .connections_per_address = 2'000});
  std::vector<std::unique_ptr<Line>> slow;
  for (int i = 0; i < 400; ++i) {
    slow.push_back(std::make_unique<Line>(port()));
    slow.back()->say("GET / HT");
  }
  EXPECT_EQ(status_of(ask("GET / HTTP/1.0\r\n\r\n")), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, LimitsConnectionsOfOneAddress) {
  start({.connections_per_address = 3});
  std::vector<std::unique_ptr<Line>> lines;
  for (int i = 0; i < 3; ++i) {
    lines.push_back(std::make_unique<Line>(port()));
    lines.back()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(lines.back()->hear("GET /   ")), "HTTP/1.1 200 OK");
  }
  EXPECT_EQ(Line(port()).hear(), "") << "closed at once";
  EXPECT_EQ(server_->connections(), 3u);
}

TEST_F(HttpServerTest, AFullHouseTakesTheIdleOnesPlace) {
  start({.connections = 2}, 1);
  const Line first(port());
  first.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  first.hear("GET /   ");
  const Line second(port());
  second.say("GET / HT");
  EXPECT_EQ(status_of(ask("GET / HTTP/1.0\r\n\r\n")), "HTTP/1.1 200 OK");
  EXPECT_EQ(first.hear(), "") << "was idle";
}

TEST_F(HttpServerTest, WhatWaitsForAWorkerHoldsUpNobody) {
  start({.workers = 1, .waiting_requests = 1}, 1);
  const std::string slow = "GET /slow HTTP/1.0\r\n\r\n";
  const Line first(port()), second(port()), third(port()), fourth(port());
  for (const Line* line : {&first, &second, &third, &fourth}) line->say(slow);
  EXPECT_EQ(status_of(ask("GET / HTTP/1.0\r\n\r\n")), "HTTP/1.1 200 OK");
  handler_.open_gate();
  int done = 0, refused = 0;
  for (const Line* line : {&first, &second, &third, &fourth}) {
    const std::string answer = line->hear();
    done += answer.ends_with("slowly");
    refused += status_of(answer) == "HTTP/1.1 503 Service Unavailable";
  }
  EXPECT_EQ(done + refused, 4);
  EXPECT_GE(done, 1);
  EXPECT_GE(refused, 1) << "one at work, one waiting: the queue is short";
}

TEST_F(HttpServerTest, AStopFinishesWhatIsUnderWay) {
  start({}, 1);
  const Line slow(port()), idle(port());
  slow.say("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.hear("GET /   ");
  std::thread opener([&] {
    EXPECT_EQ(idle.hear(), "") << "ended by the stop";
    handler_.open_gate();
  });
  server_->stop();
  opener.join();
  EXPECT_TRUE(slow.hear().ends_with("slowly"));
}

TEST_F(HttpServerTest, AStopIsBounded) {
  start({.request = std::chrono::seconds(60), .patience = std::chrono::seconds(1)});
  const Line line(port());
  line.say("GET / HT");
  server_->stop();
  EXPECT_EQ(line.hear(), "");
}

TEST_F(HttpServerTest, APortIsTakenOnce) {
  start();
  const auto second = HttpListeners::open({"127.0.0.1", std::to_string(port()), ""}, 2);
  ASSERT_FALSE(second) << "SO_REUSEPORT would share our connections with a second program";
  EXPECT_NE(second.error().text.find("another program listens there"), std::string::npos);
}

/// The process without root's rights, within a block.
class AsNobody {
 public:
  AsNobody() { EXPECT_EQ(seteuid(65534), 0); }
  ~AsNobody() { EXPECT_EQ(seteuid(0), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

TEST(HttpListenersTest, TellsWhatMayPassFromWhatMustBeMended) {
  const auto fault = [](const Endpoint& endpoint) {
    const auto listeners = HttpListeners::open(endpoint, 1);
    return listeners ? std::nullopt : std::optional(listeners.error().fault);
  };
  EXPECT_EQ(fault({"192.0.2.1", "0", ""}), Fault::unavailable) << "its interface may come yet";
  EXPECT_EQ(fault({"127.0.0.1", "http://", ""}), Fault::invalid);
  EXPECT_EQ(fault({"", "", "/nonexistent/http.sock"}), Fault::unavailable);
}

TEST(HttpListenersTest, SaysThatALeftSocketIsSomebodyElses) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  const std::string path = folder / "http.sock";
  const auto ours = HttpListeners::open({"", "", path}, 1);
  ASSERT_TRUE(ours) << ours.error().text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const AsNobody nobody;
  const auto second = HttpListeners::open({"", "", path}, 1);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text.find("remove the file"), std::string::npos) << second.error().text;
}

TEST(HttpListenersTest, ListensOnAUnixSocket) {
  const TemporaryFolder folder;
  const std::string path = folder / "http.sock";
  Echo handler;
  {
    auto listeners = HttpListeners::open({"", "", path}, 2);
    ASSERT_TRUE(listeners) << listeners.error().text;
    HttpServer server(*listeners, handler, {});
    EXPECT_FALSE(HttpListeners::open({"", "", path}, 1)) << "somebody listens";
    const Line line(path);
    line.say("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(status_of(line.hear()), "HTTP/1.1 200 OK");
  }
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "gone with its owner";
  close(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
  EXPECT_FALSE(HttpListeners::open({"", "", path}, 1)) << "a file that is no socket stays";
}

}  // namespace
}  // namespace smtpapi
