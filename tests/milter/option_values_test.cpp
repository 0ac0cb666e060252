#include "milter/option_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

TEST(OptionValuesTest, ReadsSizes) {
  const struct {
    const char* text;
    std::size_t want;
  } cases[] = {
      {"0", 0},
      {"1", 1},
      {"31457280", 31457280},
      {"30M", 31457280},
      {"8k", 8192},
      {"8K", 8192},
      {"2G", 2ull << 30},
      {"007", 7},
      {"30m", 30u << 20},
      {"9223372036854775807", 9223372036854775807ull},
  };
  for (const auto& c : cases) {
    const auto value = read_bytes(c.text);
    ASSERT_TRUE(value) << c.text;
    EXPECT_EQ(*value, c.want) << c.text;
  }
}

TEST(OptionValuesTest, RefusesWhatIsNoSize) {
  for (const char* text : {"", " ", "k", "M", "-1", "+1", "1.5M", "1 M", "1MB", "1T", "0x10", "1e6",
                           "ten", "1,000", "9223372036854775808", "18446744073709551616",
                           "99999999999999999999999", "8796093022208M", "10kk"})
    EXPECT_FALSE(read_bytes(text)) << text;
}

TEST(OptionValuesTest, ReadsTimes) {
  const struct {
    const char* text;
    seconds want;
  } cases[] = {
      {"0", seconds(0)},      {"90", seconds(90)},   {"90s", seconds(90)},
      {"15m", seconds(900)},  {"2h", seconds(7200)}, {"366d", seconds(366 * 86400)},
      {"1D", seconds(86400)},
  };
  for (const auto& c : cases) {
    const auto value = read_duration(c.text);
    ASSERT_TRUE(value) << c.text;
    EXPECT_EQ(*value, c.want) << c.text;
  }
}

TEST(OptionValuesTest, RefusesWhatIsNoTime) {
  for (const char* text : {"", "d", "-5", "1w", "1y", "5 m", "1h30m", "1.5h", "soon",
                           "99999999999999999999", "400000d"})
    EXPECT_FALSE(read_duration(text)) << text;
}

TEST(OptionValuesTest, ReadsCountsAndDecisions) {
  EXPECT_EQ(*read_count("10000"), 10000u);
  for (const char* text : {"", "10k", "-1", "1e3", " 1", "18446744073709551616"})
    EXPECT_FALSE(read_count(text)) << text;
  for (const char* text : {"yes", "Yes", "true", "on", "1"})
    EXPECT_TRUE(*read_yes_no(text)) << text;
  for (const char* text : {"no", "NO", "false", "off", "0"})
    EXPECT_FALSE(*read_yes_no(text)) << text;
  for (const char* text : {"", "y", "n", "2", "yes please"})
    EXPECT_FALSE(read_yes_no(text)) << text;
}

TEST(OptionValuesTest, ReadsNetworks) {
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"127.0.0.0/8", "127.0.0.0/8"},
      {"10.1.2.3", "10.1.2.3/32"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"192.168.4.0/22", "192.168.4.0/22"},
      {"::1", "::1/128"},
      {"[::1]/128", "::1/128"},
      {"[2001:db8::]/32", "2001:db8::/32"},
      {"2001:DB8:0::/48", "2001:db8::/48"},
      {"::/0", "::/0"},
  };
  for (const auto& c : cases) {
    const auto value = read_network(c.text);
    ASSERT_TRUE(value) << c.text << ": " << value.error().text;
    EXPECT_EQ(*value, c.want) << c.text;
  }
}

TEST(OptionValuesTest, RefusesWhatIsNoNetwork) {
  for (const char* text :
       {"", "/", "/8", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
        "10.0.0/8", "10/8", "010.0.0.1", "10.0.0.0/255.0.0.0", "::1/129", "::g", "[::1/128",
        "127.0.0.1:25", "1.2.3.4.5", "10.0.0.0/ 8"})
    EXPECT_FALSE(read_network(text)) << text;
}

