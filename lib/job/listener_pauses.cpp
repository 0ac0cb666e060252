#include "job/listener_pauses.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"

namespace smtpapi {
namespace {

constexpr seconds lengths[] = {seconds(1), seconds(2), seconds(5), seconds(10), seconds(30)};
constexpr seconds longest = lengths[std::size(lengths) - 1];

std::string name_of(std::string_view pool) {
  return pool.empty() ? "the default listener" : fmt::format("the listener of pool '{}'", pool);
}

}  // namespace

std::optional<Time> ListenerPauses::until(std::string_view pool, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = pauses_.find(pool);
  if (found == pauses_.end() || found->second.until <= now) return std::nullopt;
  // A clock that was set back must not make a pause of hours.
  if (found->second.until > now + longest) return std::nullopt;
  return found->second.until;
}

Time ListenerPauses::begin(std::string_view pool, Time began, Time now, std::string_view why) {
  seconds length;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pauses_.find(pool);
    Pause& pause = found != pauses_.end() ? found->second : pauses_[std::string(pool)];
    const bool is_known = pause.number > 0 && began < pause.until && pause.until <= now + longest;
    if (is_known) return std::max(pause.until, now + seconds(1));
    length = lengths[std::min(pause.number, std::size(lengths) - 1)];
    ++pause.number;
    pause.until = now + length;
  }
  log_warning("{} is not to be had, next attempt in {} s: {}", name_of(pool), length.count(), why);
  return now + length;
}

void ListenerPauses::end(std::string_view pool) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pauses_.find(pool);
    if (found == pauses_.end()) return;
    pauses_.erase(found);
  }
  log_info("{} is back", name_of(pool));
}

}  // namespace smtpapi
