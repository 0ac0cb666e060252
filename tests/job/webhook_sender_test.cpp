#include "job/webhook_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/open_store.h"
#include "support/fake_poster.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Time noon = from_unix(1'700'000'000);
constexpr const char* submission_id = "3kX0aQm9T1uYvZbC5dEfGw";

class WebhookSenderTest : public testing::Test {
 protected:
  WebhookSenderTest()
      : store(*open_store("sqlite://" + folder / "store.db", StoreAccess::create)),
        contexts(*store) {
    settings.hostname = "mx1.example.org";
    webhook.url = "https://example.org/events";
    webhook.name = "shop";
    webhook.id = *store->add_webhook(webhook);
  }

  void record(std::size_t count, EventKind kind = EventKind::open, std::string reason = "") {
    std::vector<Event> events;
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      event.kind = kind;
      event.time = noon;
      event.submission_id = submission_id;
      event.index = i;
      event.recipient = "ann@example.org";
      event.reason = reason;
      event.id = event_id(kind, std::to_string(recorded++), submission_id, i);
      events.push_back(std::move(event));
    }
    ASSERT_TRUE(store->record(events));
  }
  /// A sender as after a start of the program.
  WebhookSender sender() {
    const auto kept = store->webhooks();
    return WebhookSender((*kept)[0], *store, contexts, poster, settings);
  }
  /// Steps until there is nothing more to do at `now`.
  void run(WebhookSender& sender, Time now) {
    for (int i = 0; i < 10'000; ++i) {
      const auto next = sender.step(now);
      ASSERT_TRUE(next) << next.error().text;
      if (*next > now) return;
    }
    FAIL() << "it never rests";
  }
  WebhookState state() { return *store->webhook_state(webhook.id); }
  std::vector<std::string> sequences() const {
    std::vector<std::string> out;
    for (const Posted& post : poster.posts) out.push_back(post.field("X-Smtpapi-Sequence"));
    return out;
  }
  static std::multiset<std::string> ids_in(const std::string& body) {
    std::multiset<std::string> out;
    const std::string key = "\"sg_event_id\":\"";
    for (std::size_t at = body.find(key); at != std::string::npos; at = body.find(key, at + 1))
      out.insert(body.substr(at + key.size(), body.find('"', at + key.size()) - at - key.size()));
    return out;
  }
  void fail_always() {
    poster.answer = [](const Posted&) { return PostAnswer{500, ""}; };
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  EventContexts contexts;
  FakePoster poster;
  WebhookSettings settings;
  Webhook webhook;
  int recorded = 0;
};

TEST_F(WebhookSenderTest, PostsTheExactOctets) {  // EVT-2
  Submission submission;
  submission.id = submission_id;
  submission.received = noon;
  submission.message_id = "<job42@app.example.org>";
  submission.pool = "a";
  submission.header =
      R"({"to":["ann@example.org","bob@example.org"],"category":["news"],"asm_group_id":5,)"
      R"("sub":{"-acct-":["314","271"]},"unique_args":{"account":"-acct-","n":7},)"
      R"("send_each_at":[1700003600,1700007200]})";
  submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\n");
  NewCopy copy;
  copy.recipient = "ann@example.org";
  ASSERT_TRUE(store->hold(submission, std::vector{copy}));
  settings.batch_seconds = 0s;
  auto under_test = sender();
  Event processed;
  processed.id = "cHJvY2Vzc2Vk";
  processed.time = noon;
  processed.submission_id = submission_id;
  processed.recipient = "ann@example.org";
  Event click = processed;
  click.id = "Y2xpY2s";
  click.kind = EventKind::click;
  click.index = 1;
  click.recipient = "bob@example.org";
  click.url = "https://example.org/a";
  click.link = 0;
  ASSERT_TRUE(store->record(std::vector{processed, click}));
  run(under_test, noon + 1s);
  ASSERT_THAT(poster.posts, SizeIs(1));
  EXPECT_EQ(
      poster.posts[0].body,
      R"([{"account":"314","asm_group_id":5,"category":["news"],"email":"ann@example.org",)"
      R"("event":"processed","n":"7","pool":{"id":1913001111,"name":"a"},"send_at":1700003600,)"
      R"("sg_event_id":"cHJvY2Vzc2Vk","sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-0.0",)"
      R"("smtp-id":"<job42@app.example.org>","timestamp":1700000000},)"
      "\r\n"
      R"({"account":"271","asm_group_id":5,"category":["news"],"email":"bob@example.org",)"
      R"("event":"click","n":"7","sg_event_id":"Y2xpY2s",)"
      R"("sg_message_id":"3kX0aQm9T1uYvZbC5dEfGw.mx1-1.0","timestamp":1700000000,)"
      R"("url":"https://example.org/a","url_offset":{"index":0,"type":"html"}}])"
      "\r\n");
  EXPECT_EQ(state().posted, 2u);
  EXPECT_EQ(state().last_success, noon + 1s);
}

