#include "job/webhook_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/codec.h"
#include "support/fake_poster.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const Time noon = from_unix(1'700'000'000);

Webhook a_webhook() {
  Webhook webhook;
  webhook.url = "https://example.org/events";
  return webhook;
}

Webhook with_oauth() {
  Webhook webhook = a_webhook();
  webhook.oauth_client_id = "me";
  webhook.oauth_client_secret = "s/cret:";
  webhook.oauth_token_url = "https://example.org/token";
  return webhook;
}

bool asks_for_token(const Posted& post) { return post.url == "https://example.org/token"; }

TEST(WebhookClientTest, PostsJson) {  // EVT-1
  FakePoster poster;
  WebhookClient client(poster);
  ASSERT_TRUE(client.post(a_webhook(), 7, "[{}]\r\n", noon));
  ASSERT_THAT(poster.posts, SizeIs(1));
  const Posted& post = poster.posts[0];
  EXPECT_EQ(post.url, "https://example.org/events");
  EXPECT_EQ(post.body, "[{}]\r\n");
  EXPECT_EQ(post.field("Content-Type"), "application/json");
  EXPECT_EQ(post.field("X-Smtpapi-Sequence"), "7");
  EXPECT_EQ(post.field("Authorization"), "");
  EXPECT_EQ(post.field("X-Twilio-Email-Event-Webhook-Signature"), "");
  EXPECT_EQ(post.field("X-Twilio-Email-Event-Webhook-Timestamp"), "");
}

TEST(WebhookClientTest, Any2xxIsSuccess) {  // EVT-4
  for (const unsigned status : {200u, 201u, 202u, 204u, 206u, 226u, 299u}) {
    FakePoster poster;
    poster.answer = [&](const Posted&) { return PostAnswer{status, "whatever"}; };
    EXPECT_TRUE(WebhookClient(poster).post(a_webhook(), 1, "[]", noon)) << status;
  }
  const struct {
    unsigned status;
    const char* body;
    const char* want;
  } failures[] = {
      {199, "", "it answered 199"},
      {301, "<html>", "it answered 301: redirects are not followed"},
      {307, "", "it answered 307: redirects are not followed"},
      {400, " bad\r\nline ", "it answered 400: bad??line"},
      {401, "", "it answered 401"},
      {404, "", "it answered 404"},
      {429, "slow down", "it answered 429: slow down"},
      {500, "", "it answered 500"},
      {0, "", "it answered 0"},
  };
  for (const auto& c : failures) {
    FakePoster poster;
    poster.answer = [&](const Posted&) { return PostAnswer{c.status, c.body}; };
    const Status posted = WebhookClient(poster).post(a_webhook(), 1, "[]", noon);
    ASSERT_FALSE(posted) << c.status;
    EXPECT_EQ(posted.error().text, c.want);
    EXPECT_THAT(poster.posts, SizeIs(1));
  }
}

TEST(WebhookClientTest, SignsEachAttemptAnew) {  // SIG-2 to SIG-4; the octets: SigningKeyTest
  FakePoster poster;
  WebhookClient client(poster);
  Webhook webhook = a_webhook();
  webhook.signing_key = SigningKey::make()->pem();
  ASSERT_TRUE(client.post(webhook, 1, "[]", noon));
  ASSERT_TRUE(client.post(webhook, 1, "[]", noon + 60s));
  EXPECT_EQ(poster.posts[0].field("X-Twilio-Email-Event-Webhook-Timestamp"), "1700000000");
  EXPECT_EQ(poster.posts[1].field("X-Twilio-Email-Event-Webhook-Timestamp"), "1700000060");
  const auto signature = [&](std::size_t i) {
    return poster.posts[i].field("X-Twilio-Email-Event-Webhook-Signature");
  };
  EXPECT_GE(decode_base64(signature(0)).size(), 68u);
  EXPECT_LE(decode_base64(signature(0)).size(), 72u);
  EXPECT_NE(signature(0), signature(1));
  webhook.signing_key = "spoilt";
  EXPECT_FALSE(client.post(webhook, 1, "[]", noon)) << "never unsigned instead";
  webhook.signing_key = "";
  ASSERT_TRUE(client.post(webhook, 1, "[]", noon));
  EXPECT_THAT(poster.posts, SizeIs(3));
  EXPECT_EQ(signature(2), "");
}

