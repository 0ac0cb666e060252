// Endpoints of the event webhook and what waits to be posted to each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"
#include "store/events.h"

namespace smtpapi {

/// A set of event kinds (EVT-7).
using EventKinds = std::uint32_t;
constexpr EventKinds kind_bit(EventKind kind) { return 1u << static_cast<unsigned>(kind); }
constexpr EventKinds all_kinds = (1u << 11) - 1;

struct Webhook {
  std::int64_t id = 0;
  std::string name;  ///< friendly_name
  std::string url;
  bool enabled = true;
  EventKinds kinds = all_kinds;
  bool extra_fields = false;  ///< fields of ours, beyond EVT-9
  std::string signing_key;    ///< PKCS #8 PEM; "": not signed (SIG-6)
  std::string oauth_client_id, oauth_client_secret, oauth_token_url;  ///< "": none (SIG-7)
  Time created, updated;
};

struct WebhookState {
  std::optional<Time> last_success;
  std::uint64_t last_sequence = 0;
  std::size_t waiting = 0;  ///< events in batches that wait
  std::size_t batches = 0;  ///< that wait
  std::size_t behind = 0;   ///< events not in a batch yet, at most 1,000,000
  std::uint64_t posted = 0, failed = 0, dropped = 0;  ///< events, posts, events
  std::string last_error;                             ///< of the batch tried last, "" if none waits
};

/// Consecutive events that go in one post, each attempt the same (EVT-4). Its sequence number tells
/// a receiver whether it has got every batch.
struct WebhookBatch {
  std::int64_t id = 0;
  std::int64_t webhook = 0;
  std::uint64_t sequence = 0;  ///< 1, 2, 3 ... of its endpoint
  EventKinds kinds = 0;
  std::int64_t first_event = 0, last_event = 0;  ///< numbers, both included
  std::size_t events = 0;
  Time created, next;
  int attempts = 0;
};

/// Thread-safe. Errors: as Store.
class Webhooks {
 public:
  virtual ~Webhooks() = default;

  virtual Result<std::vector<Webhook>> webhooks() = 0;
  /// Result: its id. Events recorded from now on are for it.
  virtual Result<std::int64_t> add_webhook(const Webhook& webhook) = 0;
  /// Errors: invalid (no such webhook).
  virtual Status change_webhook(const Webhook& webhook) = 0;
  /// With what waits for it. Errors: invalid (no such webhook).
  virtual Status remove_webhook(std::int64_t id) = 0;
  /// Errors: invalid (no such webhook).
  virtual Result<WebhookState> webhook_state(std::int64_t id) = 0;

  /// Of its kinds, behind the last one in a batch, by number ascending.
  virtual Result<std::vector<NumberedEvent>> unbatched(const Webhook& webhook,
                                                       std::size_t limit) = 0;
  /// Makes a batch of the first `events` of those, up to event `last`, due at `now`, durably. Past
  /// `max_batches` that wait the oldest is dropped and counted (EVT-4). Result: the batch.
  virtual Result<WebhookBatch> add_batch(const Webhook& webhook, std::int64_t first,
                                         std::int64_t last, std::size_t events, Time now,
                                         std::size_t max_batches) = 0;
  /// Batches with next <= `now`, the longest waiting first.
  virtual Result<std::vector<WebhookBatch>> due_batches(std::int64_t webhook, Time now,
                                                        std::size_t limit) = 0;
  /// Those of a batch, by number ascending; fewer than `events` when the store forgot some.
  virtual Result<std::vector<NumberedEvent>> events_in(const WebhookBatch& batch) = 0;

  /// The post was taken: the batch goes, its events count as posted.
  virtual Status batch_taken(const WebhookBatch& batch, Time now) = 0;
  /// It was not: tried again at `next`.
  virtual Status batch_failed(const WebhookBatch& batch, std::string_view error, Time next) = 0;
  /// Given up: its events count as dropped.
  virtual Status batch_dropped(const WebhookBatch& batch) = 0;

  /// Makes batches (of at most `events_each`) of its kinds' events since `since` that were in
  /// batches before, to be posted once more under new sequence numbers. Result: how many events.
  virtual Result<std::size_t> replay(const Webhook& webhook, Time since, std::size_t events_each,
                                     Time now) = 0;
};

}  // namespace smtpapi
