#include "job/tracking_client.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(TrackingClientTest, BelievesOnlyProxies) {
  const std::vector<std::string> proxies = {"127.0.0.0/8", "::1/128", "10.0.0.0/8"};
  const struct {
    const char* why;
    const char* peer;
    const char* forwarded;
    const char* want;
  } cases[] = {
      {"nothing between", "192.0.2.1", "", "192.0.2.1"},
      {"a stranger claims", "192.0.2.1", "198.51.100.1", "192.0.2.1"},
      {"a proxy tells", "127.0.0.1", "198.51.100.1", "198.51.100.1"},
      {"through a UNIX socket", "", "198.51.100.1", "198.51.100.1"},
      {"the rightmost that is no proxy", "127.0.0.1", "1.1.1.1, 198.51.100.1, 10.1.2.3",
       "198.51.100.1"},
      {"only proxies", "127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"},
      {"a proxy that tells nothing", "127.0.0.1", "", "127.0.0.1"},
      {"IPv6", "::1", "2001:db8::1", "2001:db8::1"},
      {"IPv6 in brackets, with a port", "::1", "[2001:db8::1]:4711", "2001:db8::1"},
      {"IPv4 with a port", "127.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
      {"IPv4 by IPv6", "::ffff:127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"},
      {"peer IPv4 by IPv6", "::ffff:192.0.2.1", "", "192.0.2.1"},
      {"junk", "127.0.0.1", "unknown", "127.0.0.1"},
      {"junk left of an address", "127.0.0.1", "junk\", 198.51.100.1", "198.51.100.1"},
      {"junk right of an address", "127.0.0.1", "198.51.100.1, <script>", "127.0.0.1"},
      {"a network is no address", "127.0.0.1", "198.51.100.0/24", "127.0.0.1"},
      {"commas", "127.0.0.1", ",,,", "127.0.0.1"},
      {"an open bracket", "127.0.0.1", "[2001:db8::1", "127.0.0.1"},
      {"nobody", "", "", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(client_address(c.peer, c.forwarded, proxies), c.want) << c.why;
  }
}

}  // namespace
}  // namespace smtpapi
