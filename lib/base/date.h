// A moment as header fields write it.
#pragma once

#include <string>

#include "base/clock.h"

namespace smtpapi {

/// RFC 5322 section 3.3, in UTC: "Tue, 4 Nov 2025 03:47:00 +0000". Years outside 0 to 9999 are
/// written as the nearer of the two.
std::string format_date(Time time);

}  // namespace smtpapi
