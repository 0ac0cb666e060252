// What must survive a restart: submissions, their copies, batches. The contract that every backend
// keeps (tests/store/store_contract.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/bounce_class.h"
#include "mail/envelope.h"
#include "plan/delivery.h"
#include "store/events.h"
#include "store/reports.h"
#include "store/suppressions.h"
#include "store/webhooks.h"

namespace smtpapi {

/// A message as it was taken in, stored once however many copies it becomes.
struct Submission {
  std::string id;  ///< 22 characters, random_id(); never reused
  Time received;
  std::string queue_id;         ///< of the MTA that handed it in
  std::string reverse_path;     ///< "": null sender
  std::string mail_parameters;  ///< RET=, ENVID= of MAIL, or ""
  bool smtputf8 = false;
  bool eight_bit = false;
  Client client;
  std::string header;    ///< the X-SMTPAPI text (unfolded JSON), "" if none
  std::string settings;  ///< the account's filters at intake, as settings.json has them, or ""
  std::string pool;      ///< ip_pool, "": default listener
  std::string batch_id;  ///< only of scheduled submissions (SCH-11)
  std::string message_id = {};  ///< value of its Message-ID field, with <>; "" unknown
  /// Message octets, CRLF, header of ours already out. Shared, not copied, on the way in.
  std::shared_ptr<const std::string> message;
};

struct NewCopy {
  std::size_t index = 0;
  CopyKind kind = CopyKind::normal;
  std::string recipient;      ///< any octets
  std::string parameters;     ///< for RCPT
  Time due;                   ///< 0: at once; not before `received` it is kept as `received`
  std::string drop_reason;    ///< not empty: stored as dropped, for the record
  std::string queue_id = {};  ///< not empty: went on in place in that message of the MTA: stored as
                              ///< sent
};

enum class CopyState : int {
  waiting = 0,    ///< until due, or between two attempts
  sent = 1,       ///< the MTA took it
  failed = 2,     ///< refused for good, or tried too long
  cancelled = 3,  ///< by batch or by hand: discarded
  expired = 4,    ///< paused for more than 72 hours (SCH-12)
  dropped = 5,    ///< never to be sent; reason in `reply`
};
std::string_view to_string(CopyState state);

struct Copy {
  std::int64_t id = 0;
  std::string submission_id;
  std::size_t index = 0;
  CopyKind kind = CopyKind::normal;
  std::string recipient;
  std::string parameters;
  CopyState state = CopyState::waiting;
  Time due;
  Time next;  ///< when it is offered again; equals due before the first attempt
  int attempts = 0;
  std::string queue_id;     ///< the injection listener's, once sent
  std::string reply;        ///< last reply of the MTA, or the drop reason
  bool paused = false;      ///< its batch is paused
  bool cancelling = false;  ///< its batch is cancelled: discarded when due
};

/// What became of one claimed copy.
struct Outcome {
  std::int64_t copy_id = 0;
  enum class Kind {
    sent,
    deferred,
    failed,
    returned,  ///< unsent
    dropped,   ///< a suppression list stops it (SCH-10); `reply` is the reason
  } kind = Kind::returned;
  std::string queue_id;  ///< sent
  std::string reply;     ///< the MTA's reply or the error, printable
  Time next;             ///< deferred: when to try again
  /// Failed: what `reply` means; without it the built-in table of bounce classes says so.
  std::optional<BounceVerdict> verdict = {};
};

enum class BatchStatus : int { none = 0, pause = 1, cancel = 2 };

struct Batch {
  std::string id;
  BatchStatus status = BatchStatus::none;
  Time since;               ///< of the status
  std::size_t waiting = 0;  ///< copies that still wait
};

struct CopyQuery {
  std::string submission_id;  ///< "" any
  std::string recipient;      ///< "" any; exact, ASCII case ignored
  std::string batch_id;       ///< "" any
  std::optional<CopyState> state;
  std::size_t limit = 50;
  std::int64_t after = 0;                 ///< copy ids above this one: the next page
  std::int64_t id = 0;                    ///< 0 any; this one copy
  std::optional<std::size_t> index = {};  ///< row
};

/// Failed copies of one submission about which its sender has not been told.
struct Failures {
  std::string submission_id;
  std::vector<Copy> copies;  ///< at most 1,000
};

struct QueueCounts {
  std::size_t waiting = 0, due = 0, paused = 0, sent = 0, failed = 0, other = 0;
  std::optional<Time> oldest_due;
  std::size_t runners = 0;  ///< that are alive
};

/// Every call is one transaction, safe from any thread, and is either wholly done or not at all.
/// Errors: unavailable (locked too long, disk full, corrupt: the text says what to do), and
/// what a function names besides.
class Store : public Suppressions, public Events, public Reports, public Webhooks {
 public:
  // --- intake ---

