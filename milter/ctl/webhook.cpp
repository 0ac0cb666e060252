// smtpapictl webhook: endpoints of the event webhook (EVT-15).
#include <fmt/ostream.h>

#include <array>
#include <string>

#include "base/text.h"
#include "job/replay.h"
#include "job/sample_events.h"
#include "job/webhook_client.h"
#include "milter/ctl/command.h"
#include "milter/ctl/event_options.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/moment.h"
#include "milter/ctl/output.h"
#include "milter/ctl/webhook_options.h"
#include "net/curl_poster.h"
#include "store/store.h"

namespace smtpapi::ctl {
namespace {

constexpr Option name_option = {"--name", "NAME", "for people: friendly_name"};
constexpr Option events_option = {"--events", "KINDS", "all, or names by commas; default all"};
constexpr Option enabled_option = {"--enabled", "yes|no", "whether it gets events"};
constexpr Option sign_option = {"--sign", "yes|no", "whether posts are signed; default yes"};
constexpr Option extra_option = {
    "--extra-fields", "yes|no",
    "whether clicks and opens tell if a human or a\nmachine made them; "
    "default no"};
constexpr Option oauth_id_option = {"--oauth-id", "ID", "OAuth client credentials ..."};
constexpr Option oauth_secret_option = {"--oauth-secret", "SECRET", "... their secret ..."};
constexpr Option oauth_url_option = {"--oauth-url", "URL", "... and where tokens come from"};
constexpr Option json_option = {"--json", "", "one object a line, for programs"};

constexpr std::array json_only = {json_option};
constexpr std::array add_options = {name_option,         events_option,    enabled_option,
                                    sign_option,         extra_option,     oauth_id_option,
                                    oauth_secret_option, oauth_url_option, json_option};
constexpr std::array change_options = {Option{"--url", "URL", "where it is"},
                                       name_option,
                                       Option{"--events", "KINDS", "all, or names by commas"},
                                       enabled_option,
                                       Option{"--sign", "yes|no", "yes makes a key, no deletes it"},
                                       extra_option,
                                       oauth_id_option,
                                       oauth_secret_option,
                                       oauth_url_option,
                                       Option{"--no-oauth", "", "forget the credentials"},
                                       json_option};
constexpr std::array remove_options = {Option{"--force", "", "even if events wait for it"},
                                       json_option};
constexpr std::array replay_options = {since_option, json_option};

void write_webhook(const Call& call, const Webhook& webhook) {
  JsonWriter json(call.out);
  begin_webhook(json, webhook);
  json.end_object();
  json.end_line();
}

/// What is told after a change.
int tell(const Call& call, const Webhook& webhook, std::string_view what) {
  if (call.arguments.has("--json")) {
    write_webhook(call, webhook);
    return EX_OK;
  }
  fmt::print(call.out, "webhook {} {}\n", webhook.id, what);
  const std::string key = public_key_of(webhook);
  if (!key.empty()) fmt::print(call.out, "public key: {}\n", key);
  return EX_OK;
}

int list(const Call& call) {
  return with_store(call, [&](Store& store) {
    const auto webhooks = store.webhooks();
    if (!webhooks) return store_failed(call, webhooks.error());
    if (call.arguments.has("--json")) {
      for (const Webhook& webhook : *webhooks) write_webhook(call, webhook);
      return EX_OK;
    }
    if (webhooks->empty()) {
      call.out << "no webhooks\n";
      return EX_OK;
    }
    Table table({{"ID", Table::Align::right},
                 {"NAME"},
                 {"ENABLED"},
                 {"SIGNED"},
                 {"OAUTH"},
                 {"EVENTS"},
                 {"URL"}});
    for (const Webhook& webhook : *webhooks)
      table.add({std::to_string(webhook.id), shown(webhook.name, 60),
                 webhook.enabled ? "yes" : "no", webhook.signing_key.empty() ? "no" : "yes",
                 webhook.oauth_token_url.empty() ? "no" : "yes", kinds_in_words(webhook.kinds),
                 shown(url_in_words(webhook.url))});
    call.out << table.text();
    return EX_OK;
  });
}

int add(const Call& call) {
  Webhook webhook;
  webhook.url = call.arguments.operands()[0];
  webhook.created = webhook.updated = call.clock.now();
  Status good = apply_webhook_options(call.arguments, webhook);
  if (good && !call.arguments.has("--sign")) {
    auto key = SigningKey::make();
    if (!key) return call.fail(EX_SOFTWARE, key.error().text);
    webhook.signing_key = key->pem();
  }
  if (!good) return call.fail(EX_USAGE, good.error().text);
  return with_store(call, [&](Store& store) {
    const auto added = store.add_webhook(webhook);
    if (!added) return store_failed(call, added.error());
    webhook.id = *added;
    return tell(call, webhook, "added");
  });
}

int change(const Call& call) {
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    auto webhook = find_webhook(call, store, status);
    if (!webhook) return status;
    if (Status good = apply_webhook_options(call.arguments, *webhook); !good)
      return call.fail(EX_USAGE, good.error().text);
    webhook->updated = call.clock.now();
    if (const Status changed = store.change_webhook(*webhook); !changed)
      return store_failed(call, changed.error());
    return tell(call, *webhook, "changed");
  });
}

int remove(const Call& call) {
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    const auto webhook = find_webhook(call, store, status);
    if (!webhook) return status;
    const auto state = store.webhook_state(webhook->id);
    if (!state) return store_failed(call, state.error());
    const std::size_t waiting = state->waiting + state->behind;
    if (waiting > 0 && !call.arguments.has("--force"))
      return call.fail(found_fault,
                       fmt::format("{} for webhook {}: give --force to forget them",
                                   counted(waiting, "event waits", "events wait"), webhook->id));
    if (const Status gone = store.remove_webhook(webhook->id); !gone)
      return store_failed(call, gone.error());
    if (call.arguments.has("--json")) {
      write_webhook(call, *webhook);
    } else {
      fmt::print(call.out, "webhook {} removed\n", webhook->id);
    }
    return EX_OK;
  });
}