TEST(WebhookClientTest, FetchesATokenAndKeepsIt) {  // SIG-7
  FakePoster poster;
  int tokens = 0;
  poster.answer = [&](const Posted& post) {
    if (!asks_for_token(post)) return PostAnswer{200, ""};
    return PostAnswer{200, R"({"access_token":"t)" + std::to_string(++tokens) +
                               R"(","token_type":"Bearer","expires_in":100})"};
  };
  WebhookClient client(poster);
  Webhook webhook = with_oauth();
  webhook.signing_key = SigningKey::make()->pem();
  ASSERT_TRUE(client.post(webhook, 1, "[]", noon));
  ASSERT_THAT(poster.posts, SizeIs(2));
  EXPECT_EQ(poster.posts[0].field("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(poster.posts[0].body, "grant_type=client_credentials");
  EXPECT_EQ(poster.posts[0].field("Authorization"), "Basic " + encode_base64("me:s%2Fcret%3A"));
  EXPECT_EQ(poster.posts[1].field("Authorization"), "Bearer t1");
  EXPECT_NE(poster.posts[1].field("X-Twilio-Email-Event-Webhook-Signature"), "") << "SIG-8";
  ASSERT_TRUE(client.post(webhook, 2, "[]", noon + 99s));
  EXPECT_EQ(tokens, 1) << "kept";
  ASSERT_TRUE(client.post(webhook, 3, "[]", noon + 100s));
  EXPECT_EQ(tokens, 2) << "expired";
  webhook.oauth_client_secret = "other";
  ASSERT_TRUE(client.post(webhook, 4, "[]", noon + 100s));
  EXPECT_EQ(tokens, 3) << "another secret, another token";
  webhook.oauth_client_id = "";
  ASSERT_TRUE(client.post(webhook, 5, "[]", noon + 100s));
  EXPECT_EQ(poster.posts.back().field("Authorization"), "") << "empty switches it off";
}

TEST(WebhookClientTest, FetchesAnotherTokenOnceWhenRefused) {  // SIG-7
  FakePoster poster;
  int tokens = 0;
  std::string good = "t2";
  poster.answer = [&](const Posted& post) {
    if (asks_for_token(post))
      return PostAnswer{200, R"({"access_token":"t)" + std::to_string(++tokens) + R"("})"};
    return PostAnswer{post.field("Authorization") == "Bearer " + good ? 200u : 401u, ""};
  };
  WebhookClient client(poster);
  EXPECT_TRUE(client.post(with_oauth(), 1, "[]", noon));
  EXPECT_EQ(tokens, 2);
  EXPECT_TRUE(client.post(with_oauth(), 2, "[]", noon + std::chrono::hours(24)));
  EXPECT_EQ(tokens, 2) << "it does not expire by itself";
  good = "never";
  EXPECT_FALSE(client.post(with_oauth(), 3, "[]", noon));
  EXPECT_EQ(tokens, 3) << "once";
}

TEST(WebhookClientTest, WithoutTokenNothingIsPosted) {
  const struct {
    const char* why;
    unsigned status;
    const char* body;
  } cases[] = {
      {"refused", 400, R"({"error":"invalid_client"})"},
      {"redirected", 302, ""},
      {"no JSON", 200, "token"},
      {"no UTF-8", 200, "{\"access_token\":\"\xff\"}"},
      {"none", 200, "{}"},
      {"no text", 200, R"({"access_token":7})"},
      {"empty", 200, R"({"access_token":""})"},
      {"two lines", 200, R"({"access_token":"a\r\nX: y"})"},
      {"a blank in it", 200, R"({"access_token":"a b"})"},
      {"an array", 200, R"(["access_token"])"},
      {"cut", 200, R"({"access_token":"abc)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    FakePoster poster;
    poster.answer = [&](const Posted&) { return PostAnswer{c.status, c.body}; };
    const Status posted = WebhookClient(poster).post(with_oauth(), 1, "[]", noon);
    ASSERT_FALSE(posted);
    EXPECT_THAT(posted.error().text, HasSubstr("OAuth token: "));
    EXPECT_THAT(poster.posts, SizeIs(1));
  }
}

TEST(WebhookClientTest, ReadsHowLongATokenLives) {
  const struct {
    const char* text;
    std::optional<seconds> want;
  } cases[] = {
      {R"({"access_token":"t"})", {}},
      {R"({"access_token":"t","expires_in":3600})", 3600s},
      {R"({"access_token":"t","expires_in":"3600"})", 3600s},
      {R"({"access_token":"t","expires_in":3600.5})", 3600s},
      {R"({"access_token":"t","expires_in":-5})", 0s},
      {R"({"access_token":"t","expires_in":null})", {}},
      {R"({"access_token":"t","expires_in":99999999999})", std::chrono::days(30)},
  };
  for (const auto& c : cases) {
    const auto token = parse_oauth_answer(c.text);
    ASSERT_TRUE(token) << c.text;
    EXPECT_EQ(token->lives, c.want) << c.text;
  }
}

}  // namespace
}  // namespace smtpapi