TEST(OptionValuesTest, RefusesBitsBehindThePrefixAndNamesTheNetwork) {
  EXPECT_THAT(read_network("10.1.2.3/8").error().text, HasSubstr("did you mean '10.0.0.0/8'?"));
  EXPECT_THAT(read_network("2001:db8::1/32").error().text, HasSubstr("'2001:db8::/32'"));
}

TEST(OptionValuesTest, ReadsPlaces) {
  for (const char* text : {"127.0.0.1:10026", "localhost:25", "mx-1.example.com:65535",
                           "[::1]:10026", "unix:/var/spool/postfix/public/in"})
    EXPECT_TRUE(read_endpoint(text)) << text;
  for (const char* text : {"", "25", ":25", "localhost", "localhost:", "localhost:0",
                           "localhost:65536", "localhost:smtp", "::1:25", "unix:", "unix:/",
                           "unix:relative", "/path", "a b:25", "inet:25@localhost", "[]:25"})
    EXPECT_FALSE(read_endpoint(text)) << text;
}

TEST(OptionValuesTest, ReadsReturnPaths) {
  EXPECT_EQ(*read_return_path("bounces@bounce.example.com"), "bounces@bounce.example.com");
  EXPECT_TRUE(read_return_path("fifteen-octets-@b.example.com"));
  for (const char* bad : {"", "bounces", "@b.example.com", "bounces@", "two words@b.example.com",
                          "sixteen-octets--@b.example.com", "<bounces@b.example.com>"})
    EXPECT_FALSE(read_return_path(bad)) << bad;
}

TEST(OptionValuesTest, ReadsPools) {
  const auto pool = read_pool("a=127.0.0.1:10031");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->first, "a");
  EXPECT_EQ(pool->second, "127.0.0.1:10031");
  for (const char* text : {"", "a", "=127.0.0.1:1", "a=", "a=b", "a:127.0.0.1:1"})
    EXPECT_FALSE(read_pool(text)) << text;
}

TEST(OptionValuesTest, ReadsMilterSockets) {
  for (const char* text : {"unix:/run/smtpapi/milter.sock", "local:/tmp/x", "/tmp/x", "inet:8895",
                           "inet:8895@127.0.0.1", "inet6:8895@[::1]", "inet6:8895@::1"})
    EXPECT_TRUE(read_milter_socket(text)) << text;
  for (const char* text : {"", "unix:", "unix:x", "unix:/", "inet:", "inet:@127.0.0.1", "inet:0",
                           "inet:70000@localhost", "inet:8895@", "tcp:8895", "8895"})
    EXPECT_FALSE(read_milter_socket(text)) << text;
  // LM-10: the two MTAs write it differently, and people copy from main.cf.
  EXPECT_THAT(read_milter_socket("inet:127.0.0.1:8895").error().text,
              HasSubstr("did you mean 'inet:8895@127.0.0.1'?"));
}

TEST(OptionValuesTest, ReadsNamesAndUrls) {
  for (const char* text : {"mx.example.com", "localhost", "a-b.1"})
    EXPECT_TRUE(read_hostname(text)) << text;
  for (const char* text :
       {"", ".", "a..b", "-a", "a.", "a b", "a_b", "m\xC3\xBCller.example", "a\r"})
    EXPECT_FALSE(read_hostname(text)) << text;
  for (const char* text : {"sqlite:///var/lib/x.db", "postgresql://host/db"})
    EXPECT_TRUE(read_store_url(text)) << text;
  for (const char* text :
       {"", "sqlite://", "sqlite:///", "sqlite://x.db", "mysql://x", "/var/x.db"})
    EXPECT_FALSE(read_store_url(text)) << text;
  for (const char* text : {"https://links.example.com", "HTTP://localhost:8025/x"})
    EXPECT_EQ(*read_base_url(text), text);
  EXPECT_EQ(*read_base_url("https://links.example.com/m//"), "https://links.example.com/m");
  for (const char* text : {"", "https://", "https:///", "https:///x", "links.example.com",
                           "ftp://x", "https://a b", "https://a?b=c", "https://a#b", "https://a/\"",
                           "https://a/&amp;", "https://a\r\nb", "https://m\xC3\xBCller.example"})
    EXPECT_FALSE(read_base_url(text)) << text;
}

}  // namespace
}  // namespace smtpapi
