#include "job/trust.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(TrustTest, KnowsNetworks) {
  const struct {
    const char* text;
    bool want;
  } cases[] = {
      {"127.0.0.0/8", true},   {"192.0.2.1", true},   {"::1/128", true},  {"2001:db8::/32", true},
      {"0.0.0.0/0", true},     {"", false},           {"/8", false},      {"127.0.0.0/33", false},
      {"127.0.0.0/-1", false}, {"127.0.0/8", false},  {"::1/129", false}, {"localhost", false},
      {"127.0.0.0/8x", false}, {"127.0.0.0/", false},
  };
  for (const auto& c : cases) EXPECT_EQ(is_network(c.text), c.want) << c.text;
}

TEST(TrustTest, ComparesByTheNetworksBits) {
  const struct {
    const char* address;
    const char* network;
    bool want;
  } cases[] = {
      {"127.1.2.3", "127.0.0.0/8", true},
      {"128.0.0.1", "127.0.0.0/8", false},
      {"192.0.2.127", "192.0.2.0/25", true},
      {"192.0.2.128", "192.0.2.0/25", false},
      {"10.9.8.7", "0.0.0.0/0", true},
      {"2001:db8::1", "0.0.0.0/0", false},
      {"::ffff:127.0.0.1", "127.0.0.0/8", true},
      {"2001:db8:1::1", "2001:db8::/32", true},
      {"2001:db9::1", "2001:db8::/32", false},
      {"::1", "::1", true},
      {"::2", "::1", false},
      {"unknown", "0.0.0.0/0", false},
      {"", "::/0", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(is_in_network(c.address, c.network), c.want) << c.address << " in " << c.network;
  }
}

TEST(TrustTest, TrustsByLoginAddressOrService) {  // TR-3
  Trust trust;
  trust.networks = {"127.0.0.0/8", "::1/128"};
  trust.daemon_names = {"ORIGINATING"};
  const auto client = [](const char* address, const char* login, const char* daemon) {
    Client c;
    c.address = address;
    c.login = login;
    c.daemon_name = daemon;
    return c;
  };
  EXPECT_TRUE(trust.trusts(client("127.0.0.1", "", "")));
  EXPECT_TRUE(trust.trusts(client("::1", "", "")));
  EXPECT_TRUE(trust.trusts(client("192.0.2.1", "ann", "")));
  EXPECT_TRUE(trust.trusts(client("192.0.2.1", "", "ORIGINATING")));
  EXPECT_FALSE(trust.trusts(client("192.0.2.1", "", "smtpd")));
  EXPECT_FALSE(trust.trusts(client("", "", ""))) << "no address known";
  trust.authenticated = false;
  EXPECT_FALSE(trust.trusts(client("192.0.2.1", "ann", "")));
}

}  // namespace
}  // namespace smtpapi
