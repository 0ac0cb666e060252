#include "net/http_message.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using namespace std::string_literals;

TEST(HttpMessageTest, WritesAnAnswer) {
  HttpResponse response;
  response.status = 302;
  response.fields = {{"Location", "https://example.com/\xC3\xA4?a=b&c"}};
  EXPECT_EQ(http_octets(response, {.date = "D"}),
            "HTTP/1.1 302 Found\r\nServer: smtpapi-track\r\nDate: D\r\nLocation: "
            "https://example.com/\xC3\xA4?a=b&c\r\nContent-Length: 0\r\n\r\n");
  response = {.status = 200, .fields = {}, .body = "body"};
  EXPECT_EQ(http_octets(response, {.keep_alive = false, .is_head = true, .date = "D"}),
            "HTTP/1.1 200 OK\r\nServer: smtpapi-track\r\nDate: D\r\nContent-Length: 4\r\n"
            "Connection: close\r\n\r\n")
      << "HEAD: measured, not sent";
  EXPECT_NE(http_octets(response, {.http_1_0 = true, .date = "D"}).find("Connection: keep-alive"),
            std::string::npos);
}

TEST(HttpMessageTest, NoFieldCanBeginAnother) {
  const struct {
    const char* why;
    std::string name, value;
  } cases[] = {
      {"LIB-24: CR LF in a value", "Location", "https://x/\r\nSet-Cookie: a=b"},
      {"a bare LF", "Location", "https://x/\nSet-Cookie: a=b"},
      {"a bare CR", "Location", "https://x/\rSet-Cookie: a=b"},
      {"NUL", "Location", "https://x/\0Set-Cookie"s},
      {"DEL", "Location", "https://x/\x7FSet-Cookie"},
      {"a name with CR LF", "Location\r\nSet-Cookie", "x"},
      {"a name with a colon", "Set-Cookie: a", "x"},
      {"no name", "", "Set-Cookie"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    HttpResponse response;
    response.fields = {{"X-First", "1"}, {c.name, c.value}};
    const std::string octets = http_octets(response, {.date = "D"});
    EXPECT_TRUE(octets.starts_with("HTTP/1.1 500 ")) << octets;
    EXPECT_EQ(octets.find("Set-Cookie"), std::string::npos) << octets;
  }
}

TEST(HttpMessageTest, WritesDates) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(HttpMessageTest, CutsTargets) {
  const struct {
    const char* target;
    const char* path;
    const char* query;
  } good[] = {
      {"/", "/", ""},
      {"/a/b?c=d", "/a/b", "c=d"},
      {"/a%2Fb?c=%41", "/a/b", "c=%41"},
      {"/a+b", "/a+b", ""},
      {"/a?b?c", "/a", "b?c"},
      {"/a?b#c", "/a", "b"},
      {"http://host/a?b", "/a", "b"},
      {"HTTPS://host:1/a", "/a", ""},
      {"/..a/b..", "/..a/b..", ""},
      {"/%2541", "/%41", ""},
  };
  for (const auto& c : good) {
    const auto target = parse_target(c.target);
    ASSERT_TRUE(target) << c.target;
    EXPECT_EQ(target->path, c.path) << c.target;
    EXPECT_EQ(target->query, c.query) << c.target;
  }
  for (const char* bad :
       {"", "*", "a", "host:80", "http://host", "http://host?a", "ftp://host/a", "/%", "/%4",
        "/%zz", "/%00", "/%0d%0a", "/..", "/a/../b", "/%2e%2e/a", "/a/..%2fb", "/\x01"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

}  // namespace
}  // namespace smtpapi
