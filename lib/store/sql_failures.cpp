// Store: failed copies whose sender must be told (TR-6).
#include <fmt/format.h>

#include <utility>

#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

constexpr seconds soon(60);  ///< a copy tried within that time may still join the notice
constexpr seconds longest_silence(300);  ///< after the first failure
constexpr std::int64_t most_copies = 1'000;

}  // namespace

Result<std::vector<Failures>> SqlStore::unreported_failures(Time now, std::size_t limit) {
  std::vector<Failures> all;
  const Status done = connections_->read([&](Database& db) -> Status {
    std::vector<std::int64_t> submissions;
    const auto asked = db.query(
        "SELECT f.submission, s.uid FROM (SELECT submission, min(settled) AS first FROM copy "
        "WHERE state = 2 AND kind <> 2 AND reported = 0 GROUP BY submission) f "
        "JOIN submission s ON s.id = f.submission "
        "WHERE f.first < $1 OR NOT EXISTS (SELECT 1 FROM copy w WHERE w.submission = f.submission "
        "AND w.state = 0 AND (w.runner IS NOT NULL OR (w.status = 0 AND w.next <= $2))) "
        "ORDER BY f.first, f.submission LIMIT $3",
        {to_unix(now - longest_silence), to_unix(now + soon), static_cast<std::int64_t>(limit)},
        [&](const Row& row) {
          submissions.push_back(row.integer(0));
          all.push_back({std::string(row.octets(1)), {}});
        });
    if (!asked) return asked.error();

    const std::string sql = fmt::format(
        "SELECT {} FROM copy c JOIN submission s ON s.id = c.submission WHERE c.submission = $1 "
        "AND c.state = 2 AND c.kind <> 2 AND c.reported = 0 ORDER BY c.id LIMIT $2",
        copy_columns);
    for (std::size_t i = 0; i < submissions.size(); ++i)
      if (const auto listed =
              db.query(sql, {submissions[i], most_copies},
                       [&](const Row& row) { all[i].copies.push_back(read_copy(row)); });
          !listed)
        return listed.error();
    return ok();
  });
  if (!done) return done.error();
  return all;
}

Status SqlStore::report(const Failures& failures, const Submission* notice,
                        std::span<const NewCopy> copies) {
  const std::size_t weight =
      weight_of_row * failures.copies.size() + (notice ? weight_of(*notice, copies) : 0);
  return connections_->write(weight, [&](Database& db) -> Status {
    std::int64_t told = 0;
    for (const Copy& copy : failures.copies) {
      const auto marked = db.query(
          "UPDATE copy SET reported = 1 WHERE id = $1 AND state = 2 AND reported = 0", {copy.id});
      if (!marked) return marked.error();
      told += *marked;
    }
    // Another program was quicker: its notice is kept already.
    if (!notice || told == 0) return ok();
    if (const auto held = insert_submission(db, *notice, copies, {}); !held) return held.error();
    return ok();
  });
}

}  // namespace smtpapi
