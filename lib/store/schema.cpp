#include "store/schema.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

namespace smtpapi {
namespace {

// Words from outside are octets, not text (LIB-34). Ids of our own making and batch ids, which are
// checked, are text. The message lies in a table of its own: rows that change are rewritten as a
// whole (LIB-35).
//
// copy.state: CopyState. copy.status: BatchStatus. copy.kind: CopyKind. Partial indexes name these
// numbers, and a query uses one only if it names the same: what is waited for, held back, in a
// runner's hand or to be reported is found without a walk over what is finished (LIB-40).
constexpr SchemaStep first_version = R"(
CREATE TABLE meta (version BIGINT NOT NULL, checks BIGINT NOT NULL);
INSERT INTO meta VALUES (0, 0);

CREATE TABLE submission (
  id {identity},
  uid TEXT NOT NULL,
  received BIGINT NOT NULL,
  finished BIGINT,
  purged BIGINT NOT NULL,
  size BIGINT NOT NULL,
  unique_key {octets},
  batch_id TEXT,
  smtputf8 BIGINT NOT NULL,
  eight_bit BIGINT NOT NULL,
  queue_id {octets} NOT NULL,
  reverse_path {octets} NOT NULL,
  mail_parameters {octets} NOT NULL,
  client_name {octets} NOT NULL,
  client_address {octets} NOT NULL,
  client_helo {octets} NOT NULL,
  client_login {octets} NOT NULL,
  client_daemon_name {octets} NOT NULL,
  client_protocol {octets} NOT NULL,
  pool {octets} NOT NULL,
  settings {octets} NOT NULL,
  header {octets} NOT NULL
);
CREATE UNIQUE INDEX submission_uid ON submission (uid);
CREATE UNIQUE INDEX submission_unique_key ON submission (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX submission_batch ON submission (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX submission_finished ON submission (purged, finished) WHERE finished IS NOT NULL;

CREATE TABLE message (
  submission {key},
  octets {octets} NOT NULL
);

CREATE TABLE copy (
  id {identity},
  submission BIGINT NOT NULL,
  row_index BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  state BIGINT NOT NULL,
  status BIGINT NOT NULL,
  due BIGINT NOT NULL,
  next BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  runner BIGINT,
  settled BIGINT,
  reported BIGINT NOT NULL,
  recipient {octets} NOT NULL,
  parameters {octets} NOT NULL,
  queue_id {octets} NOT NULL,
  reply {octets} NOT NULL
);
CREATE INDEX copy_submission ON copy (submission, state);
CREATE INDEX copy_offered ON copy (next, id) WHERE state = 0 AND status = 0 AND runner IS NULL;
CREATE INDEX copy_held_back ON copy (status, due) WHERE state = 0 AND status <> 0;
CREATE INDEX copy_claimed ON copy (runner) WHERE runner IS NOT NULL;
CREATE INDEX copy_unreported ON copy (submission, settled)
  WHERE state = 2 AND kind <> 2 AND reported = 0;

CREATE TABLE runner (
  id {identity},
  name {octets} NOT NULL UNIQUE,
  expires BIGINT NOT NULL
);

CREATE TABLE batch (
  id TEXT NOT NULL PRIMARY KEY,
  status BIGINT NOT NULL,
  since BIGINT NOT NULL
);
)";

// suppression.list: SuppressionList; group_id is 0 but for list 4. event.kind: EventKind. Keys of
// addresses are suppression_key()s. An event's number is its id: given under the writer's lock, so
// they become visible in their order.
constexpr SchemaStep lists_and_events = R"(
CREATE TABLE suppression (
  id {identity},
  list BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  address_key {octets} NOT NULL,
  address {octets} NOT NULL,
  created BIGINT NOT NULL,
  reason {octets} NOT NULL,
  status {octets} NOT NULL,
  ip {octets} NOT NULL
);
CREATE UNIQUE INDEX suppression_address ON suppression (address_key, list, group_id);
CREATE INDEX suppression_list ON suppression (list, group_id);

CREATE TABLE unsubscribe_group (
  id {identity},
  name {octets} NOT NULL UNIQUE,
  description {octets} NOT NULL,
  is_default BIGINT NOT NULL
);

CREATE TABLE event (
  id {identity},
  event_id TEXT NOT NULL UNIQUE,
  kind BIGINT NOT NULL,
  time BIGINT NOT NULL,
  submission TEXT NOT NULL,
  row_index BIGINT NOT NULL,
  recipient_key {octets} NOT NULL,
  recipient {octets} NOT NULL,
  ip {octets} NOT NULL,
  useragent {octets} NOT NULL,
  url {octets} NOT NULL,
  link BIGINT,
  link_type BIGINT NOT NULL,
  group_id BIGINT,
  machine {octets} NOT NULL,
  reason {octets} NOT NULL,
  response {octets} NOT NULL,
  status {octets} NOT NULL,
  bounce_type {octets} NOT NULL,
  classification {octets} NOT NULL,
  attempt BIGINT NOT NULL,
  tls BIGINT
);
CREATE INDEX event_submission ON event (submission);
CREATE INDEX event_recipient ON event (recipient_key);
CREATE INDEX event_time ON event (time);
)";

// bookmark: how far a reader has come, in words of its own. webhook.kinds: bit 1 << EventKind.
// webhook.batches and webhook.waiting: how many batches wait, and how many events are in them.
// webhook_batch: a range of events that waits for its post; it goes when the post was taken.
constexpr SchemaStep reports_and_webhooks = R"(
CREATE INDEX copy_queue_id ON copy (queue_id) WHERE state = 1;

DROP INDEX event_submission;
CREATE INDEX event_copy ON event (submission, row_index);

ALTER TABLE submission ADD COLUMN message_id {octets} NOT NULL DEFAULT '';

CREATE TABLE bookmark (
  name TEXT NOT NULL PRIMARY KEY,
  place {octets} NOT NULL
);

CREATE TABLE webhook (
  id {identity},
  name {octets} NOT NULL,
  url {octets} NOT NULL,
  enabled BIGINT NOT NULL,
  kinds BIGINT NOT NULL,
  extra_fields BIGINT NOT NULL,
  signing_key {octets} NOT NULL,
  oauth_client_id {octets} NOT NULL,
  oauth_client_secret {octets} NOT NULL,
  oauth_token_url {octets} NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  last_event BIGINT NOT NULL,
  last_sequence BIGINT NOT NULL,
  last_success BIGINT,
  last_failure BIGINT,
  last_error {octets} NOT NULL,
  batches BIGINT NOT NULL,
  waiting BIGINT NOT NULL,
  posted BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  dropped BIGINT NOT NULL
);

CREATE TABLE webhook_batch (
  id {identity},
  webhook BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  kinds BIGINT NOT NULL,
  extra_fields BIGINT NOT NULL,
  first_event BIGINT NOT NULL,
  last_event BIGINT NOT NULL,
  events BIGINT NOT NULL,
  created BIGINT NOT NULL,
  next BIGINT NOT NULL,
  attempts BIGINT NOT NULL
);
CREATE INDEX webhook_batch_next ON webhook_batch (webhook, next);
)";

// passed_on: further queue IDs under which the MTA tells what becomes of a copy.
constexpr SchemaStep passed_on_copies = R"(
CREATE TABLE passed_on (
  id {identity},
  queue_id {octets} NOT NULL,
  copy BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE UNIQUE INDEX passed_on_queue_id ON passed_on (queue_id, copy);
CREATE INDEX passed_on_copy ON passed_on (copy);
)";

constexpr SchemaStep steps_of_this_program[] = {first_version, lists_and_events,
                                                reports_and_webhooks, passed_on_copies};

/// Nothing when `db` has no tables of ours.
Result<std::optional<std::int64_t>> version_of(Database& db) {
  std::optional<std::int64_t> version;
  const auto ours = db.has_table("meta");
  if (!ours) return ours.error();
  if (!*ours) return version;
  const auto asked =
      db.query("SELECT version FROM meta", {}, [&](const Row& row) { version = row.integer(0); });
  if (!asked) return asked.error();
  return version;
}

Status run_steps(Database& db, std::span<const SchemaStep> steps, EmptyDatabase empty) {
  const auto version = version_of(db);
  if (!version) return version.error();
  if (!*version) {
    const auto is_empty = db.is_empty();
    if (!is_empty) return is_empty.error();
    if (!*is_empty) return invalid("a database of something else: name another file in store.url");
    if (empty == EmptyDatabase::refuse)
      return invalid("no store in it yet: 'smtpapictl init' makes it");
  }
  const std::int64_t from = version->value_or(0);
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (from > newest)
    return invalid(
        fmt::format("schema version {} was made by a newer smtpapi, this one knows up "
                    "to {}: upgrade this program",
                    from, newest));
  for (std::int64_t i = from; i < newest; ++i) {
    const Dialect& dialect = db.dialect();
    const std::string sql =
        fmt::format(fmt::runtime(steps[i]), fmt::arg("identity", dialect.identity),
                    fmt::arg("key", dialect.key), fmt::arg("octets", dialect.octets));
    if (Status done = db.script(sql); !done) return done;
  }
  if (const auto set = db.query("UPDATE meta SET version = $1", {newest}); !set) return set.error();
  return ok();
}

}  // namespace

std::span<const SchemaStep> schema_steps() { return steps_of_this_program; }

Status migrate(Database& db, std::span<const SchemaStep> steps, EmptyDatabase empty) {
  // The usual case, without asking for the right to write.
  const auto version = version_of(db);
  if (!version) return version.error();
  if (*version == static_cast<std::int64_t>(steps.size())) return ok();

  if (Status begun = db.begin(Database::Access::write); !begun) return begun;
  // Asked again inside: another program may have been quicker.
  if (Status done = run_steps(db, steps, empty); !done) {
    db.rollback();
    return done;
  }
  if (Status done = db.commit(); !done) {
    db.rollback();
    return done;
  }
  return ok();
}

}  // namespace smtpapi
