// What several of the store's SQL files need.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "store/db.h"
#include "store/store.h"

namespace smtpapi {

/// Keys of submissions, each once.
using SubmissionKeys = std::set<std::int64_t>;

/// Written by 1,000 copies about as much as by a megabyte of message.
inline constexpr std::size_t weight_of_row = 1'000;

/// Columns of "copy c JOIN submission s ON s.id = c.submission" that read_copy() understands.
inline constexpr std::string_view copy_columns =
    "c.id, s.uid, c.row_index, c.kind, c.state, c.status, c.due, c.next, c.attempts, c.recipient, "
    "c.parameters, c.queue_id, c.reply";
inline constexpr int copy_columns_count = 13;
Copy read_copy(const Row& row);

/// 1 to 100 of A-Z a-z 0-9 - _ (SCH-11): may go into the database as text. Other ids exist nowhere.
bool is_id(std::string_view text);

/// Frees what runners hold whose lease has run out by `now`, except `but`, and forgets them.
Status free_dead_runners(Database& db, Time now, std::string_view but = {});

/// Notes `now` as the end of those of `submissions` that have no waiting copy left.
Status finish_submissions(Database& db, const SubmissionKeys& submissions, Time now);

/// Ends copies held back by their batch whose time is over (SCH-12). Result: whether the limit cut
/// it short.
Result<bool> end_held_back(Database& db, Time now, std::int64_t limit);

/// Within a transaction: the body of Store::hold.
Result<std::string> insert_submission(Database& db, const Submission& submission,
                                      std::span<const NewCopy> copies, std::string_view unique_key);
/// About how many octets that writes.
std::size_t weight_of(const Submission& submission, std::span<const NewCopy> copies);

/// Result: false when an event of that id is kept already.
Result<bool> insert_event(Database& db, const Event& event);

/// Result: false when the address is on that list already.
Result<bool> insert_suppression(Database& db, const Suppression& entry);

/// Within the transaction that settles it: what the end of a copy that never reached the MTA tells
/// (EVT-11, SCH-10), and the list its address goes to (SUPP-1). Nothing for other outcomes.
Status tell_end(Database& db, const Outcome& outcome, Time now);

/// The one column of a statement that returns submission keys.
Result<SubmissionKeys> query_submissions(Database& db, std::string_view sql,
                                         std::span<const Value> values,
                                         std::int64_t* rows = nullptr);

}  // namespace smtpapi
