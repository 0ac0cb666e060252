// Store: endpoints of the event webhook.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

Error no_such_webhook(std::int64_t id) {
  return invalid(fmt::format("there is no webhook {}", id));
}

Status check_words(const Webhook& webhook) {
  if (webhook.url.empty()) return invalid("a webhook has a URL");
  for (const std::string_view text : {webhook.name, webhook.url, webhook.oauth_client_id,
                                      webhook.oauth_client_secret, webhook.oauth_token_url}) {
    if (!is_utf8(text) || has_controls(text))
      return invalid("a webhook's name, URLs and credentials are UTF-8 text on one line");
  }
  if ((webhook.kinds & ~all_kinds) != 0) return internal("store: not a set of event kinds");
  return ok();
}

Webhook read_webhook(const Row& row) {
  Webhook webhook;
  webhook.id = row.integer(0);
  webhook.name = row.octets(1);
  webhook.url = row.octets(2);
  webhook.enabled = row.integer(3) != 0;
  webhook.kinds = static_cast<EventKinds>(row.integer(4));
  webhook.extra_fields = row.integer(5) != 0;
  webhook.signing_key = row.octets(6);
  webhook.oauth_client_id = row.octets(7);
  webhook.oauth_client_secret = row.octets(8);
  webhook.oauth_token_url = row.octets(9);
  webhook.created = from_unix(row.integer(10));
  webhook.updated = from_unix(row.integer(11));
  webhook.last_event = row.integer(12);
  return webhook;
}

constexpr std::string_view webhook_columns =
    "id, name, url, enabled, kinds, extra_fields, signing_key, oauth_client_id, "
    "oauth_client_secret, oauth_token_url, created, updated, last_event";

Result<Webhook> find_webhook(Database& db, std::int64_t id) {
  std::optional<Webhook> found;
  const auto asked = db.query(fmt::format("SELECT {} FROM webhook WHERE id = $1", webhook_columns),
                              {id}, [&](const Row& row) { found = read_webhook(row); });
  if (!asked) return asked.error();
  if (!found) return no_such_webhook(id);
  return *std::move(found);
}

/// "kind IN (0, 4)": the kinds of a set.
std::string is_one_of(EventKinds kinds) {
  std::string list;
  for (const EventKind kind : kinds_in(kinds))
    list += fmt::format("{}{}", list.empty() ? "" : ", ", static_cast<int>(kind));
  return fmt::format("kind IN ({})", list.empty() ? "-1" : list);
}

/// The next sequence number, given out.
Result<std::uint64_t> next_sequence(Database& db, std::int64_t webhook) {
  std::uint64_t sequence = 0;
  const auto done = db.query(
      "UPDATE webhook SET last_sequence = last_sequence + 1 WHERE id = $1 RETURNING last_sequence",
      {webhook}, [&](const Row& row) { sequence = static_cast<std::uint64_t>(row.integer(0)); });
  if (!done) return done.error();
  if (sequence == 0) return no_such_webhook(webhook);
  return sequence;
}

Status insert_batch(Database& db, WebhookBatch& batch) {
  const auto sequence = next_sequence(db, batch.webhook);
  if (!sequence) return sequence.error();
  batch.sequence = *sequence;
  const auto events = static_cast<std::int64_t>(batch.events);
  if (const auto done = db.query(
          "INSERT INTO webhook_batch (webhook, sequence, kinds, extra_fields, first_event, "
          "last_event, events, created, next, attempts) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) RETURNING id",
          {batch.webhook, static_cast<std::int64_t>(batch.sequence),
           static_cast<std::int64_t>(batch.kinds), static_cast<std::int64_t>(batch.extra_fields),
           batch.first_event, batch.last_event, events, to_unix(batch.created),
           to_unix(batch.next)},
          [&](const Row& row) { batch.id = row.integer(0); });
      !done)
    return done.error();
  const auto counted =
      db.query("UPDATE webhook SET batches = batches + 1, waiting = waiting + $2 WHERE id = $1",
               {batch.webhook, events});
  if (!counted) return counted.error();
  return ok();
}

/// Batches that `condition` names ("id = $2") go; the endpoint's figures follow. `counter` is the
/// one that their events are added to. Result: how many events.
Result<std::size_t> take_out(Database& db, std::int64_t webhook, std::string_view condition,
                             Value value, std::string_view counter) {
  std::int64_t batches = 0, events = 0;
  if (const auto gone = db.query(
          fmt::format("DELETE FROM webhook_batch WHERE webhook = $1 AND {} RETURNING events",
                      condition),
          {webhook, value},
          [&](const Row& row) {
            ++batches;
            events += row.integer(0);
          });
      !gone)
    return gone.error();
  if (batches == 0) return std::size_t{0};
  const auto counted = db.query(
      fmt::format("UPDATE webhook SET batches = batches - $2, waiting = waiting - $3, {0} = {0} + "
                  "$3 WHERE id = $1",
                  counter),
      {webhook, batches, events});
  if (!counted) return counted.error();
  return static_cast<std::size_t>(events);
}

