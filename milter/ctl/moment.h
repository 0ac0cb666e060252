// A moment as people name it on the command line.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace smtpapi::ctl {

/// What read_moment() reads, and how long ago: "2h", "90m", "7d", also "2h ago". A number alone is
/// Unix seconds. Errors: invalid.
Result<Time> read_moment(std::string_view text, Time now);

/// Midnight, in local time ($TZ), of the day `days` days before that of `now`.
Time local_midnight(Time now, int days);

/// "2026-11-21", in local time.
std::string local_day(Time time);

}  // namespace smtpapi::ctl
