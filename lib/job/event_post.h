// A post of events in the making.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "event/webhook_json.h"
#include "job/event_contexts.h"
#include "store/events.h"

namespace smtpapi {

/// Takes events until there is no room for the next one (EVT-2, EVT-4).
class EventPost {
 public:
  /// `octets`: of the body at most, but an event that is larger is a post of its own. `contexts`
  /// must outlive it.
  EventPost(EventContexts& contexts, WebhookFormat format, std::size_t octets)
      : contexts_(contexts), format_(std::move(format)), octets_(octets) {}

  /// False: there is no room for it. Errors: as Store.
  Result<bool> add(const NumberedEvent& event);

  bool is_full() const { return is_full_; }  ///< told by the first event that found no room
  std::size_t events() const { return events_; }
  std::int64_t first() const { return first_; }  ///< number of its first event
  std::int64_t last() const { return last_; }

  /// The body; it is empty then and takes events again.
  std::string take();

 private:
  EventContexts& contexts_;
  const WebhookFormat format_;
  const std::size_t octets_;
  std::string body_;  ///< without its end
  std::size_t events_ = 0;
  std::int64_t first_ = 0, last_ = 0;
  bool is_full_ = false;
};

}  // namespace smtpapi
