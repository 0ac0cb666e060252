// Store: the chores.
#include <algorithm>
#include <vector>

#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

constexpr seconds longest_pause = std::chrono::hours(72);        ///< SCH-12
constexpr seconds retries_need = std::chrono::hours(96);         ///< what posts to webhooks tell
constexpr seconds batch_ids_live = std::chrono::hours(24 * 10);  ///< SCH-11
constexpr std::int64_t most_octets_purged = 64 * 1'024 * 1'024;  ///< in one transaction

/// Messages that no copy needs, nor the notice about those that failed.
Result<bool> purge_messages(Database& db, std::int64_t limit) {
  struct Finished {
    std::int64_t key;
    std::int64_t size;
  };
  std::vector<Finished> finished;
  if (const auto asked = db.query(
          "SELECT id, size FROM submission s WHERE finished IS NOT NULL AND purged = 0 AND "
          "NOT EXISTS (SELECT 1 FROM copy c WHERE c.submission = s.id AND c.state = 2 AND "
          "c.kind <> 2 AND c.reported = 0) ORDER BY finished LIMIT $1",
          {limit},
          [&](const Row& row) {
            finished.push_back({row.integer(0), row.integer(1)});
          });
      !asked)
    return asked.error();
  std::int64_t octets = 0;
  for (const Finished& submission : finished) {
    if (octets > most_octets_purged) return true;
    octets += submission.size;
    if (const auto gone = db.query("DELETE FROM message WHERE submission = $1", {submission.key});
        !gone)
      return gone.error();
    if (const auto noted =
            db.query("UPDATE submission SET purged = 1 WHERE id = $1", {submission.key});
        !noted)
      return noted.error();
  }
  return static_cast<std::int64_t>(finished.size()) == limit;
}

Result<bool> forget_submissions(Database& db, Time keep_after, std::int64_t limit) {
  std::vector<std::int64_t> old;
  if (const auto asked = db.query(
          "SELECT id FROM submission s WHERE finished IS NOT NULL AND purged = 1 AND "
          "finished < $1 AND NOT EXISTS (SELECT 1 FROM copy c WHERE c.submission = s.id AND "
          "c.state = 2 AND c.kind <> 2 AND c.reported = 0) ORDER BY finished LIMIT $2",
          {to_unix(keep_after), limit}, [&](const Row& row) { old.push_back(row.integer(0)); });
      !asked)
    return asked.error();
  std::int64_t left = limit;
  for (const std::int64_t submission : old) {
    if (const auto done = db.query(
            "DELETE FROM passed_on WHERE copy IN (SELECT id FROM copy WHERE submission = $1)",
            {submission});
        !done)
      return done.error();
    const auto gone = db.query(
        "DELETE FROM copy WHERE id IN (SELECT id FROM copy WHERE submission = $1 LIMIT $2)",
        {submission, left});
    if (!gone) return gone.error();
    left -= *gone;
    if (left <= 0) return true;
    if (const auto done = db.query("DELETE FROM submission WHERE id = $1", {submission}); !done)
      return done.error();
  }
  return static_cast<std::int64_t>(old.size()) == limit;
}

Result<bool> forget_events(Database& db, Time keep_after, std::int64_t limit) {
  const auto gone = db.query(
      "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE time < $1 ORDER BY time LIMIT $2)",
      {to_unix(keep_after), limit});
  if (!gone) return gone.error();
  return *gone == limit;
}

/// While there are webhooks, what their retries tell is kept: each attempt says the same (EVT-4).
Result<Time> spare_webhooks(Database& db, Time now, Time keep_after) {
  bool any = false;
  const auto asked = db.query("SELECT 1 FROM webhook WHERE enabled = 1 LIMIT 1", {},
                              [&](const Row&) { any = true; });
  if (!asked) return asked.error();
  return any ? std::min(keep_after, now - retries_need) : keep_after;
}

/// A status that nobody waits for any more would count against the limit of SCH-14 for ever.
Status forget_batches(Database& db, Time before) {
  const auto done = db.query(
      "DELETE FROM batch WHERE since < $1 AND NOT EXISTS (SELECT 1 FROM submission s WHERE "
      "s.batch_id = batch.id AND s.finished IS NULL)",
      {to_unix(before)});
  if (!done) return done.error();
  return ok();
}

}  // namespace

Result<bool> end_held_back(Database& db, Time now, std::int64_t limit) {
  const auto cancelled = [&](std::int64_t* rows) {
    const Value values[] = {to_unix(now), limit};
    return query_submissions(
        db,
        "UPDATE copy SET state = 3, settled = $1 WHERE id IN (SELECT id FROM copy WHERE "
        "state = 0 AND status <> 0 AND status = 2 AND due <= $1 AND runner IS NULL LIMIT $2) "
        "RETURNING submission",
        values, rows);
  };
  const auto expired = [&](std::int64_t* rows) {
    const Value values[] = {to_unix(now), to_unix(now - longest_pause), limit};
    return query_submissions(
        db,
        "UPDATE copy SET state = 4, settled = $1 WHERE id IN (SELECT id FROM copy WHERE "
        "state = 0 AND status <> 0 AND status = 1 AND due < $2 AND runner IS NULL LIMIT $3) "
        "RETURNING submission",
        values, rows);
  };
  bool cut = false;
  std::int64_t rows = 0;
  const auto first = cancelled(&rows);
  if (!first) return first.error();
  cut |= rows == limit;
  if (Status done = finish_submissions(db, *first, now); !done) return done.error();
  const auto second = expired(&rows);
  if (!second) return second.error();
  cut |= rows == limit;
  if (Status done = finish_submissions(db, *second, now); !done) return done.error();
  return cut;
}

Result<bool> SqlStore::sweep(Time now, Time keep_after, std::size_t limit) {
  const auto rows = static_cast<std::int64_t>(std::max<std::size_t>(limit, 1));
  bool more = false;
  const Status done = connections_->write(limit * weight_of_row, [&](Database& db) -> Status {
    more = false;
    const auto spared = spare_webhooks(db, now, keep_after);
    if (!spared) return spared.error();
    for (const auto& cut :
         {end_held_back(db, now, rows), purge_messages(db, rows),
          forget_submissions(db, *spared, rows), forget_events(db, *spared, rows)}) {
      if (!cut) return cut.error();
      more |= *cut;
    }
    return forget_batches(db, std::min(keep_after, now - batch_ids_live));
  });
  if (!done) return done.error();
  return more;
}

}  // namespace smtpapi
