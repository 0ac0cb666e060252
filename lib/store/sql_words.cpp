#include "store/sql_words.h"

#include <algorithm>
#include <vector>

namespace smtpapi {

// The schema's indexes and the statements name these numbers.
static_assert(static_cast<int>(CopyState::waiting) == 0 && static_cast<int>(CopyState::sent) == 1 &&
              static_cast<int>(CopyState::failed) == 2 &&
              static_cast<int>(CopyState::cancelled) == 3 &&
              static_cast<int>(CopyState::expired) == 4 &&
              static_cast<int>(CopyState::dropped) == 5);
static_assert(static_cast<int>(CopyKind::normal) == 0 && static_cast<int>(CopyKind::bcc) == 1 &&
              static_cast<int>(CopyKind::notice) == 2);
static_assert(static_cast<int>(BatchStatus::none) == 0 &&
              static_cast<int>(BatchStatus::pause) == 1 &&
              static_cast<int>(BatchStatus::cancel) == 2);

Copy read_copy(const Row& row) {
  Copy copy;
  copy.id = row.integer(0);
  copy.submission_id = row.octets(1);
  copy.index = static_cast<std::size_t>(row.integer(2));
  copy.kind = static_cast<CopyKind>(row.integer(3));
  copy.state = static_cast<CopyState>(row.integer(4));
  const bool waiting = copy.state == CopyState::waiting;
  const auto status = static_cast<BatchStatus>(row.integer(5));
  copy.paused = waiting && status == BatchStatus::pause;
  copy.cancelling = waiting && status == BatchStatus::cancel;
  copy.due = from_unix(row.integer(6));
  copy.next = from_unix(row.integer(7));
  copy.attempts = static_cast<int>(row.integer(8));
  copy.recipient = row.octets(9);
  copy.parameters = row.octets(10);
  copy.queue_id = row.octets(11);
  copy.reply = row.octets(12);
  return copy;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  });
}

Status free_dead_runners(Database& db, Time now, std::string_view but) {
  std::vector<std::int64_t> dead;
  if (const auto asked = db.query("SELECT id FROM runner WHERE expires <= $1 AND name <> $2",
                                  {to_unix(now), Octets{but}},
                                  [&](const Row& row) { dead.push_back(row.integer(0)); });
      !asked)
    return asked.error();
  for (const std::int64_t runner : dead) {
    if (const auto freed = db.query("UPDATE copy SET runner = NULL WHERE runner = $1", {runner});
        !freed)
      return freed.error();
    if (const auto gone = db.query("DELETE FROM runner WHERE id = $1", {runner}); !gone)
      return gone.error();
  }
  return ok();
}

Status finish_submissions(Database& db, const SubmissionKeys& submissions, Time now) {
  for (const std::int64_t submission : submissions) {
    if (const auto done =
            db.query("UPDATE submission SET finished = $1 WHERE id = $2 AND finished IS NULL AND "
                     "NOT EXISTS (SELECT 1 FROM copy WHERE submission = $2 AND state = 0)",
                     {to_unix(now), submission});
        !done)
      return done.error();
  }
  return ok();
}

Result<SubmissionKeys> query_submissions(Database& db, std::string_view sql,
                                         std::span<const Value> values, std::int64_t* rows) {
  SubmissionKeys keys;
  std::int64_t count = 0;
  const auto asked = db.execute(sql, values, [&](const Row& row) {
    keys.insert(row.integer(0));
    ++count;
  });
  if (!asked) return asked.error();
  if (rows) *rows = count;
  return keys;
}

}  // namespace smtpapi
