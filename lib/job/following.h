// What smtpapi-events does of its own accord: tells what was taken in, follows the MTA's log, takes
// old entries off the lists.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "event/bounce_class.h"
#include "event/log_source.h"
#include "job/follow.h"
#include "store/store.h"

namespace smtpapi {

/// How long addresses stay on the lists (SUPP-5); nothing: for good.
struct BouncePurge {
  std::optional<seconds> hard;  ///< bounces
  std::optional<seconds> soft;  ///< blocks
};

struct FollowingSettings {
  BounceClasses classes = BounceClasses::built_in();
  BouncePurge purge;
};

class Following {
 public:
  /// All of them must outlive this, and are this object's while run() lasts.
  Following(Store& store, const Clock& clock, const FollowingSettings& settings,
            std::vector<std::unique_ptr<LogSource>>& sources);

  /// Until `stop` is requested. When nothing happens it looks twice a second.
  void run(std::stop_token stop);

  /// All that can be done now, in pieces: true when there is more.
  bool turn(Time now);

 private:
  Status tell_taken_in(bool& more);
  Status purge(Time now);
  void note(const std::string& what, const Status& done);

  Store& store_;
  const Clock& clock_;
  const FollowingSettings& settings_;
  std::vector<Follower> followers_;
  std::vector<std::string> errors_;  ///< the last of each part, "" once it is over
  std::vector<std::string> names_;
  Time purged_, told_;
};

}  // namespace smtpapi
