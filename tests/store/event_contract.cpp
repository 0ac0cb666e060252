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
      {"one of several kinds", {.kinds = {EventKind::click, EventKind::bounce}}, 2},
      {"below a number", {.below = 3}, 2},
      {"an unknown queue ID", {.queue_id = "4XyZ12"}, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(*store->events(c.query), SizeIs(c.want));
  }
  const auto first = store->events({.limit = 2});
  EXPECT_THAT(*store->events({.after = first->back().number}), SizeIs(1));
}

TEST_P(StoreContract, FindsTheNewestEventsFirst) {
  std::vector<Event> events;
  for (int i = 0; i < 5; ++i)
    events.push_back(an_event(EventKind::open, "a@example.org", std::to_string(i)));
  ASSERT_TRUE(store->record(events));
  const auto page = store->events({.limit = 2, .newest_first = true});
  ASSERT_THAT(*page, SizeIs(2));
  EXPECT_EQ((*page)[0].event.id, events[4].id);
  EXPECT_EQ((*page)[1].event.id, events[3].id);
  const auto before =
      store->events({.limit = 9, .below = page->back().number, .newest_first = true});
  ASSERT_THAT(*before, SizeIs(3));
  EXPECT_EQ((*before)[0].event.id, events[2].id);
}

TEST_P(StoreContract, FindsEventsByTheQueueIdOfSubmissionOrCopy) {
  const std::string two = hold(2);
  Submission other = a_submission();
  other.queue_id = "4Abc34";
  NewCopy in_place = a_copy("bob@example.org");
  in_place.queue_id = "4Abc34";
  ASSERT_TRUE(store->hold(other, std::vector{in_place}));
  settle(claim(noon, 1), Outcome::Kind::sent, noon);  // as 4Abc34: used again

  Event first = an_event(EventKind::delivered, "user0@example.org", "", two);
  first.index = 0;
  Event second = an_event(EventKind::delivered, "user1@example.org", "2", two);
  second.index = 1;
  Event third = an_event(EventKind::delivered, "bob@example.org", "", other.id);
  third.index = 0;
  ASSERT_TRUE(store->record(std::vector{first, second, third}));
  EXPECT_THAT(*store->events({.queue_id = "4XyZ12"}), SizeIs(2)) << "all of the submission";
  EXPECT_THAT(*store->events({.queue_id = "4Abc34"}), SizeIs(2)) << "of the one copy, and in place";
  EXPECT_THAT(*store->events({.recipient = "user1@example.org", .queue_id = "4Abc34"}), IsEmpty());
  EXPECT_THAT(*store->events({.queue_id = "4abc34"}), IsEmpty()) << "case counts";
}

TEST_P(StoreContract, CountsEvents) {
  const std::string a(22, 'A'), b(22, 'B');
  const auto open = [&](std::size_t index, const std::string& attempt, Time time,
                        const char* machine) {
    Event event = an_event(EventKind::open, "ann@example.org", attempt, a, time);
    event.index = index;
    event.machine = machine;
    return event;
  };
  Event blocked = an_event(EventKind::bounce, "ann@example.org", "", b, noon + seconds(901));
  blocked.bounce_type = "blocked";
  const Time quarter = from_unix(to_unix(noon) / 900 * 900);
  ASSERT_TRUE(store->record(std::vector{open(1, "1", noon, ""), open(1, "2", noon, ""),
                                        open(2, "3", noon + seconds(1), ""),
                                        open(3, "4", noon, "HEAD"), blocked}));
  const auto all = store->event_numbers({}, {});
  EXPECT_EQ(all->last - all->first, 4);
  const auto counts = store->count_events(*all, {}, {});
  ASSERT_THAT(counts->counts, SizeIs(3));
  EXPECT_EQ(counts->counts[0].submission_id, a);
  EXPECT_EQ(counts->counts[0].quarter, quarter);
  EXPECT_EQ(counts->counts[0].count, 3u);
  EXPECT_FALSE(counts->counts[0].is_machine);
  EXPECT_EQ(counts->counts[1].count, 1u);
  EXPECT_TRUE(counts->counts[1].is_machine);
  EXPECT_EQ(counts->counts[2].bounce_type, "blocked");
  EXPECT_EQ(counts->counts[2].quarter, quarter + seconds(900));
  ASSERT_THAT(counts->engaged, SizeIs(2)) << "twice is once, a machine is nobody";
  EXPECT_EQ(counts->engaged[1].index, 2u);
  EXPECT_EQ(counts->engaged[1].first, noon + seconds(1));

  EXPECT_THAT(store->count_events(*all, noon, noon + seconds(1))->counts, SizeIs(2));
  EXPECT_THAT(store->count_events({all->last, all->last}, {}, {})->counts, SizeIs(1));
  EXPECT_EQ(store->event_numbers(noon + seconds(2), {})->first, all->last);
  EXPECT_EQ(store->event_numbers(noon + seconds(9999), {})->last, 0) << "none";
}

TEST_P(StoreContract, TellsHeadersOfSubmissions) {
  Submission submission = a_submission();
  submission.header = "{\"category\":\"\xFF\"}";
  ASSERT_TRUE(store->hold(submission, std::vector{a_copy("ann@example.org")}));
  std::vector<std::string> told;
  const std::vector<std::string> asked = {submission.id, std::string(22, 'Z'), "'"};
  ASSERT_TRUE(store->headers(asked, [&](auto id, Time received, auto header) {
    EXPECT_EQ(id, submission.id);
    EXPECT_EQ(received, noon);
    told.emplace_back(header);
  }));
  EXPECT_THAT(told, testing::ElementsAre(submission.header));
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
