#include "job/release_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "job/backoff.h"
#include "job/compiled_submission.h"

namespace smtpapi {
namespace {

/// Two copies are in memory when the next is made ready, so only if they are no larger than this.
constexpr std::size_t largest_ahead = 1'000'000;

/// "550 5.1.1 No such user", or what happened to the line.
std::string reply_of(const Receipt& receipt) {
  return receipt.reply_code ? fmt::format("{} {}", receipt.reply_code, receipt.text) : receipt.text;
}

Outcome deferred(const Copy& copy, Time next, std::string reply) {
  return {copy.id, Outcome::Kind::deferred, "", std::move(reply), next};
}

Outcome failed(const Copy& copy, std::string reply) {
  return {copy.id, Outcome::Kind::failed, "", std::move(reply), {}};
}

seconds age(const Copy& copy, Time now) { return std::max(now - copy.due, seconds(0)); }

/// One line for each copy, the queue ID of the submission first.
void log_copy(const Copy& copy, const Submission& submission, const char* what,
              std::string_view detail) {
  log_info("{}: {} submission={}, copy={}, to=<{}>, {}",
           submission.queue_id.empty() ? "NOQUEUE" : submission.queue_id, what, submission.id,
           copy.index, copy.recipient, detail);
}

}  // namespace

Outcome ReleaseSession::release(const Copy& copy, const Copy* next) noexcept {
  std::string what;
  try {
    return try_release(copy, next);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "unknown exception";
  }
  log_error("copy {} of submission {}: {}", copy.index, copy.submission_id, what);
  const Time now = tools_.clock.now();
  return deferred(copy, now + retry_delay(age(copy, now)), "internal error: " + what);
}

Outcome ReleaseSession::try_release(const Copy& copy, const Copy* next) {
  if (ahead_->copy_id == copy.id) {
    std::swap(here_, ahead_);
  } else {
    if (waiting_) std::exchange(waiting_, nullptr)->hang_up();
    examine(*here_, copy);
  }
  ahead_->copy_id = 0;
  Slot& slot = *here_;
  // Nothing outlives its turn: of a large message a session that idles keeps nothing.
  const SubmissionCache::Compiled submission = std::exchange(slot.submission, nullptr);
  if (slot.outcome) return *std::move(slot.outcome);

  const std::string& pool = submission->submission.pool;
  const Time began = tools_.clock.now();
  if (const auto until = tools_.pauses.until(pool, began)) {
    if (waiting_) std::exchange(waiting_, nullptr)->hang_up();
    return deferred(copy, *until, "the injection listener is not to be had");
  }
  if (!slot.is_made) make(slot, copy, *submission);
  if (slot.outcome) return *std::move(slot.outcome);

  Courier& line = courier(pool);
  const bool has_next = next && next->submission_id == copy.submission_id &&
                        slot.made.size() <= largest_ahead && make_ready(*next);
  waiting_ = has_next ? &line : nullptr;
  ++tried_;
  const Parcel* const following = has_next ? &ahead_->made.parcel() : nullptr;
  return judge(copy, *submission, line.deliver(slot.made.parcel(), following), began);
}

/// Looks up what the copy is one of, and who has left since (SCH-10).
void ReleaseSession::examine(Slot& slot, const Copy& copy) {
  slot.copy_id = 0;
  slot.submission = nullptr;
  slot.outcome.reset();
  slot.is_made = false;
  const auto troubled = [&](const Error& error) {
    const Time now = tools_.clock.now();
    log_warning("copy {} of submission {}: {}", copy.index, copy.submission_id, error.text);
    slot.outcome = deferred(copy, now + retry_delay(age(copy, now)), error.text);
  };
  auto submission = tools_.submissions.get(copy.submission_id);
  if (!submission) return troubled(submission.error());
  if (!*submission) {
    log_error("copy {} of submission {}: the submission is gone", copy.index, copy.submission_id);
    slot.outcome = failed(copy, "5.3.0 the submission is gone");
    return;
  }
  slot.submission = *std::move(submission);
  const auto stopped = stopped_by(copy, *slot.submission);
  if (!stopped) return troubled(stopped.error());
  if (!*stopped) return;
  const std::string_view reason = drop_reason(**stopped);
  log_copy(copy, slot.submission->submission, "dropped", reason);
  slot.outcome = Outcome{copy.id, Outcome::Kind::dropped, "", std::string(reason), {}};
}

void ReleaseSession::make(Slot& slot, const Copy& copy, const CompiledSubmission& submission) {
  const Status made = slot.made.make(copy, submission);
  slot.is_made = made.has_value();
  if (made) return;
  log_error("copy {} of submission {} cannot be rendered: {}", copy.index, copy.submission_id,
            made.error().text);
  slot.outcome = failed(copy, "5.6.0 cannot be rendered: " + made.error().text);
}

/// False if nothing is to be said of `next`, or nothing ahead of its turn.
bool ReleaseSession::make_ready(const Copy& next) noexcept {
  try {
    examine(*ahead_, next);
    if (!ahead_->outcome) make(*ahead_, next, *ahead_->submission);
    ahead_->copy_id = next.id;
    return !ahead_->outcome;
  } catch (...) {
    ahead_->copy_id = 0;  // its own turn will tell
    return false;
  }
}

/// SCH-10: who left while the copy waited gets nothing. Notices always go.
Result<std::optional<SuppressionList>> ReleaseSession::stopped_by(
    const Copy& copy, const CompiledSubmission& submission) {
  if (copy.kind == CopyKind::notice) return std::optional<SuppressionList>();
  const std::string key = suppression_key(copy.recipient);
  const auto listings = tools_.suppressions.listings({&key, 1}, submission.document->asm_group_id);
  if (!listings) return listings.error();
  return submission.suppression.stops(copy.recipient, *listings);
}

/// What the courier brought back, as an outcome and a line in the log (RI-9).
Outcome ReleaseSession::judge(const Copy& copy, const CompiledSubmission& compiled,
                              const Result<Receipt>& receipt, Time began) {
  const Submission& submission = compiled.submission;
  const Time now = tools_.clock.now();
  if (!receipt && receipt.error().fault != Fault::invalid) {
    const Time until = tools_.pauses.begin(submission.pool, began, now, receipt.error().text);
    return deferred(copy, until, receipt.error().text);
  }
  tools_.pauses.end(submission.pool);
  if (!receipt) {
    log_copy(copy, submission, "failed", receipt.error().text);
    return failed(copy, receipt.error().text);
  }

  std::string reply = reply_of(*receipt);
  if (receipt->taken()) {
    log_copy(copy, submission, "released",
             fmt::format("queued as {} ({})",
                         receipt->queue_id.empty() ? "unknown" : receipt->queue_id, reply));
    return {copy.id, Outcome::Kind::sent, receipt->queue_id, std::move(reply), {}};
  }
  const bool tried_too_long = age(copy, now) >= tools_.settings.give_up;
  if (receipt->refused() || tried_too_long) {
    log_copy(copy, submission, "failed",
             fmt::format("{}({})", tried_too_long ? "tried too long " : "", reply));
    return failed(copy, std::move(reply));
  }
  const seconds delay = retry_delay(age(copy, now));
  log_copy(copy, submission, "deferred",
           fmt::format("next attempt in {} s ({})", delay.count(), reply));
  return deferred(copy, now + delay, std::move(reply));
}

Courier& ReleaseSession::courier(const std::string& pool) {
  auto& kept = couriers_[pool];
  if (!kept) kept = tools_.couriers(pool, tools_.abandon);
  return *kept;
}

void ReleaseSession::hang_up() {
  waiting_ = nullptr;
  ahead_->copy_id = 0;
  ahead_->submission.reset();
  for (auto& [pool, kept] : couriers_) kept->hang_up();
}

}  // namespace smtpapi
