// Store: the operator's hand.
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/text.h"
#include "store/conditions.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

constexpr std::int64_t most_batches_with_status = 100;  ///< SCH-14
constexpr std::int64_t most_batches_listed = 1'000;

/// The conditions of a query on the table copy. It refers to the query.
class Filter : public Conditions {
 public:
  Filter(const CopyQuery& query, const Dialect& dialect) : recipient_(to_lower(query.recipient)) {
    add("copy.id > {}", query.after);
    if (query.id) add("copy.id = {}", query.id);
    if (query.index) add("copy.row_index = {}", static_cast<std::int64_t>(*query.index));
    if (query.state) add("copy.state = {}", static_cast<std::int64_t>(*query.state));
    if (!query.submission_id.empty())
      add("copy.submission = (SELECT id FROM submission WHERE uid = {})",
          Text{query.submission_id});
    if (!query.batch_id.empty())
      add("copy.submission IN (SELECT id FROM submission WHERE batch_id = {})",
          Text{query.batch_id});
    if (!query.recipient.empty())
      add(fmt::format("{} = {{}}", dialect.folded_recipient), Text{recipient_});
  }

 private:
  std::string recipient_;
};

/// Whether the query can match at all: ids of another shape are nowhere in the database, and a
/// recipient that is not UTF-8 cannot be asked for.
bool is_answerable(const CopyQuery& query) {
  return (query.submission_id.empty() || is_id(query.submission_id)) &&
         (query.batch_id.empty() || is_id(query.batch_id));
}

bool concerns_waiting(const CopyQuery& query) {
  return is_answerable(query) && query.state.value_or(CopyState::waiting) == CopyState::waiting;
}

}  // namespace

std::string_view to_string(CopyState state) {
  switch (state) {
    case CopyState::waiting:
      return "waiting";
    case CopyState::sent:
      return "sent";
    case CopyState::failed:
      return "failed";
    case CopyState::cancelled:
      return "cancelled";
    case CopyState::expired:
      return "expired";
    case CopyState::dropped:
      return "dropped";
  }
  return "unknown";
}

