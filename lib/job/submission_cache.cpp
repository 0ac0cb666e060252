#include "job/submission_cache.h"

#include <algorithm>
#include <utility>

namespace smtpapi {

Result<SubmissionCache::Compiled> SubmissionCache::get(std::string_view id) {
  const auto has_id = [&](const Entry& entry) { return entry.id == id; };
  std::promise<Result<Compiled>> promise;
  {
    std::unique_lock lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), has_id);
    if (found != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, found);
      const auto compiled = found->compiled;
      lock.unlock();
      return compiled.get();
    }
    entries_.push_front({std::string(id), promise.get_future().share(), 0});
  }
  try {
    Result<Compiled> loaded = load_(id);
    finish(id, loaded ? *loaded : nullptr);
    promise.set_value(loaded);
    return loaded;
  } catch (...) {
    finish(id, nullptr);
    promise.set_exception(std::current_exception());
    throw;
  }
}

void SubmissionCache::finish(std::string_view id, const Compiled& compiled) {
  std::list<Entry> dropped;  // freed behind the lock
  const std::lock_guard lock(mutex_);
  const auto has_id = [&](const Entry& entry) { return entry.id == id; };
  const auto entry = std::find_if(entries_.begin(), entries_.end(), has_id);
  if (!compiled) {
    dropped.splice(dropped.begin(), entries_, entry);
    return;
  }
  entry->weight = compiled->weight;
  std::size_t total = 0;
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto next = std::next(each);
    total += each->weight;
    const bool is_loading = each->weight == 0;
    if (total > limit_ && each != entries_.begin() && !is_loading) {
      total -= each->weight;
      dropped.splice(dropped.begin(), entries_, each);
    }
    each = next;
  }
}

}  // namespace smtpapi
