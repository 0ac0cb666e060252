// The wall clock, as a thing one can hand in.
#pragma once

#include <chrono>
#include <cstdint>

namespace smtpapi {

/// Seconds since 1970-01-01 UTC, as in the header's `send_at`. A clock's reading is cut down to the
/// second, so a time that has been reached by it has really come.
using Time = std::chrono::sys_seconds;
using std::chrono::seconds;

inline std::int64_t to_unix(Time time) { return time.time_since_epoch().count(); }
inline Time from_unix(std::int64_t value) { return Time(seconds(value)); }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace smtpapi
