#include "job/webhook_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encode.h"
#include "base/text.h"
#include "mail/codec.h"
#include "net/http_message.h"
#include "smtpapi/json.h"

namespace smtpapi {
namespace {

constexpr const char* signature_field = "X-Twilio-Email-Event-Webhook-Signature";
constexpr const char* timestamp_field = "X-Twilio-Email-Event-Webhook-Timestamp";
constexpr const char* sequence_field = "X-Smtpapi-Sequence";
constexpr seconds longest_token_life = std::chrono::days(30);

bool uses_oauth(const Webhook& webhook) {  // SIG-7: empty values switch it off
  return !webhook.oauth_client_id.empty() && !webhook.oauth_client_secret.empty() &&
         !webhook.oauth_token_url.empty();
}

/// RFC 6749 section 2.3.1: each half is form-encoded first.
std::string basic_credentials(const Webhook& webhook) {
  std::string pair;
  append_percent_encoded(pair, webhook.oauth_client_id);
  pair += ':';
  append_percent_encoded(pair, webhook.oauth_client_secret);
  return "Basic " + encode_base64(pair);
}

bool is_success(unsigned status) { return status >= 200 && status <= 299; }

Error refused(const PostAnswer& answer) {
  if (answer.status >= 300 && answer.status <= 399) {
    return unavailable(fmt::format("it answered {}: redirects are not followed", answer.status));
  }
  const std::string text = printable(trim(answer.body), 100);
  return unavailable(
      fmt::format("it answered {}{}{}", answer.status, text.empty() ? "" : ": ", text));
}

}  // namespace

Result<OauthToken> parse_oauth_answer(const std::string& text) {
  const Error not_a_token = unavailable("its answer holds no access_token");
  if (!is_utf8(text)) return not_a_token;
  const json::Reading reading = json::read(text);
  if (!reading.value || reading.error) return not_a_token;
  OauthToken out;
  for (const json::Member& member : json::members(*reading.value)) {
    if (member.key == "access_token" && member.value.is(json::Kind::string))
      out.token = member.value.text();
    if (member.key == "expires_in") {  // some write it as a string, some with a fraction
      const std::string value = member.value.text();
      if (const auto life = to_integer(std::string_view(value).substr(0, value.find('.'))))
        out.lives = std::clamp(seconds(*life), seconds(0), longest_token_life);
    }
  }
  const bool is_usable = !out.token.empty() && is_field_value(out.token) &&
                         out.token.find_first_of(" \t") == std::string::npos;
  if (!is_usable) return not_a_token;
  return out;
}

Status WebhookClient::post(const Webhook& webhook, std::uint64_t sequence, std::string_view body,
                           Time now) {
  if (Status read = read_key(webhook); !read) return read;
  auto answer = try_once(webhook, sequence, body, now);
  if (answer && answer->status == 401 && uses_oauth(webhook)) {
    token_.clear();
    answer = try_once(webhook, sequence, body, now);
  }
  if (!answer) return std::move(answer).error();
  if (!is_success(answer->status)) return refused(*answer);
  return ok();
}

Result<PostAnswer> WebhookClient::try_once(const Webhook& webhook, std::uint64_t sequence,
                                           std::string_view body, Time now) {
  PostRequest request{webhook.url, {{"Content-Type", "application/json"}}, body};
  request.fields.emplace_back(sequence_field, std::to_string(sequence));
  if (uses_oauth(webhook)) {
    if (Status fetched = fetch_token(webhook, now); !fetched)
      return std::move(fetched).error().within("OAuth token");
    request.fields.emplace_back("Authorization", "Bearer " + token_);
  }
  if (key_) {
    std::string timestamp = std::to_string(to_unix(now));
    auto signature = key_->sign(timestamp, body);
    if (!signature) return std::move(signature).error();
    request.fields.emplace_back(signature_field, *std::move(signature));
    request.fields.emplace_back(timestamp_field, std::move(timestamp));
  }
  return poster_.post(request);
}

Status WebhookClient::fetch_token(const Webhook& webhook, Time now) {
  std::string owner =
      webhook.oauth_token_url + "\n" + webhook.oauth_client_id + "\n" + webhook.oauth_client_secret;
  const bool is_alive =
      !token_.empty() && token_for_ == owner && (!token_expires_ || now < *token_expires_);
  if (is_alive) return ok();
  const PostRequest request{webhook.oauth_token_url,
                            {{"Content-Type", "application/x-www-form-urlencoded"},
                             {"Accept", "application/json"},
                             {"Authorization", basic_credentials(webhook)}},
                            "grant_type=client_credentials"};
  const auto answer = poster_.post(request);
  if (!answer) return answer.error();
  if (!is_success(answer->status)) return refused(*answer);
  auto token = parse_oauth_answer(answer->body);
  if (!token) return std::move(token).error();
  token_ = std::move(token->token);
  token_for_ = std::move(owner);
  token_expires_.reset();
  if (token->lives) token_expires_ = now + *token->lives;
  return ok();
}

Status WebhookClient::read_key(const Webhook& webhook) {
  if (webhook.signing_key == key_text_) return ok();
  key_.reset();
  if (!webhook.signing_key.empty()) {
    auto key = SigningKey::from_pem(webhook.signing_key);
    if (!key) return unavailable("its signing key is " + key.error().text);
    key_.emplace(*std::move(key));
  }
  key_text_ = webhook.signing_key;
  return ok();
}

}  // namespace smtpapi
