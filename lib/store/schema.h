// The tables, how they came to be step by step, and what databases spell differently.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "store/db.h"

namespace smtpapi {

inline constexpr Dialect sqlite_dialect = {
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .key = "INTEGER PRIMARY KEY",
    .octets = "BLOB",
    .folded_recipient = "lower(CAST(recipient AS TEXT))",
    .contains = "instr({0}, {1}) > 0",
    .lock_copies = "",
};

/// Statements that lead from one version of the schema to the next. {identity}, {key} and {octets}
/// stand for the dialect's column types.
using SchemaStep = const char*;

/// Step i leads from version i to i + 1. Released steps never change: stores out there have taken
/// them.
std::span<const SchemaStep> schema_steps();

enum class EmptyDatabase { fill, refuse };

/// Brings `db` up to version steps.size(), all steps in one transaction. Errors: invalid when the
/// tables are not ours, were made by a newer version, or there are none and `empty` refuses;
/// unavailable. The texts have no file name in them.
Status migrate(Database& db, std::span<const SchemaStep> steps, EmptyDatabase empty);

}  // namespace smtpapi
