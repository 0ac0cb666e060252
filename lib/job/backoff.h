// How long a copy waits after an attempt that decided nothing.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace smtpapi {

/// Half as long again as it has been due: 5 seconds at first, so that an MTA that restarts is met
/// soon, growing to 10 minutes, so that one that is ill is left in peace. It follows from the age
/// alone, so it survives restarts.
inline seconds retry_delay(seconds age) {
  return std::clamp(age / 2, seconds(5), seconds(std::chrono::minutes(10)));
}

}  // namespace smtpapi
