// Store: endpoints of the event webhook and their batches.
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t no_limit = 100'000;

Webhook a_webhook(std::string url = "https://example.org/events") {
  Webhook webhook;
  webhook.name = "shop";
  webhook.url = std::move(url);
  webhook.created = webhook.updated = noon;
  return webhook;
}

/// Short words for what the tests do again and again.
struct Hooks {
  /// Records `count` events of `kind`; the number of the last.
  std::int64_t record(std::size_t count, EventKind kind = EventKind::open, Time time = noon) {
    std::vector<Event> events;
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      event.kind = kind;
      event.time = time;
      event.submission_id = "AAAAAAAAAAAAAAAAAAAAAA";
      event.recipient = "ann@example.org";
      event.id = event_id(kind, std::to_string(++recorded), event.submission_id, 0);
      events.push_back(std::move(event));
    }
    EXPECT_EQ(*store->record(events), count);
    return store->event_numbers({}, {})->last;
  }
  std::int64_t add(const Webhook& webhook = a_webhook()) {
    const auto id = store->add_webhook(webhook);
    EXPECT_TRUE(id) << id.error().text;
    return id ? *id : 0;
  }
  WebhookBatch batch(std::int64_t webhook, std::int64_t first, std::int64_t last, Time now = noon,
                     std::size_t most = no_limit) {
    WebhookBatch wanted;
    wanted.webhook = webhook;
    wanted.kinds = all_kinds;
    wanted.first_event = first;
    wanted.last_event = last;
    wanted.events = static_cast<std::size_t>(last - first + 1);
    const auto added = store->add_batch(wanted, now, most);
    EXPECT_TRUE(added) << added.error().text;
    return added ? *added : WebhookBatch();
  }
  std::vector<std::uint64_t> due(std::int64_t webhook, Time now) {
    std::vector<std::uint64_t> sequences;
    const auto batches = store->due_batches(webhook, now, 100);
    for (const WebhookBatch& each : *batches) sequences.push_back(each.sequence);
    return sequences;
  }
  WebhookState state(std::int64_t webhook) { return *store->webhook_state(webhook); }

  std::unique_ptr<Store>& store;
  int recorded = 0;
};

TEST_P(StoreContract, KeepsWebhooksAsTheyAre) {
  Hooks hooks{store};
  hooks.record(2);
  Webhook webhook = a_webhook();
  webhook.name = "caf\xC3\xA9";
  webhook.enabled = false;
  webhook.kinds = kind_bit(EventKind::bounce) | kind_bit(EventKind::group_resubscribe);
  webhook.extra_fields = true;
  webhook.signing_key = "-----BEGIN\n";
  webhook.oauth_client_id = "me";
  webhook.oauth_client_secret = "s:ecret";
  webhook.oauth_token_url = "https://example.org/token";
  webhook.updated = noon + 1s;
  webhook.id = hooks.add(webhook);
  hooks.add(a_webhook("http://b"));
  reopen();
  const auto found = *store->webhooks();
  ASSERT_THAT(found, SizeIs(2));
  const Webhook& same = found[0];
  EXPECT_EQ(same.id, webhook.id);
  EXPECT_EQ(same.name, webhook.name);
  EXPECT_EQ(same.url, webhook.url);
  EXPECT_EQ(same.enabled, webhook.enabled);
  EXPECT_EQ(same.kinds, webhook.kinds);
  EXPECT_EQ(same.extra_fields, webhook.extra_fields);
  EXPECT_EQ(same.signing_key, webhook.signing_key);
  EXPECT_EQ(same.oauth_client_id, webhook.oauth_client_id);
  EXPECT_EQ(same.oauth_client_secret, webhook.oauth_client_secret);
  EXPECT_EQ(same.oauth_token_url, webhook.oauth_token_url);
  EXPECT_EQ(same.created, webhook.created);
  EXPECT_EQ(same.updated, webhook.updated);
  EXPECT_EQ(same.last_event, 2) << "what was recorded before is not for it";
}