Result<std::vector<Copy>> SqlStore::list(const CopyQuery& query) {
  std::vector<Copy> copies;
  if (!is_answerable(query)) return copies;
  const Status done = connections_->read([&](Database& db) -> Status {
    Filter filter(query, db.dialect());
    const std::string limit = filter.parameter(static_cast<std::int64_t>(query.limit));
    const std::string sql = fmt::format(
        "SELECT {} FROM (SELECT * FROM copy WHERE {} ORDER BY id LIMIT {}) c "
        "JOIN submission s ON s.id = c.submission ORDER BY c.id",
        copy_columns, filter.sql(), limit);
    const auto asked =
        db.execute(sql, filter.values(), [&](const Row& row) { copies.push_back(read_copy(row)); });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return copies;
}

Result<QueueCounts> SqlStore::counts(Time now) {
  QueueCounts counts;
  const Status done = connections_->read([&](Database& db) -> Status {
    const auto asked = db.query(
        "SELECT count(*) FILTER (WHERE state = 0), "
        "count(*) FILTER (WHERE state = 0 AND status = 0 AND next <= $1), "
        "count(*) FILTER (WHERE state = 0 AND status = 1), "
        "count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), "
        "count(*) FILTER (WHERE state > 2), "
        "min(due) FILTER (WHERE state = 0 AND status = 0 AND next <= $1), "
        "(SELECT count(*) FROM runner WHERE expires > $1) FROM copy",
        {to_unix(now)}, [&](const Row& row) {
          std::size_t* const numbers[] = {&counts.waiting, &counts.due,    &counts.paused,
                                          &counts.sent,    &counts.failed, &counts.other};
          int column = 0;
          for (std::size_t* number : numbers)
            *number = static_cast<std::size_t>(row.integer(column++));
          if (!row.is_null(column)) counts.oldest_due = from_unix(row.integer(column));
          counts.runners = static_cast<std::size_t>(row.integer(++column));
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return counts;
}

Result<std::size_t> SqlStore::cancel(const CopyQuery& query, Time now) {
  std::int64_t cancelled = 0;
  if (!concerns_waiting(query)) return std::size_t{0};
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    if (Status freed = free_dead_runners(db, now); !freed) return freed;
    // What a runner has in hand may be with the MTA already (SCH-13): it is discarded only if it
    // comes back.
    const Filter held(query, db.dialect());
    if (const auto flagged = db.execute(
            fmt::format("UPDATE copy SET status = 2 WHERE state = 0 AND runner IS NOT NULL AND {}",
                        held.sql()),
            held.values(), {});
        !flagged)
      return flagged.error();
    Filter filter(query, db.dialect());
    const std::string at = filter.parameter(to_unix(now));
    const auto submissions = query_submissions(
        db,
        fmt::format("UPDATE copy SET state = 3, settled = {} WHERE state = 0 AND runner IS NULL "
                    "AND {} RETURNING submission",
                    at, filter.sql()),
        filter.values(), &cancelled);
    if (!submissions) return submissions.error();
    return finish_submissions(db, *submissions, now);
  });
  if (!done) return done.error();
  return static_cast<std::size_t>(cancelled);
}

Result<std::size_t> SqlStore::release(const CopyQuery& query, Time now) {
  std::int64_t released = 0;
  if (!concerns_waiting(query)) return std::size_t{0};
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    if (Status freed = free_dead_runners(db, now); !freed) return freed;
    Filter filter(query, db.dialect());
    const std::string at = filter.parameter(to_unix(now));
    const auto updated = db.execute(
        fmt::format("UPDATE copy SET status = 0, due = CASE WHEN due < {0} THEN due ELSE {0} END, "
                    "next = CASE WHEN next < {0} THEN next ELSE {0} END "
                    "WHERE state = 0 AND status <> 2 AND runner IS NULL AND {1}",
                    at, filter.sql()),
        filter.values(), {});
    if (!updated) return updated.error();
    released = *updated;
    return ok();
  });
  if (!done) return done.error();
  return static_cast<std::size_t>(released);
}

Result<std::vector<Batch>> SqlStore::batches() {
  std::vector<Batch> batches;
  const Status done = connections_->read([&](Database& db) -> Status {
    const auto asked = db.query(
        "SELECT b.id, b.status, b.since, (SELECT count(*) FROM submission s JOIN copy c "
        "ON c.submission = s.id WHERE s.batch_id = b.id AND s.finished IS NULL AND c.state = 0) "
        "FROM (SELECT id, status, since FROM batch UNION ALL SELECT DISTINCT batch_id, 0, 0 "
        "FROM submission WHERE batch_id IS NOT NULL AND finished IS NULL AND "
        "batch_id NOT IN (SELECT id FROM batch)) b ORDER BY b.status = 0, b.id LIMIT $1",
        {most_batches_listed}, [&](const Row& row) {
          batches.push_back({std::string(row.octets(0)), static_cast<BatchStatus>(row.integer(1)),
                             from_unix(row.integer(2)), static_cast<std::size_t>(row.integer(3))});
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return batches;
}

Status SqlStore::set_batch(std::string_view id, BatchStatus status, Time now) {
  if (!is_id(id)) return invalid("a batch id is 1 to 100 of A-Z a-z 0-9 - _");
  const auto number = static_cast<std::int64_t>(status);
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    // What should be gone already must not come back because it was not swept yet.
    constexpr auto all = std::numeric_limits<std::int64_t>::max();
    if (const auto ended = end_held_back(db, now, all); !ended) return ended.error();
    if (status == BatchStatus::none) {
      if (const auto gone = db.query("DELETE FROM batch WHERE id = $1", {Text{id}}); !gone)
        return gone.error();
    } else {
      std::int64_t others = 0;
      if (const auto asked = db.query("SELECT count(*) FROM batch WHERE id <> $1", {Text{id}},
                                      [&](const Row& row) { others = row.integer(0); });
          !asked)
        return asked.error();
      if (others >= most_batches_with_status)
        return invalid("100 batches are paused or cancelled already: resume one first");
      if (const auto set = db.query(
              "INSERT INTO batch (id, status, since) VALUES ($1, $2, $3) ON CONFLICT (id) DO "
              "UPDATE SET status = excluded.status, since = excluded.since",
              {Text{id}, number, to_unix(now)});
          !set)
        return set.error();
    }
    if (const auto moved = db.query(
            "UPDATE copy SET status = $1 WHERE state = 0 AND submission IN (SELECT id FROM "
            "submission WHERE batch_id = $2 AND finished IS NULL)",
            {number, Text{id}});
        !moved)
      return moved.error();
    return ok();
  });
}

Status SqlStore::check() {
  // Goes through to the disk, as a change to the same value would not.
  if (Status written = connections_->write(
          weight_of_row,
          [](Database& db) -> Status {
            if (const auto done = db.query("UPDATE meta SET checks = checks + 1"); !done)
              return done.error();
            return ok();
          });
      !written)
    return written;
  return connections_->read([](Database& db) { return db.check(); });
}

}  // namespace smtpapi