  /// Keeps the submission and all of its copies. On ok they survive a power cut, so the caller may
  /// answer 250; concurrent callers share one sync. `unique_key`, if not empty, names the job: when
  /// a submission with that key is kept already nothing is stored and the result is its id (RI-14).
  /// Copies whose batch is paused or cancelled start so. Result: the id under which it is kept.
  virtual Result<std::string> hold(const Submission& submission, std::span<const NewCopy> copies,
                                   std::string_view unique_key = {}) = 0;

  // --- release ---

  /// Up to `limit` copies with next <= `now` that no live runner holds, the longest waiting first.
  /// They are hidden from others while `runner` is alive: until `now + lease`, and on as long as it
  /// renews. Paused ones are not offered, nor cancelling ones.
  virtual Result<std::vector<Copy>> claim(std::string_view runner, Time now, seconds lease,
                                          std::size_t limit) = 0;
  /// Says that `runner` lives until `now + lease`, and frees what dead runners held. A `runner` is
  /// one run of one program: random_id().
  virtual Status renew(std::string_view runner, Time now, seconds lease) = 0;
  /// Records outcomes. Idempotent; an outcome for a copy that somebody else finished is ignored,
  /// and what a runner whose lease ran out says of a copy that another holds now, unless it was
  /// sent.
  virtual Status settle(std::string_view runner, std::span<const Outcome> outcomes, Time now) = 0;
  /// The runner ends: what it still holds is free at once.
  virtual Status leave(std::string_view runner) = 0;
  /// Earliest `next` among copies that claim() could offer; nothing when there are none.
  virtual Result<std::optional<Time>> next_due() = 0;
  /// Nothing when it is unknown. The message is null once all copies are finished and it was
  /// purged.
  virtual Result<std::optional<Submission>> submission(std::string_view id) = 0;

  /// Chores: cancelled copies that are due become cancelled, paused ones more than 72 hours past
  /// due expired (SCH-12); messages of finished submissions are deleted; submissions finished
  /// before `keep_after` are forgotten, and so are older events. Neither before their failures are
  /// reported. So is the status of a batch without waiting copies that was set before `keep_after`
  /// and 10 days ago (SCH-11). At most `limit` rows of each a call, so that it stays short; true
  /// when there was more to do.
  virtual Result<bool> sweep(Time now, Time keep_after, std::size_t limit = 1000) = 0;

  /// Submissions with failed copies not yet told of that are settled: no copy of them is being
  /// tried within the next minute, or the first failure is older than 5 minutes.
  virtual Result<std::vector<Failures>> unreported_failures(Time now, std::size_t limit) = 0;
  /// Marks them told and keeps the notice, in one transaction. `notice` may be null: nobody to
  /// tell. When all were told already the notice is not kept.
  virtual Status report(const Failures& failures, const Submission* notice,
                        std::span<const NewCopy> copies) = 0;

  // --- the operator's hand ---

  virtual Result<std::vector<Copy>> list(const CopyQuery& query) = 0;
  virtual Result<QueueCounts> counts(Time now) = 0;
  /// Waiting copies of the query (its limit ignored) become cancelled at once. Result: how many.
  /// Not counted are those that a live runner has in hand: they are discarded if they come back
  /// unsent (SCH-13).
  virtual Result<std::size_t> cancel(const CopyQuery& query, Time now) = 0;
  /// Waiting copies of the query (its limit ignored) become due now, also paused ones, but not
  /// those of a cancelled batch nor those in a live runner's hand. Result: how many.
  virtual Result<std::size_t> release(const CopyQuery& query, Time now) = 0;

  /// Those with a status, then those with waiting copies; at most 1,000.
  virtual Result<std::vector<Batch>> batches() = 0;
  /// Sets or, with none, removes a batch's status and moves its waiting copies along. Errors:
  /// invalid when 100 other batches have a status already (SCH-14), or for what is no batch id.
  virtual Status set_batch(std::string_view id, BatchStatus status, Time now) = 0;

  /// For who asks whether all is well: can be written, is undamaged, has room left. May take some
  /// seconds.
  virtual Status check() { return ok(); }
};

}  // namespace smtpapi