TEST_F(WebhookSenderTest, ABatchIsSentWhenItIsOld) {  // EVT-3
  auto under_test = sender();
  run(under_test, noon);
  record(2);
  run(under_test, noon + 5s);
  record(1);
  run(under_test, noon + 34s);
  EXPECT_THAT(poster.posts, IsEmpty());
  EXPECT_EQ(state().behind, 3u);
  run(under_test, noon + 35s);
  ASSERT_THAT(poster.posts, SizeIs(1));
  EXPECT_THAT(ids_in(poster.posts[0].body), SizeIs(3));
  record(1);
  run(under_test, noon + 36s);
  EXPECT_THAT(poster.posts, SizeIs(1)) << "a new one begins";
}

TEST_F(WebhookSenderTest, ABatchIsSentWhenItIsFull) {  // EVT-3
  settings.batch_bytes = 4'096;
  auto under_test = sender();
  record(3);
  record(1, EventKind::dropped, std::string(5'000, 'x'));
  record(60);
  run(under_test, noon);
  ASSERT_THAT(poster.posts, SizeIs(testing::Ge(4u)));
  std::size_t events = 0;
  for (std::size_t i = 0; i < poster.posts.size(); ++i) {
    const std::string& body = poster.posts[i].body;
    EXPECT_TRUE(body.starts_with("[{") && body.ends_with("}]\r\n"));
    if (i == 1) {
      EXPECT_THAT(ids_in(body), SizeIs(1)) << "too large for company";
    } else {
      EXPECT_LE(body.size(), 4'096u);
    }
    if (i > 1) {
      EXPECT_GT(body.size(), 3'800u) << "as full as it gets";
    }
    events += ids_in(body).size();
  }
  EXPECT_EQ(events + state().behind, 64u);
  run(under_test, noon + 30s);
  EXPECT_EQ(state().posted, 64u);
}

TEST_F(WebhookSenderTest, TriesForADay) {  // EVT-4
  fail_always();
  webhook.signing_key = SigningKey::make()->pem();
  ASSERT_TRUE(store->change_webhook(webhook));
  auto under_test = sender();
  record(3);
  std::vector<std::int64_t> minutes;
  for (Time now = noon; now < noon + 26h; now += 30s) {
    const std::size_t before = poster.posts.size();
    run(under_test, now);
    if (poster.posts.size() > before) minutes.push_back((now - noon - 30s).count() / 60);
  }
  ASSERT_GT(minutes.size(), 8u);
  EXPECT_THAT(std::vector(minutes.begin(), minutes.begin() + 9),
              ElementsAre(0, 1, 3, 8, 18, 48, 108, 168, 228));
  EXPECT_EQ(minutes.back(), 24 * 60) << "once more at the end";
  EXPECT_THAT(minutes, SizeIs(7 + 22 + 1));
  EXPECT_EQ(state().dropped, 3u);
  EXPECT_EQ(state().waiting, 0u);
  EXPECT_EQ(state().failed, 30u);
  EXPECT_EQ(state().last_error, "it answered 500");
  std::set<std::string> bodies, numbers, signatures;
  for (const Posted& post : poster.posts) {
    bodies.insert(post.body);
    numbers.insert(post.field("X-Smtpapi-Sequence"));
    signatures.insert(post.field("X-Twilio-Email-Event-Webhook-Signature"));
  }
  EXPECT_THAT(bodies, SizeIs(1)) << "the same events, to the octet";
  EXPECT_THAT(numbers, SizeIs(1));
  EXPECT_THAT(signatures, SizeIs(30)) << "SIG-4";
}

TEST_F(WebhookSenderTest, AnEndpointThatIsIllIsAskedOnceAMinute) {
  settings.batch_seconds = 10s;
  fail_always();
  auto under_test = sender();
  for (Time now = noon; now < noon + 1h; now += 1s) {
    if (to_unix(now) % 10 == 0) record(1);
    run(under_test, now);
  }
  const std::size_t asked = poster.posts.size();
  EXPECT_GE(asked, 55u);
  EXPECT_LE(asked, 65u);
  EXPECT_GT(state().batches, 150u);
  poster.answer = [](const Posted&) { return PostAnswer{200, ""}; };
  for (Time now = noon + 1h; now < noon + 3h; now += 10s) run(under_test, now);
  EXPECT_EQ(state().waiting, 0u);
  EXPECT_EQ(state().posted, 360u);
  std::set<std::string> taken;
  for (std::size_t i = asked; i < poster.posts.size(); ++i)
    taken.insert(poster.posts[i].field("X-Smtpapi-Sequence"));
  EXPECT_THAT(taken, SizeIs(state().last_sequence)) << "no number is missing";
}

TEST_F(WebhookSenderTest, ABatchThatNobodyTakesHoldsUpNoOther) {
  settings.batch_seconds = 1s;
  poster.answer = [](const Posted& post) {
    return PostAnswer{post.body.find("\"poison\"") == std::string::npos ? 200u : 500u, ""};
  };
  auto under_test = sender();
  record(1, EventKind::dropped, "poison");
  run(under_test, noon);
  run(under_test, noon + 1s);
  for (Time now = noon + 2s; now < noon + 1h; now += 20s) {
    record(1);
    run(under_test, now);
  }
  EXPECT_GE(state().posted, 178u);
  EXPECT_EQ(state().batches, 1u);
  EXPECT_LE(state().failed, 7u);
}

TEST_F(WebhookSenderTest, ARestartLosesAndChangesNothing) {
  settings.batch_bytes = 4'096;
  std::map<std::string, std::string> seen;  // id -> body it came in
  int posts = 0;
  poster.answer = [&](const Posted&) { return PostAnswer{++posts % 3 == 0 ? 200u : 503u, ""}; };
  for (int round = 0; round < 40; ++round) {
    auto under_test = sender();
    record(7);
    for (int steps = 0; steps < round % 5; ++steps)
      ASSERT_TRUE(under_test.step(noon + 2min * round));
  }
  poster.answer = [](const Posted&) { return PostAnswer{200, ""}; };
  auto last = sender();
  run(last, noon + 5h);
  run(last, noon + 5h + 31s);
  std::set<std::string> ids;
  std::map<std::string, std::string> body_of;
  for (const Posted& post : poster.posts) {
    const auto [at, is_new] = body_of.emplace(post.field("X-Smtpapi-Sequence"), post.body);
    EXPECT_EQ(at->second, post.body) << "one number, one content";
    for (const std::string& id : ids_in(post.body)) ids.insert(id);
  }
  EXPECT_THAT(ids, SizeIs(280));
  EXPECT_THAT(body_of, SizeIs(state().last_sequence));
}

TEST_F(WebhookSenderTest, TellsOnlyItsKinds) {  // EVT-7
  webhook.kinds = kind_bit(EventKind::bounce);
  ASSERT_TRUE(store->change_webhook(webhook));
  settings.batch_seconds = 0s;
  auto under_test = sender();
  record(12'000);
  run(under_test, noon);
  EXPECT_EQ((*store->webhooks())[0].last_event, 12'000) << "not looked at again";
  record(600);
  record(1, EventKind::bounce);
  record(600);
  run(under_test, noon + 1s);
  ASSERT_THAT(poster.posts, SizeIs(1));
  EXPECT_THAT(poster.posts[0].body, HasSubstr("\"event\":\"bounce\""));
  EXPECT_THAT(ids_in(poster.posts[0].body), SizeIs(1));
}

TEST_F(WebhookSenderTest, EventsThatAreForgottenAreNotWaitedFor) {
  settings.batch_seconds = 0s;
  fail_always();
  auto under_test = sender();
  record(5);
  run(under_test, noon);
  ASSERT_TRUE(store->sweep(noon + 200h, noon + 100h));
  auto later = sender();
  run(later, noon + 1h);
  EXPECT_EQ(state().batches, 0u);
  EXPECT_THAT(poster.posts, SizeIs(1)) << "nothing is posted for them";
}

TEST(WebhookBackoffTest, GrowsToAnHourAndEndsWithTheDay) {
  WebhookBatch batch;
  batch.created = noon;
  const struct {
    int attempts;
    Time now;
    Time want;
  } cases[] = {
      {1, noon, noon + 1min},      {2, noon, noon + 2min},      {3, noon, noon + 5min},
      {4, noon, noon + 10min},     {5, noon, noon + 30min},     {6, noon, noon + 60min},
      {7, noon, noon + 60min},     {1'000, noon, noon + 60min}, {9, noon + 23h + 30min, noon + 24h},
      {1, noon + 48h, noon + 48h},
  };
  for (const auto& c : cases)
    EXPECT_EQ(next_attempt(batch, c.attempts, c.now, 24h), c.want) << c.attempts;
}

}  // namespace
}  // namespace smtpapi
