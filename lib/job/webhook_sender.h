// One endpoint of the event webhook: events become batches, batches are posted until they are taken
// (EVT-3, EVT-4).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "job/event_contexts.h"
#include "job/event_post.h"
#include "job/webhook_client.h"
#include "store/store.h"

namespace smtpapi {

struct WebhookSettings {
  seconds batch_seconds{30};
  std::size_t batch_bytes = 786'432;
  seconds retry = std::chrono::hours(24);
  std::size_t max_batches = 100'000;  ///< that wait
  std::string hostname;
  const std::atomic<bool>* stop = nullptr;  ///< set: a post that was given up is not the endpoint's
                                            ///< fault, and due again at the next start
};

/// When a batch that failed for the `attempts`th time is tried again: after 1, 2, 5, 10, 30, 60
/// minutes, then hourly, the last time when `retry` has passed since it was made.
Time next_attempt(const WebhookBatch& batch, int attempts, Time now, seconds retry);

/// An event waits for its batch in the store; a batch is kept there before it is posted, and each
/// attempt tells the same. For one thread at a time; what it refers to must outlive it.
class WebhookSender {
 public:
  WebhookSender(Webhook webhook, Store& store, EventContexts& contexts, Poster& poster,
                const WebhookSettings& settings);

  /// Does a little of what is to do: makes at most one batch, posts at most one. Result: when to be
  /// called again, `now` if there is more to do. Errors: as Store; call again in a second.
  Result<Time> step(Time now);

 private:
  Status collect(Time now);
  Status seal(Time now);
  Result<bool> post_next(Time now);
  Result<std::string> body_of(const WebhookBatch& batch);
  Status failed(const WebhookBatch& batch, const Error& error, Time now);
  void tell_dropped(std::size_t events, Time now);
  std::string name() const;

  const Webhook webhook_;
  Store& store_;
  EventContexts& contexts_;
  WebhookClient client_;
  const WebhookSettings settings_;
  const std::string host_;

  std::int64_t seen_;  ///< events up to here are in open_, or not for us
  std::int64_t kept_;  ///< what the store knows of that
  EventPost open_;
  Time open_since_;          ///< when its first event was added
  WebhookBatch sealed_;      ///< the last one made here
  std::string sealed_body_;  ///< its body, "" when it is gone

  int failures_ = 0;  ///< posts in a row
  Time paused_until_;
  std::size_t dropped_ = 0;  ///< not told yet
  std::optional<Time> told_;
};

}  // namespace smtpapi
