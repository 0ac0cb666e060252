#include "net/endpoint.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(Endpoint, IsReadAsItIsConfigured) {
  const struct {
    const char* text;
    const char* host;
    const char* port;
    const char* path;
  } cases[] = {
      {"127.0.0.1:10026", "127.0.0.1", "10026", ""},
      {"[::1]:25", "::1", "25", ""},
      {"mail.example.org:65535", "mail.example.org", "65535", ""},
      {"unix:/var/spool/postfix/public/smtpapi-in", "", "", "/var/spool/postfix/public/smtpapi-in"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto read = parse_endpoint(c.text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->host, c.host);
    EXPECT_EQ(read->port, c.port);
    EXPECT_EQ(read->path, c.path);
    EXPECT_EQ(read->text(), c.text);
  }
}

TEST(Endpoint, SaysWhatIsWrong) {
  const std::string long_path = "unix:/" + std::string(107, 'x');
  const struct {
    std::string text;
    const char* want;
  } cases[] = {
      {"", "names no port"},
      {"127.0.0.1", "names no port"},
      {"localhost:", "names no port from 1"},
      {"localhost:smtp", "names no port from 1"},
      {"localhost:0", "names no port from 1"},
      {"localhost:65536", "names no port from 1"},
      {"localhost:-25", "names no port from 1"},
      {"localhost: 25", "names no port from 1"},
      {"::1:25", "without brackets"},
      {"inet:localhost:25", "without brackets"},
      {":25", "names no host"},
      {"[]:25", "names no host"},
      {"[::1:25", "without brackets"},
      {"a b:25", "names no host"},
      {"unix:", "no absolute path"},
      {"unix:relative/path", "no absolute path"},
      {long_path, "too long"},
      {std::string("unix:/a\0b", 9), "NUL"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto read = parse_endpoint(c.text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault, Fault::invalid);
    EXPECT_NE(read.error().text.find(c.want), std::string::npos) << read.error().text;
  }
}

}  // namespace
}  // namespace smtpapi
