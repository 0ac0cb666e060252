#include "milter/ctl/postfix_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(PostfixConfigTest, ReadsServices) {
  const PostfixConfig config = PostconfTexts().config();
  const PostfixService* listener = config.find("127.0.0.1:10026", "inet");
  ASSERT_TRUE(listener);
  EXPECT_TRUE(listener->is_chrooted);
  EXPECT_FALSE(listener->is_private);
  EXPECT_EQ(listener->process_limit, "20");
  EXPECT_EQ(config.get(*listener, "local_header_rewrite_clients"), "") << "overridden with nothing";
  EXPECT_EQ(config.get("local_header_rewrite_clients"), "permit_inet_interfaces");
  EXPECT_EQ(config.get(*listener, "message_size_limit"), "31457280");
  ASSERT_TRUE(config.cleanup_of(*listener));
  EXPECT_EQ(config.cleanup_of(*listener)->name, "cleanup-smtpapi");
  EXPECT_EQ(config.find("smtpapi", "unix")->program, "pipe");
  EXPECT_FALSE(config.find("smtpapi", "unix")->is_chrooted);
  EXPECT_FALSE(config.find("smtpapi", "inet"));
}

TEST(PostfixConfigTest, ADashIsTheDefaultOfTheLevel) {  // master(5)
  const std::string service = "smtp inet n - - - - smtpd\n";
  EXPECT_FALSE(
      parse_postfix_config("compatibility_level = 3.6", service, "").services.front().is_chrooted);
  EXPECT_TRUE(
      parse_postfix_config("compatibility_level = 0", service, "").services.front().is_chrooted);
}

TEST(PostfixConfigTest, NonsenseIsPassedOver) {
  const PostfixConfig config =
      parse_postfix_config("no equals\n\n= nameless\na = b = c", "smtp inet n\n\n",
                           "x/y = 1\nsmtp/inet/a\nsmtp/inet/a/b = 2\n");
  EXPECT_EQ(config.get("a"), "b = c");
  EXPECT_TRUE(config.services.empty());
}

TEST(PostfixConfigTest, CutsListsOfMilters) {
  const struct {
    const char* why;
    const char* value;
    std::vector<std::string> endpoints;
    std::vector<std::string> texts;
  } cases[] = {
      {"plain",
       "unix:/a, inet:localhost:1  unix:/b",
       {"unix:/a", "inet:localhost:1", "unix:/b"},
       {"unix:/a", "inet:localhost:1", "unix:/b"}},
      {"braces",
       "{ unix:/a, default_action = accept } unix:/b",
       {"unix:/a", "unix:/b"},
       {"{unix:/a,default_action=accept}", "unix:/b"}},
      {"tight braces",
       "{unix:/a,protocol=6},{inet:h:1}",
       {"unix:/a", "inet:h:1"},
       {"{unix:/a,protocol=6}", "{inet:h:1}"}},
      {"unclosed", "{ unix:/a", {"unix:/a"}, {"{unix:/a}"}},
      {"empty braces", "{ } unix:/a", {"unix:/a"}, {"unix:/a"}},
      {"empty", "", {}, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<std::string> endpoints, texts;
    for (const PostfixMilter& milter : parse_milters(c.value)) {
      endpoints.push_back(milter.endpoint);
      texts.push_back(milter.text);
    }
    EXPECT_EQ(endpoints, c.endpoints);
    EXPECT_EQ(texts, c.texts);
  }
  EXPECT_THAT(parse_milters("{ unix:/a, default_action = accept, protocol=6 }")[0].attributes,
              ElementsAre(Pair("default_action", "accept"), Pair("protocol", "6")));
}

TEST(PostfixConfigTest, CutsListsOfTables) {
  EXPECT_THAT(parse_tables("regexp:/a, pcre:/b\tinline:{ {/x:/ IGNORE}, y } static:z word"),
              ElementsAre("regexp:/a", "pcre:/b", "inline:{ {/x:/ IGNORE}, y }", "static:z"));
}

TEST(MilterAddressTest, AChrootMovesThePath) {  // PF-5
  const std::string_view queue = "/var/spool/postfix";
  const struct {
    const char* endpoint;
    bool is_chrooted;
    const char* want;
  } cases[] = {
      {"unix:/smtpapi/milter.sock", true, "unix:/var/spool/postfix/smtpapi/milter.sock"},
      {"unix:/smtpapi/milter.sock", false, "unix:/smtpapi/milter.sock"},
      {"unix:smtpapi/milter.sock", false, "unix:/var/spool/postfix/smtpapi/milter.sock"},
      {"unix:smtpapi/milter.sock", true, "unix:/var/spool/postfix/smtpapi/milter.sock"},
      {"unix:/run//smtpapi/../smtpapi/m", false, "unix:/run/smtpapi/m"},
      {"inet:127.0.0.1:8891", true, "inet:8891@127.0.0.1"},
      {"inet:[::1]:8891", true, "inet:8891@::1"},
      {"inet:8891", false, "inet:8891@localhost"},
  };
  for (const auto& c : cases) {
    const auto address = postfix_milter_address(c.endpoint, c.is_chrooted, queue);
    ASSERT_TRUE(address) << c.endpoint;
    EXPECT_EQ(text(*address), c.want);
  }
  for (const char* wrong : {"", "unix:", "inet:", "inet:host:", "/path", "tcp:h:1"})
    EXPECT_FALSE(postfix_milter_address(wrong, true, queue)) << wrong;
}

TEST(MilterAddressTest, LibmilterWritesItTheOtherWayRound) {  // LM-10
  const struct {
    const char* socket;
    const char* postfix;
  } cases[] = {
      {"inet:8891@127.0.0.1", "inet:127.0.0.1:8891"},
      {"inet6:8891@[::1]", "inet:[::1]:8891"},
      {"inet:8891", "inet:127.0.0.1:8891"},
      {"local:/run/m.sock", "unix:/run/m.sock"},
      {"/run/m.sock", "unix:/run/m.sock"},
  };
  for (const auto& c : cases) {
    const auto address = libmilter_address(c.socket);
    ASSERT_TRUE(address) << c.socket;
    EXPECT_EQ(as_postfix_writes(*address, false, "/q"), c.postfix);
  }
  EXPECT_EQ(as_postfix_writes({"/q/s/m", "", ""}, true, "/q"), "unix:/s/m");
  EXPECT_EQ(as_postfix_writes({"/run/m", "", ""}, true, "/q"), "") << "not seen from the chroot";
  EXPECT_FALSE(libmilter_address("unix:"));
  EXPECT_FALSE(libmilter_address("nonsense"));
}

TEST(MilterAddressTest, SamePlace) {
  const struct {
    MilterAddress a, b;
    bool want;
  } cases[] = {
      {{"/a", "", ""}, {"/a", "", ""}, true},
      {{"/a", "", ""}, {"/b", "", ""}, false},
      {{"/a", "", ""}, {"", "localhost", "1"}, false},
      {{"", "127.0.0.1", "1"}, {"", "localhost", "1"}, true},
      {{"", "127.0.0.1", "1"}, {"", "127.0.0.1", "2"}, false},
      {{"", "192.0.2.1", "1"}, {"", "", "1"}, true},
      {{"", "192.0.2.1", "1"}, {"", "127.0.0.1", "1"}, false},
      {{"", "192.0.2.1", "1"}, {"", "0.0.0.0", "1"}, true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(is_same_place(c.a, c.b), c.want) << text(c.a) << " " << text(c.b);
}

}  // namespace
}  // namespace smtpapi::ctl
