// What SQLite's result codes mean to an administrator.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace smtpapi {

/// What went wrong with the file `path`, and what to do about it. `code`: extended result code;
/// `system_error`: errno behind it or 0; `message`: SQLite's own words; `patience`: how long a lock
/// was waited for.
Error explain_sqlite(int code, int system_error, std::string_view message, const std::string& path,
                     std::chrono::milliseconds patience);

}  // namespace smtpapi