/// Result: how many events.
Result<std::size_t> drop_surplus(Database& db, std::int64_t webhook, std::size_t max_batches) {
  std::int64_t surplus = 0;
  const auto asked = db.query(
      "SELECT batches FROM webhook WHERE id = $1", {webhook},
      [&](const Row& row) { surplus = row.integer(0) - static_cast<std::int64_t>(max_batches); });
  if (!asked) return asked.error();
  if (surplus <= 0) return std::size_t{0};
  return take_out(db, webhook,
                  "id IN (SELECT id FROM webhook_batch WHERE webhook = $1 ORDER BY "
                  "created, id LIMIT $2)",
                  surplus, "dropped");
}

}  // namespace

std::vector<EventKind> kinds_in(EventKinds kinds) {
  std::vector<EventKind> out;
  for (const EventKind kind : event_kinds) {
    if (kinds & kind_bit(kind)) out.push_back(kind);
  }
  return out;
}

Result<std::vector<Webhook>> SqlStore::webhooks() {
  std::vector<Webhook> webhooks;
  const Status done = connections_->read([&](Database& db) -> Status {
    webhooks.clear();
    const auto asked = db.query(fmt::format("SELECT {} FROM webhook ORDER BY id", webhook_columns),
                                {}, [&](const Row& row) { webhooks.push_back(read_webhook(row)); });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return webhooks;
}

Result<std::int64_t> SqlStore::add_webhook(const Webhook& webhook) {
  if (Status good = check_words(webhook); !good) return good.error();
  std::int64_t id = 0;
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto added = db.query(
        "INSERT INTO webhook (name, url, enabled, kinds, extra_fields, signing_key, "
        "oauth_client_id, oauth_client_secret, oauth_token_url, created, updated, last_event, "
        "last_sequence, last_error, batches, waiting, posted, failed, dropped) SELECT $1, $2, $3, "
        "$4, $5, $6, $7, $8, $9, $10, $11, coalesce(max(id), 0), 0, $12, 0, 0, 0, 0, 0 FROM event "
        "RETURNING id",
        {Octets{webhook.name}, Octets{webhook.url}, static_cast<std::int64_t>(webhook.enabled),
         static_cast<std::int64_t>(webhook.kinds), static_cast<std::int64_t>(webhook.extra_fields),
         Octets{webhook.signing_key}, Octets{webhook.oauth_client_id},
         Octets{webhook.oauth_client_secret}, Octets{webhook.oauth_token_url},
         to_unix(webhook.created), to_unix(webhook.updated), Octets{""}},
        [&](const Row& row) { id = row.integer(0); });
    if (!added) return added.error();
    return ok();
  });
  if (!done) return done.error();
  return id;
}

Status SqlStore::change_webhook(const Webhook& webhook) {
  if (Status good = check_words(webhook); !good) return good;
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto before = find_webhook(db, webhook.id);
    if (!before) return before.error();
    if (webhook.enabled && !before->enabled) {
      const auto skipped = db.query(
          "UPDATE webhook SET last_event = (SELECT coalesce(max(id), 0) FROM event) WHERE id = $1",
          {webhook.id});
      if (!skipped) return skipped.error();
    }
    const auto changed = db.query(
        "UPDATE webhook SET name = $2, url = $3, enabled = $4, kinds = $5, extra_fields = $6, "
        "signing_key = $7, oauth_client_id = $8, oauth_client_secret = $9, oauth_token_url = $10, "
        "updated = $11 WHERE id = $1",
        {webhook.id, Octets{webhook.name}, Octets{webhook.url},
         static_cast<std::int64_t>(webhook.enabled), static_cast<std::int64_t>(webhook.kinds),
         static_cast<std::int64_t>(webhook.extra_fields), Octets{webhook.signing_key},
         Octets{webhook.oauth_client_id}, Octets{webhook.oauth_client_secret},
         Octets{webhook.oauth_token_url}, to_unix(webhook.updated)});
    if (!changed) return changed.error();
    return ok();
  });
}

Status SqlStore::remove_webhook(std::int64_t id) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    if (const auto gone = db.query("DELETE FROM webhook_batch WHERE webhook = $1", {id}); !gone)
      return gone.error();
    const auto gone = db.query("DELETE FROM webhook WHERE id = $1", {id});
    if (!gone) return gone.error();
    if (*gone == 0) return no_such_webhook(id);
    return ok();
  });
}

