// One post of events to an endpoint: header, signature, authorization (EVT-1, SIG-1 to SIG-8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "event/signing_key.h"
#include "net/poster.h"
#include "store/webhooks.h"

namespace smtpapi {

/// Keeps the endpoint's OAuth token and key from post to post: one object for each endpoint. For
/// one thread at a time.
class WebhookClient {
 public:
  explicit WebhookClient(Poster& poster) : poster_(poster) {}

  /// Ok: the endpoint took it (2xx). Errors: unavailable, saying what came instead. `now` goes into
  /// the signature. `sequence`: of the batch; 0 for a test.
  Status post(const Webhook& webhook, std::uint64_t sequence, std::string_view body, Time now);

 private:
  Result<PostAnswer> try_once(const Webhook& webhook, std::uint64_t sequence, std::string_view body,
                              Time now);
  Status fetch_token(const Webhook& webhook, Time now);
  Status read_key(const Webhook& webhook);

  Poster& poster_;
  std::string key_text_;
  std::optional<SigningKey> key_;
  std::string token_;
  std::string token_for_;              ///< whose it is
  std::optional<Time> token_expires_;  ///< nothing: it does not by itself
};

/// What a client is told of OAuth tokens: "access_token" and "expires_in" of a JSON object
/// (RFC 6749 section 5.1).
struct OauthToken {
  std::string token;
  std::optional<seconds> lives;
};
/// Errors: unavailable, without showing the text.
Result<OauthToken> parse_oauth_answer(const std::string& text);

}  // namespace smtpapi
