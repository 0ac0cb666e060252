// What the webhook commands share: options, and an endpoint written down.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "store/store.h"

namespace smtpapi::ctl {

/// "all", or names of events by commas, as EVT-7 has them ("spam_report" and "spamreport" are
/// one). Errors: invalid.
Result<EventKinds> read_kinds(std::string_view text);
/// "all", "none", or the names by commas.
std::string kinds_in_words(EventKinds kinds);

/// Takes what the options say over into `webhook`. Errors: invalid, and one clause that says how to
/// mend it.
Status apply_webhook_options(const Arguments& arguments, Webhook& webhook);

/// The URL without its password.
std::string url_in_words(const std::string& url);
/// The public key, "" when posts are not signed (SIG-5).
std::string public_key_of(const Webhook& webhook);

/// The fields of SendGrid's API (EVT-15) and ours, without secrets. The object stays open.
void begin_webhook(JsonWriter& json, const Webhook& webhook);

/// The webhook that the first operand names by number; nothing after a complaint, with `status`
/// set.
std::optional<Webhook> find_webhook(const Call& call, Store& store, int& status);

}  // namespace smtpapi::ctl