Result<WebhookState> SqlStore::webhook_state(std::int64_t id) {
  WebhookState state;
  const auto size_of = [](const Row& row, int column) {
    return static_cast<std::size_t>(row.integer(column));
  };
  const Status done = connections_->read([&](Database& db) -> Status {
    state = {};
    const auto webhook = find_webhook(db, id);
    if (!webhook) return webhook.error();
    const auto asked = db.query(
        "SELECT last_success, last_failure, last_error, last_sequence, batches, waiting, posted, "
        "failed, dropped, (SELECT min(created) FROM webhook_batch b WHERE b.webhook = webhook.id) "
        "FROM webhook WHERE id = $1",
        {id}, [&](const Row& row) {
          if (!row.is_null(0)) state.last_success = from_unix(row.integer(0));
          if (!row.is_null(1)) state.last_failure = from_unix(row.integer(1));
          state.last_error = row.octets(2);
          state.last_sequence = size_of(row, 3);
          state.batches = size_of(row, 4);
          state.waiting = size_of(row, 5);
          state.posted = size_of(row, 6);
          state.failed = size_of(row, 7);
          state.dropped = size_of(row, 8);
          if (!row.is_null(9)) state.oldest = from_unix(row.integer(9));
        });
    if (!asked) return asked.error();
    if (!webhook->enabled) return ok();
    const auto counted = db.query(
        fmt::format("SELECT count(*) FROM (SELECT 1 FROM event WHERE id > $1 AND {} LIMIT $2) e",
                    is_one_of(webhook->kinds)),
        {webhook->last_event, static_cast<std::int64_t>(WebhookState::most_counted)},
        [&](const Row& row) { state.behind = size_of(row, 0); });
    if (!counted) return counted.error();
    return ok();
  });
  if (!done) return done.error();
  return state;
}

Result<WebhookBatch> SqlStore::add_batch(const WebhookBatch& batch, Time now,
                                         std::size_t max_batches) {
  WebhookBatch added;
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    added = batch;
    added.created = added.next = now;
    added.attempts = 0;
    const auto moved =
        db.query("UPDATE webhook SET last_event = $2 WHERE id = $1 AND last_event < $3",
                 {batch.webhook, batch.last_event, batch.first_event});
    if (!moved) return moved.error();
    if (*moved == 0) {
      const auto webhook = find_webhook(db, batch.webhook);
      if (!webhook) return webhook.error();
      return invalid(fmt::format("events of webhook {} are in a batch already", batch.webhook));
    }
    if (Status inserted = insert_batch(db, added); !inserted) return inserted;
    const auto displaced = drop_surplus(db, batch.webhook, max_batches);
    if (!displaced) return displaced.error();
    added.displaced = *displaced;
    return ok();
  });
  if (!done) return done.error();
  return added;
}

Status SqlStore::pass_over(std::int64_t webhook, std::int64_t last) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto done = db.query(
        "UPDATE webhook SET last_event = $2 WHERE id = $1 AND last_event < $2", {webhook, last});
    if (!done) return done.error();
    return ok();
  });
}

Result<std::vector<WebhookBatch>> SqlStore::due_batches(std::int64_t webhook, Time now,
                                                        std::size_t limit) {
  std::vector<WebhookBatch> batches;
  const Status done = connections_->read([&](Database& db) -> Status {
    batches.clear();
    const auto asked = db.query(
        "SELECT id, sequence, kinds, extra_fields, first_event, last_event, events, created, next, "
        "attempts FROM webhook_batch WHERE webhook = $1 AND next <= $2 ORDER BY next, id LIMIT $3",
        {webhook, to_unix(now), static_cast<std::int64_t>(limit)}, [&](const Row& row) {
          batches.push_back({row.integer(0), webhook, static_cast<std::uint64_t>(row.integer(1)),
                             static_cast<EventKinds>(row.integer(2)), row.integer(3) != 0,
                             row.integer(4), row.integer(5),
                             static_cast<std::size_t>(row.integer(6)), from_unix(row.integer(7)),
                             from_unix(row.integer(8)), static_cast<int>(row.integer(9))});
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return batches;
}

Status SqlStore::batch_taken(const WebhookBatch& batch, Time now) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto gone = take_out(db, batch.webhook, "id = $2", batch.id, "posted");
    if (!gone) return gone.error();
    const auto noted = db.query("UPDATE webhook SET last_success = $2 WHERE id = $1",
                                {batch.webhook, to_unix(now)});
    if (!noted) return noted.error();
    return ok();
  });
}

Status SqlStore::batch_failed(const WebhookBatch& batch, std::string_view error, Time now,
                              Time next) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto delayed =
        db.query("UPDATE webhook_batch SET attempts = attempts + 1, next = $2 WHERE id = $1",
                 {batch.id, to_unix(next)});
    if (!delayed) return delayed.error();
    const auto noted = db.query(
        "UPDATE webhook SET failed = failed + 1, last_failure = $2, last_error = $3 WHERE id = $1",
        {batch.webhook, to_unix(now), Octets{error}});
    if (!noted) return noted.error();
    return ok();
  });
}

Result<std::size_t> SqlStore::drop_batches(std::int64_t webhook, Time until) {
  std::size_t events = 0;
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto dropped = take_out(db, webhook, "created <= $2", to_unix(until), "dropped");
    if (!dropped) return dropped.error();
    events = *dropped;
    return ok();
  });
  if (!done) return done.error();
  return events;
}

Status SqlStore::add_again(std::vector<WebhookBatch> batches, Time now) {
  return connections_->write(weight_of_row * (batches.size() + 1), [&](Database& db) -> Status {
    for (WebhookBatch& batch : batches) {
      batch.created = batch.next = now;
      if (Status inserted = insert_batch(db, batch); !inserted) return inserted;
    }
    return ok();
  });
}

}  // namespace smtpapi