TEST_P(StoreContract, RefusesWhatIsNoWebhook) {
  Hooks hooks{store};
  Webhook webhook = a_webhook();
  webhook.id = hooks.add();
  const struct {
    const char* why;
    std::function<void(Webhook&)> spoil;
  } cases[] = {
      {"no URL", [](Webhook& w) { w.url.clear(); }},
      {"two lines", [](Webhook& w) { w.url += "\r\nX: y"; }},
      {"no UTF-8", [](Webhook& w) { w.name = "\xff"; }},
      {"a control in a secret", [](Webhook& w) { w.oauth_client_secret = "a\nb"; }},
      {"a kind that does not exist", [](Webhook& w) { w.kinds = 1u << 11; }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Webhook spoilt = webhook;
    c.spoil(spoilt);
    EXPECT_FALSE(store->add_webhook(spoilt));
    EXPECT_FALSE(store->change_webhook(spoilt));
  }
  webhook.id = 99;
  EXPECT_EQ(store->change_webhook(webhook).error().fault, Fault::invalid);
  EXPECT_EQ(store->remove_webhook(99).error().fault, Fault::invalid);
  EXPECT_EQ(store->webhook_state(99).error().fault, Fault::invalid);
  WebhookBatch nobodys;
  nobodys.webhook = 99;
  EXPECT_EQ(store->add_again({nobodys}, noon).error().fault, Fault::invalid);
  WebhookBatch wanted;
  wanted.webhook = 99;
  wanted.first_event = wanted.last_event = 1;
  EXPECT_EQ(store->add_batch(wanted, noon, no_limit).error().fault, Fault::invalid);
  EXPECT_THAT(*store->webhooks(), SizeIs(1));
}

TEST_P(StoreContract, WhatHappensWhileItIsDisabledIsNotForIt) {
  Hooks hooks{store};
  Webhook webhook = a_webhook();
  webhook.id = hooks.add(webhook);
  hooks.record(3);
  webhook.url = "https://example.org/new";
  ASSERT_TRUE(store->change_webhook(webhook));
  EXPECT_EQ(hooks.state(webhook.id).behind, 3u) << "a change alone loses nothing";
  webhook.enabled = false;
  ASSERT_TRUE(store->change_webhook(webhook));
  EXPECT_EQ(hooks.state(webhook.id).behind, 0u);
  hooks.record(2);
  webhook.enabled = true;
  ASSERT_TRUE(store->change_webhook(webhook));
  EXPECT_EQ(hooks.state(webhook.id).behind, 0u);
  hooks.record(1);
  EXPECT_EQ(hooks.state(webhook.id).behind, 1u);
  EXPECT_EQ((*store->webhooks())[0].url, webhook.url);
}

TEST_P(StoreContract, CountsOnlyItsKindsAsBehind) {
  Hooks hooks{store};
  Webhook webhook = a_webhook();
  webhook.kinds = kind_bit(EventKind::bounce) | kind_bit(EventKind::group_resubscribe);
  webhook.id = hooks.add(webhook);
  hooks.record(5);
  hooks.record(2, EventKind::bounce);
  hooks.record(1, EventKind::group_resubscribe);
  EXPECT_EQ(hooks.state(webhook.id).behind, 3u);
  webhook.kinds = 0;
  ASSERT_TRUE(store->change_webhook(webhook));
  EXPECT_EQ(hooks.state(webhook.id).behind, 0u);
}

TEST_P(StoreContract, GivesEachEndpointItsOwnSequence) {
  Hooks hooks{store};
  const std::int64_t a = hooks.add(), b = hooks.add();
  hooks.record(5);
  EXPECT_EQ(hooks.batch(a, 1, 2).sequence, 1u);
  EXPECT_EQ(hooks.batch(a, 3, 3).sequence, 2u);
  const WebhookBatch of_b = hooks.batch(b, 1, 5);
  EXPECT_EQ(of_b.sequence, 1u);
  reopen();
  EXPECT_EQ(hooks.batch(a, 4, 5).sequence, 3u);
  EXPECT_THAT(hooks.due(a, noon), ElementsAre(1, 2, 3));
  const WebhookBatch kept = store->due_batches(b, noon, 1)->at(0);
  EXPECT_EQ(kept.id, of_b.id);
  EXPECT_EQ(kept.webhook, b);
  EXPECT_EQ(kept.kinds, all_kinds);
  EXPECT_EQ(kept.first_event, 1);
  EXPECT_EQ(kept.last_event, 5);
  EXPECT_EQ(kept.events, 5u);
  EXPECT_EQ(kept.created, noon);
  EXPECT_EQ(kept.attempts, 0);
}

TEST_P(StoreContract, PutsNoEventIntoTwoBatches) {
  Hooks hooks{store};
  const std::int64_t id = hooks.add();
  hooks.record(4);
  hooks.batch(id, 1, 3);
  WebhookBatch again;
  again.webhook = id;
  again.first_event = 3;
  again.last_event = 4;
  EXPECT_FALSE(store->add_batch(again, noon, no_limit)) << "another process was quicker";
  EXPECT_EQ(hooks.state(id).behind, 1u);
  EXPECT_EQ(hooks.state(id).last_sequence, 1u);
  ASSERT_TRUE(store->pass_over(id, 4));
  ASSERT_TRUE(store->pass_over(id, 2)) << "never back";
  EXPECT_EQ(hooks.state(id).behind, 0u);
}

TEST_P(StoreContract, ABatchWaitsUntilItIsTaken) {
  Hooks hooks{store};
  const std::int64_t id = hooks.add();
  hooks.record(3);
  const WebhookBatch first = hooks.batch(id, 1, 2);
  hooks.batch(id, 3, 3, noon + 5s);
  EXPECT_THAT(hooks.due(id, noon), ElementsAre(1));
  ASSERT_TRUE(store->batch_failed(first, "500 no", noon + 6s, noon + 66s));
  EXPECT_THAT(hooks.due(id, noon + 65s), ElementsAre(2)) << "the other does not wait for it";
  EXPECT_THAT(hooks.due(id, noon + 66s), ElementsAre(2, 1)) << "the longest waiting first";
  WebhookState now = hooks.state(id);
  EXPECT_EQ(now.waiting, 3u);
  EXPECT_EQ(now.batches, 2u);
  EXPECT_EQ(now.oldest, noon);
  EXPECT_EQ(now.failed, 1u);
  EXPECT_EQ(now.last_error, "500 no");
  EXPECT_EQ(now.last_failure, noon + 6s);
  EXPECT_FALSE(now.last_success);
  EXPECT_EQ(store->due_batches(id, noon + 66s, 100)->at(1).attempts, 1);

  ASSERT_TRUE(store->batch_taken(first, noon + 66s));
  ASSERT_TRUE(store->batch_taken(first, noon + 66s)) << "twice is harmless";
  EXPECT_THAT(hooks.due(id, noon + 66s), ElementsAre(2));
  now = hooks.state(id);
  EXPECT_EQ(now.waiting, 1u);
  EXPECT_EQ(now.batches, 1u);
  EXPECT_EQ(now.posted, 2u);
  EXPECT_EQ(now.last_success, noon + 66s);
  EXPECT_EQ(now.last_sequence, 2u);
}

TEST_P(StoreContract, GivesUpWhatIsOld) {
  Hooks hooks{store};
  const std::int64_t id = hooks.add();
  hooks.record(6);
  hooks.batch(id, 1, 3);
  hooks.batch(id, 4, 5, noon + 1s);
  hooks.batch(id, 6, 6, noon + 2s);
  EXPECT_EQ(*store->drop_batches(id, noon - 1s), 0u);
  EXPECT_EQ(*store->drop_batches(id, noon + 1s), 5u);
  EXPECT_THAT(hooks.due(id, noon + 2s), ElementsAre(3));
  EXPECT_EQ(hooks.state(id).dropped, 5u);
  EXPECT_EQ(hooks.state(id).waiting, 1u);
  EXPECT_EQ(hooks.state(id).posted, 0u);
}

TEST_P(StoreContract, DropsTheOldestPastTheLimit) {  // EVT-4
  Hooks hooks{store};
  const std::int64_t id = hooks.add(), other = hooks.add();
  hooks.record(6);
  hooks.batch(other, 1, 6);
  hooks.batch(id, 1, 2, noon, 2);
  hooks.batch(id, 3, 3, noon, 2);
  EXPECT_EQ(hooks.batch(id, 4, 4, noon, 2).displaced, 2u);
  EXPECT_THAT(hooks.due(id, noon), ElementsAre(2, 3));
  EXPECT_EQ(hooks.state(id).dropped, 2u);
  hooks.batch(id, 5, 5, noon, 1);
  EXPECT_THAT(hooks.due(id, noon), ElementsAre(4));
  EXPECT_EQ(hooks.state(id).batches, 1u);
  EXPECT_THAT(hooks.due(other, noon), ElementsAre(1));
}

TEST_P(StoreContract, RemovesAnEndpointWithWhatWaits) {
  Hooks hooks{store};
  const std::int64_t id = hooks.add(), other = hooks.add();
  hooks.record(2);
  hooks.batch(id, 1, 2);
  hooks.batch(other, 1, 2);
  ASSERT_TRUE(store->remove_webhook(id));
  EXPECT_THAT(*store->webhooks(), SizeIs(1));
  EXPECT_THAT(hooks.due(id, noon), IsEmpty());
  EXPECT_THAT(hooks.due(other, noon), ElementsAre(1));
  EXPECT_GT(hooks.add(), other) << "a number is never used again";
}

TEST_P(StoreContract, RepeatsEventsUnderNewNumbers) {
  Hooks hooks{store};
  const std::int64_t id = hooks.add();
  const std::int64_t last = hooks.record(5);
  ASSERT_TRUE(store->batch_taken(hooks.batch(id, 1, last), noon));
  hooks.record(3);
  WebhookBatch batch;
  batch.webhook = id;
  batch.kinds = kind_bit(EventKind::open);
  batch.extra_fields = true;
  batch.first_event = 2;
  batch.last_event = 3;
  batch.events = 2;
  WebhookBatch second = batch;
  second.first_event = second.last_event = 5;
  second.events = 1;
  WebhookBatch nobodys = batch;
  nobodys.webhook = id + 1;
  EXPECT_EQ(store->add_again({batch, nobodys}, noon).error().fault, Fault::invalid);
  EXPECT_EQ(hooks.state(id).batches, 0u) << "all or none";

  ASSERT_TRUE(store->add_again({batch, second}, noon + 9s));
  const auto batches = *store->due_batches(id, noon + 9s, 100);
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[0].sequence, 2u) << "what was not kept has used no number";
  EXPECT_EQ(batches[0].first_event, 2);
  EXPECT_EQ(batches[0].last_event, 3);
  EXPECT_EQ(batches[0].events, 2u);
  EXPECT_EQ(batches[0].kinds, batch.kinds);
  EXPECT_TRUE(batches[0].extra_fields);
  EXPECT_EQ(batches[0].created, noon + 9s);
  EXPECT_EQ(batches[1].sequence, 3u);
  EXPECT_EQ(batches[1].first_event, 5);
  EXPECT_EQ(hooks.state(id).waiting, 3u);
  EXPECT_EQ(hooks.state(id).behind, 3u) << "what is not told yet is as far as it was";
}

