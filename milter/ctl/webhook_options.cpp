#include "milter/ctl/webhook_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "event/signing_key.h"
#include "milter/ctl/output.h"
#include "net/curl_poster.h"

namespace smtpapi::ctl {
namespace {

/// EVT-7: as the event, except for spam_report.
std::string_view setting_name(EventKind kind) {
  return kind == EventKind::spam_report ? "spam_report" : to_string(kind);
}

/// yes, no; nothing when the option was not given.
Result<std::optional<bool>> yes_or_no(const Arguments& arguments, std::string_view option) {
  const auto value = arguments.value(option);
  if (!value) return std::optional<bool>();
  if (*value == "yes" || *value == "on") return std::optional(true);
  if (*value == "no" || *value == "off") return std::optional(false);
  return invalid(fmt::format("{} is yes or no, not '{}'", option, printable(*value, 60)));
}

Status apply_oauth(const Arguments& arguments, Webhook& webhook) {
  if (arguments.has("--no-oauth")) {
    webhook.oauth_client_id = webhook.oauth_client_secret = webhook.oauth_token_url = "";
  }
  if (const auto id = arguments.value("--oauth-id")) webhook.oauth_client_id = *id;
  if (const auto secret = arguments.value("--oauth-secret")) webhook.oauth_client_secret = *secret;
  if (const auto url = arguments.value("--oauth-url")) webhook.oauth_token_url = *url;
  const bool some = !webhook.oauth_client_id.empty() || !webhook.oauth_client_secret.empty() ||
                    !webhook.oauth_token_url.empty();
  const bool all = !webhook.oauth_client_id.empty() && !webhook.oauth_client_secret.empty() &&
                   !webhook.oauth_token_url.empty();
  if (some && !all)
    return invalid("OAuth needs --oauth-id, --oauth-secret and --oauth-url, all three");
  if (some) return check_post_url(webhook.oauth_token_url);
  return ok();
}

}  // namespace

Result<EventKinds> read_kinds(std::string_view text) {
  if (text == "all") return all_kinds;
  EventKinds kinds = 0;
  for (std::string_view name : split(text, ',')) {
    name = trim(name);
    if (name == "spam_report") name = "spamreport";
    const auto kind = event_kind(name);
    if (!kind) {
      return invalid(fmt::format("'{}' is no event: {}", printable(name, 60),
                                 "all, or by commas processed, dropped, delivered, deferred, "
                                 "bounce, open, click, spam_report, unsubscribe, "
                                 "group_unsubscribe, group_resubscribe"));
    }
    kinds |= kind_bit(*kind);
  }
  return kinds;
}

std::string kinds_in_words(EventKinds kinds) {
  if (kinds == all_kinds) return "all";
  std::string out;
  for (const EventKind kind : event_kinds) {
    if (kinds & kind_bit(kind)) out += (out.empty() ? "" : ",") + std::string(setting_name(kind));
  }
  return out.empty() ? "none" : out;
}

Status apply_webhook_options(const Arguments& arguments, Webhook& webhook) {
  if (const auto url = arguments.value("--url")) webhook.url = *url;
  if (Status good = check_post_url(webhook.url); !good) return good;
  if (const auto name = arguments.value("--name")) webhook.name = trim(*name);
  if (const auto events = arguments.value("--events")) {
    const auto kinds = read_kinds(*events);
    if (!kinds) return kinds.error();
    webhook.kinds = *kinds;
  }
  const auto enabled = yes_or_no(arguments, "--enabled");
  if (!enabled) return enabled.error();
  if (*enabled) webhook.enabled = **enabled;
  const auto extra = yes_or_no(arguments, "--extra-fields");
  if (!extra) return extra.error();
  if (*extra) webhook.extra_fields = **extra;
  const auto sign = yes_or_no(arguments, "--sign");
  if (!sign) return sign.error();
  if (*sign && !**sign) webhook.signing_key = "";
  if (*sign && **sign && webhook.signing_key.empty()) {  // SIG-6
    const auto key = SigningKey::make();
    if (!key) return key.error();
    webhook.signing_key = key->pem();
  }
  return apply_oauth(arguments, webhook);
}

std::string url_in_words(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return url;
  const std::size_t host_end = url.find_first_of("/?#", begin + 3);
  const std::size_t at = url.substr(0, host_end).rfind('@');
  const std::size_t colon = url.find(':', begin + 3);
  if (at == std::string::npos || colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + "***" + url.substr(at);
}

std::string public_key_of(const Webhook& webhook) {
  if (webhook.signing_key.empty()) return "";
  const auto key = SigningKey::from_pem(webhook.signing_key);
  return key ? key->public_key() : "";
}

void begin_webhook(JsonWriter& json, const Webhook& webhook) {
  json.begin_object();
  json.member("id", webhook.id);
  json.member("friendly_name", webhook.name);
  json.member("url", url_in_words(webhook.url));
  json.member("enabled", webhook.enabled);
  for (const EventKind kind : event_kinds) {
    json.member(setting_name(kind), (webhook.kinds & kind_bit(kind)) != 0);
  }
  json.member("extra_fields", webhook.extra_fields);
  json.member("public_key", public_key_of(webhook));
  json.member("oauth_client_id", webhook.oauth_client_id);
  json.member("oauth_token_url", webhook.oauth_token_url);
  json.member("created_date", to_unix(webhook.created));
  json.member("updated_date", to_unix(webhook.updated));
}

std::optional<Webhook> find_webhook(const Call& call, Store& store, int& status) {
  const std::string& operand = call.arguments.operands()[0];
  const auto id = to_integer(operand);
  if (!id || *id < 1) {
    status =
        call.fail(EX_USAGE, fmt::format("'{}' is no webhook's number", printable(operand, 60)));
    return {};
  }
  const auto webhooks = store.webhooks();
  if (!webhooks) {
    status = store_failed(call, webhooks.error());
    return {};
  }
  const auto found = std::find_if(webhooks->begin(), webhooks->end(),
                                  [&](const Webhook& webhook) { return webhook.id == *id; });
  if (found != webhooks->end()) return *found;
  status = call.fail(
      found_fault,
      fmt::format("there is no webhook {}: 'smtpapictl webhook list' tells which there are", *id));
  return {};
}

}  // namespace smtpapi::ctl
