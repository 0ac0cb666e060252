// Endpoints of the event webhook and what waits to be posted to each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"
#include "store/events.h"

namespace smtpapi {

struct Submission;

/// A set of event kinds (EVT-7).
using EventKinds = std::uint32_t;
constexpr EventKinds kind_bit(EventKind kind) { return 1u << static_cast<unsigned>(kind); }
constexpr EventKinds all_kinds = (1u << event_kinds.size()) - 1;
std::vector<EventKind> kinds_in(EventKinds kinds);

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
  std::int64_t last_event = 0;  ///< events up to this number are in batches, or not for it
};

struct WebhookState {
  std::optional<Time> last_success, last_failure;
  std::string last_error;  ///< of the last failure
  std::uint64_t last_sequence = 0;
  std::size_t waiting = 0;     ///< events in batches that wait
  std::size_t batches = 0;     ///< that wait
  std::optional<Time> oldest;  ///< when the oldest of them was made
  std::size_t behind = 0;      ///< of its kinds, not in a batch yet; at most `most_counted`
  static constexpr std::size_t most_counted = 100'000;
  std::uint64_t posted = 0, failed = 0, dropped = 0;  ///< events, posts, events
};

/// Consecutive events that go in one post, each attempt the same (EVT-4). Its sequence number tells
/// a receiver whether it has got every batch.
struct WebhookBatch {
  std::int64_t id = 0;
  std::int64_t webhook = 0;
  std::uint64_t sequence = 0;  ///< 1, 2, 3 ... of its endpoint
  EventKinds kinds = 0;
  bool extra_fields = false;
  std::int64_t first_event = 0, last_event = 0;  ///< numbers, both included
  std::size_t events = 0;                        ///< of its kinds among them
  Time created, next;
  int attempts = 0;
  std::size_t displaced = 0;  ///< told by add_batch(): events of older ones dropped for it
};

/// Thread-safe. Errors: as Store.
class Webhooks {
 public:
  virtual ~Webhooks() = default;

  /// By id.
  virtual Result<std::vector<Webhook>> webhooks() = 0;
  /// Result: its id. Events recorded from now on are for it.
  virtual Result<std::int64_t> add_webhook(const Webhook& webhook) = 0;
  /// All but id, created and last_event. What was recorded while it was disabled is not for it.
  /// Errors: invalid (no such webhook).
  virtual Status change_webhook(const Webhook& webhook) = 0;
  /// With what waits for it. Errors: invalid (no such webhook).
  virtual Status remove_webhook(std::int64_t id) = 0;
  /// Errors: invalid (no such webhook).
  virtual Result<WebhookState> webhook_state(std::int64_t id) = 0;

  /// Keeps `batch` (webhook, kinds, extra_fields, events and their numbers) as due at `now`,
  /// durably, and gives it the next sequence number; events up to its last are done with. Past
  /// `max_batches` that wait the oldest is dropped and counted (EVT-4). Errors: invalid (no such
  /// webhook; or events up to its first were done with before: somebody else did it).
  virtual Result<WebhookBatch> add_batch(const WebhookBatch& batch, Time now,
                                         std::size_t max_batches) = 0;
  /// None of the events up to number `last` is for it that is not in a batch yet.
  virtual Status pass_over(std::int64_t webhook, std::int64_t last) = 0;

  /// Batches with next <= `now`, the longest waiting first.
  virtual Result<std::vector<WebhookBatch>> due_batches(std::int64_t webhook, Time now,
                                                        std::size_t limit) = 0;
  /// The post was taken: the batch goes, its events count as posted.
  virtual Status batch_taken(const WebhookBatch& batch, Time now) = 0;
  /// It was not: tried again at `next`.
  virtual Status batch_failed(const WebhookBatch& batch, std::string_view error, Time now,
                              Time next) = 0;
  /// Gives up those made at `until` or before. Result: how many events they had.
  virtual Result<std::size_t> drop_batches(std::int64_t webhook, Time until) = 0;

  /// Keeps batches (as for add_batch()) of events that were done with before, as due at `now`, all
  /// or none, under new sequence numbers. Errors: invalid (no such webhook).
  virtual Status add_again(std::vector<WebhookBatch> batches, Time now) = 0;

  /// As Store::submission(), without its message.
  virtual Result<std::optional<Submission>> submission_facts(std::string_view id) = 0;
};

}  // namespace smtpapi
