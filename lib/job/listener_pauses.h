// Which injection listeners are not to be had at the moment.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace smtpapi {

/// When a listener cannot be reached, that is nobody's copy's fault: all of its copies wait, first
/// for a second, then 2, 5, 10 and 30, and the log tells it once for each pause. Thread-safe.
class ListenerPauses {
 public:
  /// When the pause ends; nothing if `pool` is not paused at `now`.
  std::optional<Time> until(std::string_view pool, Time now) const;

  /// An attempt that began at `began` did not reach the listener, because of `why`. Begins the
  /// next pause unless another attempt has begun one since. Result: when it ends.
  Time begin(std::string_view pool, Time began, Time now, std::string_view why);

  /// The listener has talked to us: nothing is wrong with it.
  void end(std::string_view pool);

 private:
  struct Pause {
    Time until;
    std::size_t number = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Pause, std::less<>> pauses_;
};

}  // namespace smtpapi
