#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "ctl/run_command.h"
#include "mail/codec.h"
#include "milter/ctl/webhook_options.h"
#include "store/open_store.h"
#include "support/canned_http_server.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const Time noon = from_unix(1'800'000'000);

class WebhookCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    settings_.webhook_allow_private = true;
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }
  Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), "webhook");
    return run_command(words, settings_, noon);
  }
  Webhook only() {
    const auto webhooks = store_->webhooks();
    EXPECT_THAT(*webhooks, SizeIs(1));
    return webhooks->at(0);
  }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
};

TEST_F(WebhookCommandTest, AddsAndLists) {
  EXPECT_EQ(run({"list"}).out, "no webhooks\n");
  EXPECT_EQ(run({"status"}).out, "no webhooks\n");
  const Ran added = run({"add", "https://ann:hunter2@example.org/events", "--name", "shop",
                         "--events=bounce,spam_report"});
  EXPECT_EQ(added.status, EX_OK) << added.err;
  EXPECT_THAT(added.out, HasSubstr("webhook 1 added\npublic key: "));
  const std::string key = added.out.substr(added.out.find(": ") + 2);
  EXPECT_EQ(decode_base64(key).size(), 91u) << "SIG-5";
  const Webhook webhook = only();
  EXPECT_EQ(webhook.url, "https://ann:hunter2@example.org/events");
  EXPECT_EQ(webhook.kinds, kind_bit(EventKind::bounce) | kind_bit(EventKind::spam_report));
  EXPECT_TRUE(webhook.enabled);
  EXPECT_FALSE(webhook.extra_fields);
  EXPECT_EQ(webhook.created, noon);
  const Ran listed = run({"list"});
  EXPECT_THAT(listed.out, HasSubstr("bounce,spam_report"));
  EXPECT_THAT(listed.out, HasSubstr("https://ann:***@example.org/events"));
  const Ran json = run({"list", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"friendly_name\":\"shop\""));
  EXPECT_THAT(json.out, HasSubstr("\"bounce\":true"));
  EXPECT_THAT(json.out, HasSubstr("\"spam_report\":true"));
  EXPECT_THAT(json.out, HasSubstr("\"open\":false"));
  for (const Ran& ran : {added, listed, json, run({"status", "--json"})}) {
    EXPECT_THAT(ran.out, Not(HasSubstr("hunter2")));
    EXPECT_THAT(ran.out, Not(HasSubstr("PRIVATE")));
  }
}

TEST_F(WebhookCommandTest, Changes) {
  ASSERT_EQ(run({"add", "https://example.org/a", "--sign=no", "--enabled=no"}).status, EX_OK);
  EXPECT_EQ(only().signing_key, "");
  EXPECT_FALSE(only().enabled);
  EXPECT_EQ(run({"change", "1", "--url=https://example.org/b", "--enabled=yes",
                 "--extra-fields=yes", "--events=all", "--name=x", "--oauth-id=me",
                 "--oauth-secret=s3", "--oauth-url=https://example.org/token"})
                .out,
            "webhook 1 changed\n");
  EXPECT_EQ(only().url, "https://example.org/b");
  EXPECT_TRUE(only().enabled);
  EXPECT_TRUE(only().extra_fields);
  EXPECT_EQ(only().oauth_client_secret, "s3");
  EXPECT_THAT(run({"list", "--json"}).out, Not(HasSubstr("s3"))) << "SIG-7: never returned";
  EXPECT_THAT(run({"change", "1", "--sign=yes"}).out, HasSubstr("public key: "));
  const std::string key = only().signing_key;
  EXPECT_NE(key, "");
  EXPECT_EQ(run({"change", "1", "--sign=yes", "--no-oauth"}).status, EX_OK);
  EXPECT_EQ(only().signing_key, key) << "a key that is there stays";
  EXPECT_EQ(only().oauth_client_id, "");
  EXPECT_EQ(run({"change", "1", "--sign=no"}).out, "webhook 1 changed\n");
  EXPECT_EQ(only().signing_key, "");
}

