// What the queue commands share: naming copies on the command line and writing them down.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/json_writer.h"
#include "store/store.h"

namespace smtpapi::ctl {

constexpr Option state_option = {"--state", "STATE",
                                 "waiting, sent, failed, cancelled, expired, dropped"};
constexpr Option recipient_option = {"--recipient", "ADDRESS", "copies to this address"};
constexpr Option submission_option = {"--submission", "ID", "copies of this submission"};
constexpr Option batch_option = {"--batch", "ID", "copies of this batch"};

/// The query that --state, --recipient, --submission and --batch make. Errors: invalid.
Result<CopyQuery> read_query(const Arguments& arguments);
/// True when the query leaves out nothing.
bool is_everything(const CopyQuery& query);

/// An operand: a copy's number, or the 22 characters of a submission's id. Errors: invalid.
Result<CopyQuery> read_id(std::string_view operand);

/// The state as people see it: a waiting copy may be "paused" or "cancelling".
std::string_view state_in_words(const Copy& copy);

/// One object.
void write_copy(JsonWriter& json, const Copy& copy);

}  // namespace smtpapi::ctl
