#include "job/following.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "net/sending_address.h"

namespace smtpapi {
namespace {

constexpr std::size_t copies_at_once = 1'000;
constexpr std::chrono::milliseconds rest(500);
constexpr seconds purge_interval = std::chrono::hours(1);

}  // namespace

Following::Following(Store& store, const Clock& clock, const FollowingSettings& settings,
                     std::vector<std::unique_ptr<LogSource>>& sources)
    : store_(store), clock_(clock), settings_(settings), errors_(sources.size() + 2) {
  const auto addresses = std::make_shared<SendingAddress>();
  for (const auto& source : sources) {
    followers_.emplace_back(*source, store, settings.classes,
                            [addresses](const std::string& ip) { return addresses->towards(ip); });
    names_.push_back(source->name());
  }
  names_.emplace_back("processed");
  names_.emplace_back("purge");
}

/// Each trouble is logged when it begins, when its text changes, and when it is over.
void Following::note(const std::string& what, const Status& done) {
  const auto at = std::find(names_.begin(), names_.end(), what) - names_.begin();
  std::string& last = errors_[static_cast<std::size_t>(at)];
  const std::string now = done ? "" : done.error().text;
  if (now == last) return;
  if (now.empty()) {
    log_info("{}: goes on", what);
  } else {
    log_error("{}: {}", what, now);
  }
  last = now;
}

Status Following::tell_taken_in(bool& more) {
  const auto seen = store_.tell_taken_in(copies_at_once);
  if (!seen) return seen.error();
  more |= *seen == copies_at_once;
  return ok();
}

Status Following::purge(Time now) {
  for (const auto& [list, age] : {std::pair(SuppressionList::bounces, settings_.purge.hard),
                                  std::pair(SuppressionList::blocks, settings_.purge.soft)}) {
    if (!age) continue;
    SuppressionQuery query;
    query.list = list;
    query.before = now - *age;
    const auto gone = store_.unsuppress(query);
    if (!gone) return gone.error();
    if (*gone > 0) log_info("{} old entries are off the list {}", *gone, to_string(list));
  }
  return ok();
}

bool Following::turn(Time now) {
  bool more = false;
  if (now != told_) {
    bool more_copies = false;
    note("processed", tell_taken_in(more_copies));
    more |= more_copies;
    if (!more_copies) told_ = now;
  }
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    const auto stepped = followers_[i].step(now);
    note(names_[i], stepped ? ok() : Status(stepped.error()));
    more |= stepped && *stepped;
  }
  if (now - purged_ >= purge_interval) {
    note("purge", purge(now));
    purged_ = now;
  }
  return more;
}

void Following::run(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    if (turn(clock_.now())) continue;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, rest, [] { return false; });
  }
}

}  // namespace smtpapi
