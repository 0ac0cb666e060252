#include "job/hits.h"

#include <gtest/gtest.h>

#include "job/machine_signs.h"

namespace smtpapi {
namespace {

using std::chrono::milliseconds;
constexpr const char* browser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
constexpr const char* burst = "several links within a second";
constexpr const char* trapped = "followed a hidden link";

Hit hit_of(LinkKind kind, std::size_t place, std::string client = "192.0.2.1",
           std::size_t index = 0) {
  Hit out;
  out.link.kind = kind;
  out.link.submission_id = "SGVsbG8sIHdvcmxkISAxMg";
  out.link.index = index;
  out.link.recipient = "ann@example.org";
  out.link.url = "https://example.com/";
  out.link.place = place;
  out.time = from_unix(1'800'000'000);
  out.client = std::move(client);
  out.user_agent = browser;
  return out;
}
Hit click(std::size_t place, std::string client = "192.0.2.1", std::size_t index = 0) {
  return hit_of(LinkKind::click, place, std::move(client), index);
}

std::vector<std::string> verdicts(Hits& hits) {
  std::vector<std::string> out;
  for (const Event& event : hits.take(milliseconds(1'000'000'000), 1'000)) {
    out.push_back(event.machine);
  }
  return out;
}
using Verdicts = std::vector<std::string>;

TEST(HitsTest, HoldsEachFor2Seconds) {
  Hits hits(1 << 20);
  hits.add(click(3), milliseconds(5'000));
  EXPECT_EQ(hits.next(), milliseconds(7'000));
  EXPECT_TRUE(hits.take(milliseconds(6'999), 10).empty());
  const auto events = hits.take(milliseconds(7'000), 10);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::click);
  EXPECT_EQ(events[0].url, "https://example.com/");
  EXPECT_EQ(events[0].link, 3u);
  EXPECT_EQ(events[0].ip, "192.0.2.1");
  EXPECT_EQ(events[0].useragent, browser);
  EXPECT_EQ(events[0].recipient, "ann@example.org");
  EXPECT_EQ(events[0].machine, "");
  EXPECT_TRUE(hits.empty());
}

TEST(HitsTest, TwoClicksOfOneLinkAreTwoEvents) {
  Hits hits(1 << 20);
  hits.add(click(0), milliseconds(0));
  hits.add(click(0), milliseconds(100));
  const auto events = hits.take(milliseconds(9'000), 10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].id, events[1].id) << "EVT-13";
  EXPECT_EQ(events[0].machine + events[1].machine, "") << "a double click";
}

TEST(HitsTest, AnOpenHasNoUrl) {
  Hits hits(1 << 20);
  hits.add(hit_of(LinkKind::open, 0), milliseconds(0));
  const auto events = hits.take(milliseconds(2'000), 10);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::open);
  EXPECT_EQ(events[0].url, "");
  EXPECT_FALSE(events[0].link);
}

TEST(HitsTest, SeveralLinksWithinASecondAreAMachines) {
  Hits hits(1 << 20);
  for (const std::size_t place : {0, 1, 2}) hits.add(click(place), milliseconds(place * 400));
  EXPECT_EQ(verdicts(hits), (Verdicts{burst, burst, burst}));

  hits.add(click(0), milliseconds(0));
  hits.add(click(1), milliseconds(1'001));
  EXPECT_EQ(verdicts(hits), (Verdicts{"", ""})) << "a person takes longer";

  hits.add(click(0), milliseconds(0));
  hits.add(click(1, "192.0.2.1", 1), milliseconds(1));
  EXPECT_EQ(verdicts(hits), (Verdicts{"", ""})) << "two copies";

  hits.add(click(0), milliseconds(0));
  hits.add(click(1, "198.51.100.1"), milliseconds(1));
  EXPECT_EQ(verdicts(hits), (Verdicts{burst, burst})) << "a scanner has many addresses";

  hits.add(hit_of(LinkKind::open, 0), milliseconds(0));
  hits.add(click(0), milliseconds(10));
  EXPECT_EQ(verdicts(hits), (Verdicts{"", ""})) << "opened and clicked";

  hits.add(hit_of(LinkKind::open, 0), milliseconds(0));
  hits.add(hit_of(LinkKind::open, 0, "198.51.100.1"), milliseconds(0));
  hits.add(click(0), milliseconds(10));
  hits.add(click(1), milliseconds(20));
  EXPECT_EQ(verdicts(hits), (Verdicts{burst, "", burst, burst})) << "the machine opened it too";
}

TEST(HitsTest, TheTrapMarksCopyAndAddress) {
  Hits hits(1 << 20);
  hits.add(click(0), milliseconds(0));
  hits.add(click(0, "198.51.100.1"), milliseconds(0));
  hits.add(hit_of(LinkKind::trap, 0), milliseconds(100));
  hits.add(click(0), milliseconds(500'000));
  hits.add(click(0, "192.0.2.1", 1), milliseconds(500'000));
  hits.add(click(0), milliseconds(600'100));
  EXPECT_EQ(verdicts(hits), (Verdicts{trapped, "", trapped, "", ""}));
}

TEST(HitsTest, IsBounded) {
  Hits hits(10'000);
  for (int i = 0; i < 1'000; ++i) hits.add(click(0, "192.0.2.1", i % 7), milliseconds(i));
  const std::size_t left = hits.take(milliseconds(1'000'000), 10'000).size();
  EXPECT_LT(left, 30u);
  EXPECT_GT(left, 5u);
  EXPECT_EQ(hits.dropped(), 1'000 - left) << "counted";
  EXPECT_EQ(hits.dropped(), 0u);
}

TEST(HitsTest, ALinkOnEverybodysLipsCostsNoMore) {
  Hits hits(64 << 20);
  for (int i = 0; i < 100'000; ++i) hits.add(click(0, "192.0.2.1"), milliseconds(i / 100));
  EXPECT_EQ(hits.take(milliseconds(10'000), 200'000).size(), 100'000u)
      << "quadratic, this would take minutes";
}

TEST(MachineSignsTest, KnowsProgramsAndProxies) {
  const struct {
    const char* agent;
    const char* address;
    const char* want;
  } cases[] = {
      {browser, "192.0.2.1", ""},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
       "Gecko) Mobile/15E148",
       "192.0.2.1", ""},
      {"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft "
       "Outlook 16.0.5134; ms-office; MSOffice 16)",
       "192.0.2.1", ""},
      {browser, "junk", ""},
      {"Mozilla/5.0", "192.0.2.1", "mail proxy: Apple Mail Privacy Protection"},
      {"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
       "GoogleImageProxy)",
       "66.249.93.1", "mail proxy: GoogleImageProxy"},
      {"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "192.0.2.1",
       "mail proxy: YahooMailProxy"},
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "192.0.2.1",
       "robot: bot/"},
      {"CURL/8.0", "192.0.2.1", "program: curl/"},
      {"python-requests/2.28", "192.0.2.1", "program: python"},
      {"", "192.0.2.1", "program: no User-Agent"},
      {"  ", "192.0.2.1", "program: no User-Agent"},
      {browser, "64.235.150.7", "scanner: Barracuda"},
      {browser, "17.1.2.3", "mail proxy: Apple"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(machine_sign(c.agent, c.address), c.want) << c.agent << ' ' << c.address;
  }
  EXPECT_EQ(prefetch_sign("Prefetch;prerender"), "prefetch");
  EXPECT_EQ(prefetch_sign("preview"), "prefetch");
  EXPECT_EQ(prefetch_sign(""), "");
  EXPECT_EQ(prefetch_sign("navigate"), "");
}

}  // namespace
}  // namespace smtpapi
