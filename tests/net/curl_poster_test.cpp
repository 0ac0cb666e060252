#include "net/curl_poster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/canned_http_server.h"

namespace smtpapi {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

PosterSettings on_loopback() {
  PosterSettings settings;
  settings.allow_private = true;
  settings.time_out = milliseconds(3'000);
  return settings;
}

PostRequest a_post(std::string url, std::string_view body = "[{}]\r\n") {
  return {std::move(url), {{"Content-Type", "application/json"}}, body};
}

TEST(CurlPosterTest, PostsTheOctets) {
  CannedHttpServer server([](const std::string&) { return "HTTP/1.1 204 \r\n\r\n"; });
  CurlPoster poster(on_loopback());
  using namespace std::string_literals;
  const std::string body = "[\xff\0\r\n]"s;
  const auto answer = poster.post(a_post(server.url("/a?b=c"), body));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 204u);
  ASSERT_THAT(server.requests(), SizeIs(1));
  const std::string request = server.requests()[0];
  EXPECT_THAT(request, HasSubstr("POST /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nUser-Agent: smtpapi-events/"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 6\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("Expect")));
  EXPECT_THAT(request, Not(HasSubstr("Authorization")));
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + body));
}

TEST(CurlPosterTest, AuthenticatesAsTheUrlSays) {  // EVT-6
  CannedHttpServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n"; });
  CurlPoster poster(on_loopback());
  const std::string at = "127.0.0.1:" + std::to_string(server.port());
  ASSERT_TRUE(poster.post(a_post("http://ann:p%40ss@" + at + "/")));
  PostRequest bearer = a_post("http://ann:p%40ss@" + at + "/");
  bearer.fields.emplace_back("Authorization", "Bearer t");
  ASSERT_TRUE(poster.post(bearer));
  ASSERT_TRUE(poster.post(a_post("http://" + at + "/")));
  ASSERT_THAT(server.requests(), SizeIs(3));
  EXPECT_THAT(server.requests()[0], HasSubstr("\r\nAuthorization: Basic YW5uOnBAc3M=\r\n"));
  EXPECT_THAT(server.requests()[1], HasSubstr("\r\nAuthorization: Bearer t\r\n"));
  EXPECT_THAT(server.requests()[1], Not(HasSubstr("Basic")));
  EXPECT_THAT(server.requests()[2], Not(HasSubstr("Authorization"))) << "nothing is left over";
}

TEST(CurlPosterTest, AnAnswerIsAnAnswerWhateverItsStatus) {
  const struct {
    const char* why;
    std::string answer;
    unsigned status;
  } cases[] = {
      {"200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200},
      {"an informational one first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 OK\r\n\r\n", 202},
      {"a redirect is not followed", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
       302},
      {"not with the same method either", "HTTP/1.1 308 X\r\nLocation: /b\r\n\r\n", 308},
      {"401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n", 401},
      {"500", "HTTP/1.1 500 Oops\r\n\r\nsorry", 500},
      {"a body without end is cut",
       "HTTP/1.1 200 OK\r\n\r\n" + std::string((1u << 20) + 100'000, 'x'), 200},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", 200},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    CannedHttpServer server([&](const std::string&) { return c.answer; });
    CurlPoster poster(on_loopback());
    const auto answer = poster.post(a_post(server.url()));
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(answer->status, c.status);
    EXPECT_LE(answer->body.size(), 16'384u);
    EXPECT_THAT(server.requests(), SizeIs(1));
  }
}

TEST(CurlPosterTest, NoAnswerIsAnError) {
  const struct {
    const char* why;
    std::optional<std::string> answer;
  } cases[] = {
      {"hangs", std::nullopt},
      {"closes", ""},
      {"no HTTP", "SSH-2.0-x\r\n"},
      {"hangs up in the body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
      {"HTTP/0.9", "hello"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    CannedHttpServer server([&](const std::string&) { return c.answer; });
    PosterSettings settings = on_loopback();
    settings.time_out = milliseconds(200);
    CurlPoster poster(settings);
    const auto answer = poster.post(a_post(server.url("/secret-path")));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().fault, Fault::unavailable);
    EXPECT_THAT(answer.error().text, Not(HasSubstr("secret-path")));
  }
}

TEST(CurlPosterTest, RefusesPrivateAddresses) {
  CannedHttpServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n"; });
  PosterSettings settings = on_loopback();
  settings.allow_private = false;
  CurlPoster poster(settings);
  const std::string port = std::to_string(server.port());
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]",
                           "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"}) {
    const auto answer = poster.post(a_post(std::string("http://") + host + ":" + port + "/"));
    ASSERT_FALSE(answer) << host;
    EXPECT_THAT(answer.error().text, HasSubstr("private")) << host;
  }
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST(CurlPosterTest, SpeaksNothingButHttp) {
  CurlPoster poster(on_loopback());
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
                          "dict://127.0.0.1/", "", "unix:///x", "//x"})
    EXPECT_FALSE(poster.post(a_post(url))) << url;
}

TEST(CurlPosterTest, RefusesControlsInFields) {
  CannedHttpServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\n"; });
  CurlPoster poster(on_loopback());
  PostRequest request = a_post(server.url());
  request.fields.emplace_back("Authorization", "Bearer a\r\nX: y");
  EXPECT_FALSE(poster.post(request));
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST(CurlPosterTest, IsStoppedFromOutside) {
  std::atomic<bool> stop = false;
  CannedHttpServer server([&](const std::string&) -> std::optional<std::string> {
    stop = true;
    return std::nullopt;
  });
  PosterSettings settings = on_loopback();
  settings.time_out = std::chrono::minutes(1);
  settings.stop = &stop;
  CurlPoster poster(settings);
  const auto answer = poster.post(a_post(server.url()));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text, HasSubstr("ends"));
}

TEST(CurlPosterTest, ChecksUrls) {
  for (const char* url :
       {"https://example.org", "http://u:p@example.org:8080/a?b", "HTTPS://x/", "http://[::1]:1/"})
    EXPECT_TRUE(check_post_url(url)) << url;
  for (const char* url :
       {"", "example.org/x", "ftp://example.org/", "file:///etc/passwd", "https://", "http://a b/",
        "http://a/\r\nX: y", "http://a:99999/", "javascript:alert(1)"}) {
    const Status checked = check_post_url(url);
    EXPECT_FALSE(checked) << url;
  }
  EXPECT_THAT(check_post_url("ftp://user:hunter2@example.org/").error().text,
              Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace smtpapi
