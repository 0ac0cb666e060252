#include "job/event_contexts.h"

#include <utility>

#include "job/event_labels.h"
#include "store/store.h"

namespace smtpapi {

struct EventContexts::Facts {
  std::string message_id;
  std::string pool;
  std::shared_ptr<const EventLabels> labels;

  std::size_t weight() const { return 256 + message_id.size() + pool.size() + labels->weight(); }
};

Result<EventContext> EventContexts::of(const std::string& submission_id, std::size_t index) {
  EventContext context;
  const auto found = find(submission_id);
  if (!found) return found.error();
  if (!*found) return context;
  const Facts& facts = **found;
  const EventLabels& labels = *facts.labels;
  context.message_id = facts.message_id;
  context.pool = facts.pool;
  context.category = labels.categories();
  context.category_is_array = labels.category_is_array();
  context.unique_args = labels.unique_args(index);
  context.send_at = labels.send_at(index);
  context.group = labels.group();
  return context;
}

Result<std::shared_ptr<const EventContexts::Facts>> EventContexts::find(
    const std::string& submission_id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_id_.find(submission_id); found != by_id_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->facts;
    }
  }
  auto submission = store_.submission_facts(submission_id);
  if (!submission) return std::move(submission).error();
  std::shared_ptr<const Facts> facts;
  if (*submission) {
    Submission& kept = **submission;
    facts = std::make_shared<const Facts>(Facts{std::move(kept.message_id), std::move(kept.pool),
                                                EventLabels::read(kept.header, kept.received)});
    keep(submission_id, facts);
  }
  return facts;
}

void EventContexts::keep(const std::string& submission_id,
                         const std::shared_ptr<const Facts>& facts) {
  const std::lock_guard lock(mutex_);
  if (by_id_.contains(submission_id)) return;  // another thread was quicker
  entries_.push_front({submission_id, facts});
  by_id_.emplace(entries_.front().id, entries_.begin());
  weight_ += facts->weight();
  while (weight_ > limit_ && entries_.size() > 1) {
    weight_ -= entries_.back().facts->weight();
    by_id_.erase(entries_.back().id);
    entries_.pop_back();
  }
}

}  // namespace smtpapi
