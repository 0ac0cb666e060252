// Store: events.
#include <gmock/gmock.h>

#include <thread>

#include "store_contract.h"

namespace smtpapi {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Event an_event(EventKind kind, std::string recipient, const std::string& attempt,
               std::string submission_id = "AAAAAAAAAAAAAAAAAAAAAA", Time time = noon) {
  Event event;
  event.kind = kind;
  event.time = time;
  event.submission_id = std::move(submission_id);
  event.index = 3;
  event.recipient = std::move(recipient);
  event.id = event_id(kind, attempt, event.submission_id, event.index);
  return event;
}

TEST_P(StoreContract, KeepsEventsAsTheyAre) {
  Event click = an_event(EventKind::click, "Ann@example.org", "1");
  click.ip = "192.0.2.7";
  click.useragent = "Mozilla \xff";
  click.url = "https://example.org/?a=1&b=\xC3\xBC";
  click.link = 0;
  click.link_type = LinkType::text;
  click.group = -4;
  click.machine = "HEAD";
  Event bounce = an_event(EventKind::bounce, "ann@example.org", "");
  bounce.reason = "550 no";
  bounce.response = "r";
  bounce.status = "5.1.1";
  bounce.bounce_type = "bounce";
  bounce.classification = "Invalid Address";
  bounce.attempt = 2;
  bounce.tls = false;
  EXPECT_EQ(*store->record(std::vector{click, bounce}), 2u);
  EXPECT_EQ(*store->record(std::vector{click}), 0u) << "told again";
  EXPECT_EQ(*store->record({}), 0u);
  reopen();
  const auto found = store->events({});
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_LT((*found)[0].number, (*found)[1].number);
  const Event& a = (*found)[0].event;
  EXPECT_EQ(a.id, click.id);
  EXPECT_EQ(a.kind, click.kind);
  EXPECT_EQ(a.time, click.time);
  EXPECT_EQ(a.submission_id, click.submission_id);
  EXPECT_EQ(a.index, 3u);
  EXPECT_EQ(a.recipient, click.recipient);
  EXPECT_EQ(a.ip, click.ip);
  EXPECT_EQ(a.useragent, click.useragent);
  EXPECT_EQ(a.url, click.url);
  EXPECT_EQ(a.link, click.link);
  EXPECT_EQ(a.link_type, click.link_type);
  EXPECT_EQ(a.group, click.group);
  EXPECT_EQ(a.machine, click.machine);
  EXPECT_FALSE(a.tls);
  const Event& b = (*found)[1].event;
  EXPECT_EQ(b.reason, bounce.reason);
  EXPECT_EQ(b.response, bounce.response);
  EXPECT_EQ(b.status, bounce.status);
  EXPECT_EQ(b.bounce_type, bounce.bounce_type);
  EXPECT_EQ(b.classification, bounce.classification);
  EXPECT_EQ(b.attempt, 2);
  EXPECT_EQ(b.tls, false);
  EXPECT_FALSE(b.link);
  EXPECT_FALSE(b.group);
}

TEST_P(StoreContract, FindsEvents) {
  ASSERT_TRUE(store->record(std::vector{
      an_event(EventKind::open, "Ann@example.org", "1"),
      an_event(EventKind::click, "ann@example.org", "1", "BBBBBBBBBBBBBBBBBBBBBB", noon + lease),
      an_event(EventKind::click, "bob@example.org", "2"),
  }));
  const struct {
    const char* why;
    EventQuery query;
    std::size_t want;
  } cases[] = {
      {"all", {}, 3},
      {"a kind", {.kind = EventKind::click}, 2},
      {"a recipient", {.recipient = "ANN@EXAMPLE.ORG"}, 2},
      {"a submission", {.submission_id = "BBBBBBBBBBBBBBBBBBBBBB"}, 1},
      {"no id", {.submission_id = "'"}, 0},
      {"from", {.from = noon + seconds(1)}, 1},
      {"before", {.before = noon + seconds(1)}, 2},
      {"a page", {.limit = 2}, 2},
      {"none", {.kind = EventKind::bounce}, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(*store->events(c.query), SizeIs(c.want));
  }
  const auto first = store->events({.limit = 2});
  EXPECT_THAT(*store->events({.after = first->back().number}), SizeIs(1));
}

TEST_P(StoreContract, RefusesEventsOfNothing) {
  Event event = an_event(EventKind::open, "a@b", "1");
  event.submission_id = "";
  const Event good = an_event(EventKind::open, "a@b", "2");
  EXPECT_FALSE(store->record(std::vector{good, event}));
  EXPECT_THAT(*store->events({}), IsEmpty()) << "all or nothing";
}

/// Who follows the events by their numbers misses none: none appears below one that was seen.
TEST_P(StoreContract, EventsAppearInTheOrderOfTheirNumbers) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      const auto mine = another();
      for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(mine->record(std::vector{
            an_event(EventKind::open, "a@b", std::to_string(w) + "x" + std::to_string(i))}));
    });
  }
  std::size_t seen = 0;
  std::int64_t after = 0;
  while (seen < 150) {
    const auto page = store->events({.limit = 7, .after = after});
    ASSERT_TRUE(page);
    for (const NumberedEvent& event : *page) {
      ASSERT_GT(event.number, after);
      after = event.number;
      ++seen;
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(*store->events({.limit = 1'000}), SizeIs(150));
}

TEST_P(StoreContract, ForgetsOldEvents) {
  std::vector<Event> events;
  for (int i = 0; i < 5; ++i)
    events.push_back(an_event(EventKind::open, "a@b", std::to_string(i), "AAAAAAAAAAAAAAAAAAAAAA",
                              noon + lease * i));
  ASSERT_TRUE(store->record(events));
  EXPECT_TRUE(*store->sweep(noon, noon + lease * 3, 2)) << "more to do";
  EXPECT_THAT(*store->events({}), SizeIs(3));
  EXPECT_FALSE(*store->sweep(noon, noon + lease * 3, 2));
  EXPECT_THAT(*store->events({}), SizeIs(2));
}

}  // namespace
}  // namespace smtpapi
