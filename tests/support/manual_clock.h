// A clock that moves only when the test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace smtpapi {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(to_unix(start)) {}
  Time now() const override { return from_unix(now_.load()); }
  void set(Time time) { now_.store(to_unix(time)); }
  void advance(seconds by) { now_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace smtpapi
