#include "job/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/open_store.h"
#include "support/fake_poster.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const Time noon = from_unix(1'700'000'000);

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() : store(*open_store("sqlite://" + folder / "store.db", StoreAccess::create)) {
    settings.hostname = "mx1.example.org";
    webhook.url = "https://example.org/events";
    webhook.kinds = kind_bit(EventKind::open) | kind_bit(EventKind::bounce);
    webhook.id = *store->add_webhook(webhook);
  }
  /// Result: the number of the last one.
  std::int64_t record(std::size_t count, Time time = noon, EventKind kind = EventKind::open,
                      std::string useragent = "") {
    std::vector<Event> events(count);
    for (Event& event : events) {
      event.kind = kind;
      event.time = time;
      event.submission_id = "3kX0aQm9T1uYvZbC5dEfGw";
      event.recipient = "ann@example.org";
      event.useragent = useragent;
      event.id = "id" + std::to_string(++recorded);
    }
    EXPECT_TRUE(store->record(events));
    return store->event_numbers({}, {})->last;
  }
  void told_up_to(std::int64_t last) {
    ASSERT_TRUE(store->pass_over(webhook.id, last));
    webhook = store->webhooks()->at(0);
  }
  std::size_t replayed(Time since) {
    const auto events = replay(webhook, since, settings, *store, noon + 1h);
    EXPECT_TRUE(events) << events.error().text;
    return events ? *events : 999;
  }
  /// Numbers of the events of each batch that waits.
  std::vector<std::string> waiting() {
    std::vector<std::string> out;
    const auto batches = store->due_batches(webhook.id, noon + 1h, 1000);
    for (const WebhookBatch& batch : *batches)
      out.push_back(std::to_string(batch.first_event) + "-" + std::to_string(batch.last_event) +
                    " " + std::to_string(batch.events));
    return out;
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  WebhookSettings settings;
  Webhook webhook;
  int recorded = 0;
};

TEST_F(ReplayTest, WhatWasToldSinceThenAndIsOfItsKinds) {
  record(2, noon - 1s);
  record(3);
  record(2, noon, EventKind::click);
  record(1, noon + 1s, EventKind::bounce);
  told_up_to(record(1, noon + 2s, EventKind::click));
  record(4);
  EXPECT_EQ(replayed(noon), 4u);
  EXPECT_THAT(waiting(), ElementsAre("3-8 4")) << "what is not told yet is not repeated";
  EXPECT_EQ(replayed(noon + 2s), 0u) << "of these kinds there is none";
  EXPECT_EQ(replayed(noon + 3s), 0u) << "nothing at all";
  EXPECT_THAT(waiting(), SizeIs(1));
}

TEST_F(ReplayTest, WantsNothingToldToNobody) {
  webhook.kinds = 0;
  ASSERT_TRUE(store->change_webhook(webhook));
  told_up_to(record(3));
  EXPECT_EQ(replayed(noon), 0u);
}

TEST_F(ReplayTest, BatchesHaveTheSizeOfOthers) {  // EVT-4
  record(1200);
  record(1, noon, EventKind::open, std::string(5'000, 'x'));
  told_up_to(record(1));
  settings.batch_bytes = 3'000;
  EXPECT_EQ(replayed(noon), 1202u);
  const auto batches = waiting();
  EXPECT_THAT(batches[batches.size() - 2], "1201-1201 1") << "too large for any: alone";
  EXPECT_THAT(batches.back(), "1202-1202 1");

  FakePoster poster;
  EventContexts contexts(*store);
  WebhookSender sender(webhook, *store, contexts, poster, settings);
  for (Time next = noon + 1h; next == noon + 1h;) next = *sender.step(noon + 1h);
  ASSERT_EQ(poster.posts.size(), batches.size());
  std::size_t at = 0;
  for (const Posted& post : poster.posts) {
    EXPECT_EQ(post.field("X-Smtpapi-Sequence"), std::to_string(++at));
    const bool is_large_one = at + 1 == batches.size();
    EXPECT_EQ(post.body.size() <= 3'000, !is_large_one);
    if (at + 2 < batches.size()) {
      EXPECT_GT(post.body.size(), 2'500u) << "no smaller than need be";
    }
  }
  EXPECT_THAT(poster.posts[0].body, HasSubstr("\"id1\""));
  EXPECT_THAT(poster.posts[0].body, Not(HasSubstr("\"id1202\"")));
  EXPECT_THAT(poster.posts.back().body, HasSubstr("\"id1202\""));
}

}  // namespace
}  // namespace smtpapi