int test(const Call& call) {
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    const auto webhook = find_webhook(call, store, status);
    if (!webhook) return status;
    const Settings& settings = call.settings;
    CurlPoster poster(PosterSettings{.allow_private = settings.webhook_allow_private,
                                     .ca_file = settings.webhook_ca_file});
    const Time now = call.clock.now();
    const std::string body =
        sample_post(all_kinds, now, {short_host(settings.hostname), webhook->extra_fields});
    const Status posted = WebhookClient(poster).post(*webhook, 0, body, now);
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      json.member("id", webhook->id);
      json.member("ok", posted.has_value());
      json.member("error", posted ? std::string_view() : std::string_view(posted.error().text));
      json.end_object();
      json.end_line();
      return posted ? EX_OK : found_fault;
    }
    if (!posted) return call.fail(found_fault, shown(posted.error().text));
    fmt::print(call.out, "webhook {} took one event of each kind\n", webhook->id);
    return EX_OK;
  });
}

int replay(const Call& call) {
  const auto text = call.arguments.value("--since");
  if (!text) return call.fail(EX_USAGE, "since when? Give --since");
  const auto since = read_moment(*text, call.clock.now());
  if (!since) return call.fail(EX_USAGE, since.error().text);
  return with_store(call, [&](Store& store) {
    int status = EX_OK;
    const auto webhook = find_webhook(call, store, status);
    if (!webhook) return status;
    WebhookSettings settings;
    settings.batch_bytes = call.settings.webhook_batch_bytes;
    settings.hostname = call.settings.hostname;
    const auto events = smtpapi::replay(*webhook, *since, settings, store, call.clock.now());
    if (!events) return store_failed(call, events.error());
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      json.member("id", webhook->id);
      json.member("events", *events);
      json.end_object();
      json.end_line();
    } else {
      fmt::print(call.out, "{} will be posted again to webhook {}\n",
                 counted(*events, "event", "events"), webhook->id);
    }
    return EX_OK;
  });
}

void write_status(const Call& call, const Webhook& webhook, const WebhookState& state) {
  JsonWriter json(call.out);
  begin_webhook(json, webhook);
  if (state.last_success) json.member("last_success", to_unix(*state.last_success));
  if (state.last_failure) json.member("last_failure", to_unix(*state.last_failure));
  json.member("last_error", state.last_error);
  json.member("last_sequence", state.last_sequence);
  json.member("waiting", state.waiting + state.behind);
  json.member("waiting_batches", state.batches);
  if (state.oldest) json.member("oldest_batch", to_unix(*state.oldest));
  json.member("posted", state.posted);
  json.member("failed", state.failed);
  json.member("dropped", state.dropped);
  json.end_object();
  json.end_line();
}

int status(const Call& call) {
  return with_store(call, [&](Store& store) {
    const auto webhooks = store.webhooks();
    if (!webhooks) return store_failed(call, webhooks.error());
    const Time now = call.clock.now();
    Table table({{"ID", Table::Align::right},
                 {"NAME"},
                 {"LAST SUCCESS"},
                 {"WAITING", Table::Align::right},
                 {"POSTED", Table::Align::right},
                 {"DROPPED", Table::Align::right},
                 {"FAILED POSTS", Table::Align::right},
                 {"LAST ERROR"}});
    for (const Webhook& webhook : *webhooks) {
      const auto state = store.webhook_state(webhook.id);
      if (!state) return store_failed(call, state.error());
      if (call.arguments.has("--json")) {
        write_status(call, webhook, *state);
        continue;
      }
      std::string error = "-";
      if (state->last_failure)
        error = fmt::format("{}: {}", relative_time(*state->last_failure, now),
                            shown(state->last_error));
      table.add({std::to_string(webhook.id),
                 shown(webhook.name, 60) + (webhook.enabled ? "" : " (off)"),
                 state->last_success ? relative_time(*state->last_success, now) : "never",
                 grouped(state->waiting + state->behind), grouped(state->posted),
                 grouped(state->dropped), grouped(state->failed), error});
    }
    if (call.arguments.has("--json")) return EX_OK;
    call.out << (webhooks->empty() ? "no webhooks\n" : table.text());
    return EX_OK;
  });
}

constexpr std::array commands = {
    Command{"webhook list", "", 0, 0, "Lists endpoints of the event webhook", json_only, "", list},
    Command{"webhook add", "URL", 1, 1, "Adds an endpoint", add_options,
            "A user and password in the URL become basic authentication. What happens\n"
            "from now on is posted there; the key that signatures are checked with is told.",
            add},
    Command{"webhook change", "ID", 1, 1, "Changes, disables or enables an endpoint",
            change_options, "What happens while it is disabled is never posted to it.", change},
    Command{"webhook remove", "ID", 1, 1, "Removes an endpoint", remove_options, "", remove},
    Command{"webhook test", "ID", 1, 1, "Posts a made-up event of each kind now", json_only,
            "Tells whether the endpoint took it; exit status 1 when it did not.", test},
    Command{"webhook replay", "ID", 1, 1, "Posts events once more", replay_options,
            "They keep their sg_event_id, by which the receiver knows them.", replay},
    Command{"webhook status", "", 0, 0, "Tells what was posted, what waits and what failed",
            json_only, "", status},
};

}  // namespace

std::span<const Command> webhook_commands() { return commands; }

}  // namespace smtpapi::ctl