TEST_P(StoreContract, ForgetsNothingThatRetriesTell) {  // EVT-4
  Hooks hooks{store};
  const Time later = noon + 72h;
  Webhook webhook = a_webhook();
  webhook.id = hooks.add(webhook);
  hooks.record(2);
  NewCopy dropped = a_copy("ann@example.org");
  dropped.drop_reason = "Invalid";
  const std::string submission = hold({dropped});
  sweep(later, later);
  sweep(later, later);
  EXPECT_THAT(*store->events({}), SizeIs(2));
  EXPECT_TRUE(is_known(submission));
  webhook.enabled = false;
  ASSERT_TRUE(store->change_webhook(webhook));
  sweep(later, later);
  EXPECT_THAT(*store->events({}), IsEmpty());
  EXPECT_FALSE(is_known(submission));
}

TEST_P(StoreContract, TellsASubmissionWithoutItsMessage) {
  Submission submission = a_submission();
  submission.header = "{}";
  submission.pool = "a";
  submission.message_id = "<1@example.org>";
  ASSERT_TRUE(store->hold(submission, std::vector{a_copy("ann@example.org")}));
  const auto found = *store->submission_facts(submission.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->header, "{}");
  EXPECT_EQ(found->pool, "a");
  EXPECT_EQ(found->message_id, "<1@example.org>");
  EXPECT_EQ(found->received, noon);
  EXPECT_FALSE(found->message);
  EXPECT_EQ((*store->submission(submission.id))->message_id, "<1@example.org>");
  EXPECT_FALSE(*store->submission_facts("BBBBBBBBBBBBBBBBBBBBBB"));
  EXPECT_FALSE(*store->submission_facts("'"));
}

}  // namespace
}  // namespace smtpapi
