// Store: from due to settled.
#include <fmt/format.h>

#include <utility>

#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

/// Whom the copies are given to while `name` is alive.
Result<std::int64_t> enter_runner(Database& db, std::string_view name, Time expires) {
  std::int64_t key = 0;
  const auto done = db.query(
      "INSERT INTO runner (name, expires) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE "
      "SET expires = CASE WHEN runner.expires > excluded.expires THEN runner.expires "
      "ELSE excluded.expires END RETURNING id",
      {Octets{name}, to_unix(expires)}, [&](const Row& row) { key = row.integer(0); });
  if (!done) return done.error();
  return key;
}

/// 0, which is nobody's key, when it was never entered or is forgotten.
Result<std::int64_t> find_runner(Database& db, std::string_view name) {
  std::int64_t key = 0;
  const auto asked = db.query("SELECT id FROM runner WHERE name = $1", {Octets{name}},
                              [&](const Row& row) { key = row.integer(0); });
  if (!asked) return asked.error();
  return key;
}

Result<std::int64_t> note(Database& db, std::int64_t runner, const Outcome& outcome, Time now,
                          const Database::OnRow& on_finished) {
  switch (outcome.kind) {
    case Outcome::Kind::sent:
      // The MTA has it, so that is true even if the lease ran out and the copy went to another.
      return db.query(
          "UPDATE copy SET state = 1, attempts = attempts + 1, runner = NULL, settled = $2, "
          "queue_id = $3, reply = $4 WHERE id = $1 AND state = 0 RETURNING submission",
          {outcome.copy_id, to_unix(now), Octets{outcome.queue_id}, Octets{outcome.reply}},
          on_finished);
    case Outcome::Kind::failed:
      return db.query(
          "UPDATE copy SET state = 2, attempts = attempts + 1, runner = NULL, settled = $2, "
          "reply = $3 WHERE id = $1 AND state = 0 AND (runner IS NULL OR runner = $4) "
          "RETURNING submission",
          {outcome.copy_id, to_unix(now), Octets{outcome.reply}, runner}, on_finished);
    case Outcome::Kind::dropped:
      return db.query(
          "UPDATE copy SET state = 5, runner = NULL, settled = $2, reply = $3 WHERE id = $1 AND "
          "state = 0 AND (runner IS NULL OR runner = $4) RETURNING submission",
          {outcome.copy_id, to_unix(now), Octets{outcome.reply}, runner}, on_finished);
    case Outcome::Kind::deferred:
      return db.query(
          "UPDATE copy SET attempts = attempts + 1, runner = NULL, next = $2, reply = $3 "
          "WHERE id = $1 AND state = 0 AND runner = $4",
          {outcome.copy_id, to_unix(outcome.next), Octets{outcome.reply}, runner});
    case Outcome::Kind::returned:
      return db.query("UPDATE copy SET runner = NULL WHERE id = $1 AND state = 0 AND runner = $2",
                      {outcome.copy_id, runner});
  }
  return internal("store: not a kind of outcome");
}

}  // namespace

Result<std::vector<Copy>> SqlStore::claim(std::string_view runner, Time now, seconds lease,
                                          std::size_t limit) {
  std::vector<Copy> copies;
  const Status done = connections_->write(limit * weight_of_row, [&](Database& db) -> Status {
    copies.clear();
    if (Status freed = free_dead_runners(db, now, runner); !freed) return freed;
    const std::string sql = fmt::format(
        "SELECT {} FROM copy c JOIN submission s ON s.id = c.submission WHERE c.state = 0 AND "
        "c.status = 0 AND c.runner IS NULL AND c.next <= $1 ORDER BY c.next, c.id LIMIT $2{}",
        copy_columns, db.dialect().lock_copies);
    if (const auto asked = db.query(sql, {to_unix(now), static_cast<std::int64_t>(limit)},
                                    [&](const Row& row) { copies.push_back(read_copy(row)); });
        !asked)
      return asked.error();
    // Nothing due is nothing written, and so no sync.
    if (copies.empty()) return ok();

    const auto key = enter_runner(db, runner, now + lease);
    if (!key) return key.error();
    for (const Copy& copy : copies)
      if (const auto taken = db.query("UPDATE copy SET runner = $1 WHERE id = $2", {*key, copy.id});
          !taken)
        return taken.error();
    return ok();
  });
  if (!done) return done.error();
  return copies;
}

Status SqlStore::renew(std::string_view runner, Time now, seconds lease) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    if (const auto key = enter_runner(db, runner, now + lease); !key) return key.error();
    return free_dead_runners(db, now, runner);
  });
}

Status SqlStore::settle(std::string_view runner, std::span<const Outcome> outcomes, Time now) {
  if (outcomes.empty()) return ok();
  return connections_->write(outcomes.size() * weight_of_row, [&](Database& db) -> Status {
    const auto key = find_runner(db, runner);
    if (!key) return key.error();
    SubmissionKeys touched;
    for (const Outcome& outcome : outcomes) {
      const auto noted =
          note(db, *key, outcome, now, [&](const Row& row) { touched.insert(row.integer(0)); });
      if (!noted) return noted.error();
      if (*noted == 0) continue;
      if (Status told = tell_end(db, outcome, now); !told) return told;
    }
    return finish_submissions(db, touched, now);
  });
}

Status SqlStore::leave(std::string_view runner) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto key = find_runner(db, runner);
    if (!key) return key.error();
    if (*key == 0) return ok();
    if (const auto freed = db.query("UPDATE copy SET runner = NULL WHERE runner = $1", {*key});
        !freed)
      return freed.error();
    if (const auto gone = db.query("DELETE FROM runner WHERE id = $1", {*key}); !gone)
      return gone.error();
    return ok();
  });
}

Result<std::optional<Time>> SqlStore::next_due() {
  std::optional<Time> next;
  const Status done = connections_->read([&](Database& db) -> Status {
    const auto asked = db.query(
        "SELECT next FROM copy WHERE state = 0 AND status = 0 AND runner IS NULL "
        "ORDER BY next, id LIMIT 1",
        {}, [&](const Row& row) { next = from_unix(row.integer(0)); });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return next;
}

}  // namespace smtpapi