TEST_F(WebhookCommandTest, RefusesMistakes) {
  ASSERT_EQ(run({"add", "https://example.org/a"}).status, EX_OK);
  const struct {
    std::vector<std::string> words;
    int status;
    const char* says;
  } cases[] = {
      {{"add", "example.org"}, EX_USAGE, "no URL"},
      {{"add", "ftp://example.org"}, EX_USAGE, "no URL"},
      {{"add", "https://example.org", "--events=opens"}, EX_USAGE, "'opens' is no event"},
      {{"add", "https://example.org", "--events="}, EX_USAGE, "is no event"},
      {{"add", "https://example.org", "--sign=maybe"}, EX_USAGE, "--sign is yes or no"},
      {{"add", "https://example.org", "--oauth-id=me"}, EX_USAGE, "all three"},
      {{"change", "1", "--url="}, EX_USAGE, "no URL"},
      {{"change", "1", "--oauth-id=a", "--oauth-secret=b", "--oauth-url=c"}, EX_USAGE, "no URL"},
      {{"change", "2"}, found_fault, "there is no webhook 2"},
      {{"change", "x"}, EX_USAGE, "no webhook's number"},
      {{"remove", "2"}, found_fault, "there is no webhook 2"},
      {{"replay", "1"}, EX_USAGE, "--since"},
      {{"replay", "1", "--since=yesteryear"}, EX_USAGE, "yesteryear"},
      {{"test", "2"}, found_fault, "there is no webhook 2"},
  };
  for (const auto& c : cases) {
    const Ran ran = run(c.words);
    EXPECT_EQ(ran.status, c.status) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(c.says));
    EXPECT_THAT(ran.out, IsEmpty());
  }
  EXPECT_EQ(only().url, "https://example.org/a");
}

TEST_F(WebhookCommandTest, TriesAnEndpointOut) {  // EVT-15
  std::string answer = "HTTP/1.1 200 OK\r\n\r\n";
  CannedHttpServer server([&](const std::string&) { return answer; });
  ASSERT_EQ(run({"add", server.url("/events"), "--events=bounce"}).status, EX_OK);
  EXPECT_EQ(run({"test", "1"}).out, "webhook 1 took one event of each kind\n");
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, HasSubstr("X-Twilio-Email-Event-Webhook-Signature: "));
  for (const EventKind kind : event_kinds) {
    const std::string name(to_string(kind));
    EXPECT_THAT(request, HasSubstr("\"event\":\"" + name + "\"")) << name;
  }
  answer = "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n";
  const Ran refused = run({"test", "1"});
  EXPECT_EQ(refused.status, found_fault);
  EXPECT_THAT(refused.err, HasSubstr("302"));
  EXPECT_THAT(run({"test", "1", "--json"}).out, HasSubstr("\"ok\":false"));
  settings_.webhook_allow_private = false;
  EXPECT_THAT(run({"test", "1"}).err, HasSubstr("private"));
  EXPECT_EQ(store_->webhook_state(1)->failed, 0u) << "a trial is no post";
}

TEST_F(WebhookCommandTest, TellsTheStateAndReplays) {
  ASSERT_EQ(run({"add", "https://example.org/a", "--name=shop"}).status, EX_OK);
  Event event;
  event.submission_id = "AAAAAAAAAAAAAAAAAAAAAA";
  event.time = noon - 1h;
  event.recipient = "ann@example.org";
  for (const char* id : {"a", "b", "c"}) {
    event.id = id;
    ASSERT_TRUE(store_->record({&event, 1}));
  }
  EXPECT_EQ(run({"remove", "1"}).status, found_fault) << "events wait";
  WebhookBatch batch;
  batch.webhook = 1;
  batch.kinds = all_kinds;
  batch.first_event = 1;
  batch.last_event = 2;
  batch.events = 2;
  const auto added = store_->add_batch(batch, noon - 30min, 10);
  ASSERT_TRUE(added);
  ASSERT_TRUE(store_->batch_failed(*added, "it answered 500", noon - 30min, noon));
  EXPECT_THAT(run({"status"}).out, HasSubstr("30 min ago: it answered 500"));
  EXPECT_THAT(run({"status", "--json"}).out,
              HasSubstr("\"last_sequence\":1,\"waiting\":3,\"waiting_batches\":1"));
  ASSERT_TRUE(store_->batch_taken(*added, noon - 20min));
  EXPECT_THAT(run({"status"}).out, HasSubstr("20 min ago"));
  EXPECT_EQ(run({"replay", "1", "--since=2h"}).out, "2 events will be posted again to webhook 1\n");
  EXPECT_EQ(store_->webhook_state(1)->batches, 1u);
  EXPECT_EQ(run({"remove", "1", "--force"}).out, "webhook 1 removed\n");
}

TEST(WebhookOptionsTest, HidesPasswords) {
  const struct {
    const char* url;
    const char* want;
  } cases[] = {
      {"https://a:b@x/", "https://a:***@x/"},          {"https://a:b:c@x", "https://a:***@x"},
      {"https://a:p@ss@x/y@z", "https://a:***@x/y@z"}, {"https://a@x/", "https://a@x/"},
      {"https://x:80/a:b@c", "https://x:80/a:b@c"},    {"https://x", "https://x"},
  };
  for (const auto& c : cases) EXPECT_EQ(url_in_words(c.url), c.want);
}

}  // namespace
}  // namespace smtpapi::ctl
