// The SQLite driver (only sqlite_db.cpp knows the library).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/db.h"

namespace smtpapi {

/// Opens an existing file; an empty one is a database without tables. `patience`: how long one
/// statement waits for other programs' locks. Errors: unavailable.
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path,
                                              std::chrono::milliseconds patience);

}  // namespace smtpapi
