#include "job/release_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/backoff.h"
#include "job/compiled_submission.h"

namespace smtpapi {
namespace {

/// Buffers of a message larger than this are not kept for the next submission.
constexpr std::size_t kept_buffers = 1u << 20;

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

Outcome ReleaseSession::release(const Copy& copy) noexcept {
  std::string what;
  try {
    return try_release(copy);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "unknown exception";
  }
  log_error("copy {} of submission {}: {}", copy.index, copy.submission_id, what);
  const Time now = tools_.clock.now();
  return deferred(copy, now + retry_delay(age(copy, now)), "internal error: " + what);
}

Outcome ReleaseSession::try_release(const Copy& copy) {
  const auto submission = tools_.submissions.get(copy.submission_id);
  if (!submission) {
    const Time now = tools_.clock.now();
    log_warning("copy {} of submission {}: {}", copy.index, copy.submission_id,
                submission.error().text);
    return deferred(copy, now + retry_delay(age(copy, now)), submission.error().text);
  }
  if (!*submission) {
    log_error("copy {} of submission {}: the submission is gone", copy.index, copy.submission_id);
    return failed(copy, "5.3.0 the submission is gone");
  }
  const auto stopped = stopped_by(copy, **submission);
  if (!stopped) {
    const Time now = tools_.clock.now();
    log_warning("copy {} of submission {}: {}", copy.index, copy.submission_id,
                stopped.error().text);
    return deferred(copy, now + retry_delay(age(copy, now)), stopped.error().text);
  }
  if (*stopped) {
    const std::string_view reason = drop_reason(**stopped);
    log_copy(copy, (*submission)->submission, "dropped", reason);
    return {copy.id, Outcome::Kind::dropped, "", std::string(reason), {}};
  }
  return deliver(copy, **submission);
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

Outcome ReleaseSession::deliver(const Copy& copy, const CompiledSubmission& compiled) {
  const std::string& pool = compiled.submission.pool;
  const Time began = tools_.clock.now();
  if (const auto until = tools_.pauses.until(pool, began)) {
    return deferred(copy, *until, "the injection listener is not to be had");
  }

  if (rendered_for_ != compiled.submission.id) {
    if (rendered_.size() > kept_buffers) rendered_ = RenderedCopy();
    rendered_for_ = compiled.submission.id;
  }
  const auto delivery = compiled.delivery(copy);
  const Status rendered =
      delivery ? compiled.renderer.render(*delivery, rendered_) : Status(delivery.error());
  if (!rendered) {
    log_error("copy {} of submission {} cannot be rendered: {}", copy.index, copy.submission_id,
              rendered.error().text);
    return failed(copy, "5.6.0 cannot be rendered: " + rendered.error().text);
  }
  ++tried_;
  return judge(copy, compiled, courier(pool).deliver(make_parcel(copy, compiled)), began);
}

Parcel ReleaseSession::make_parcel(const Copy& copy, const CompiledSubmission& compiled) {
  const Submission& submission = compiled.submission;
  received_ = compiled.received.before_index;
  received_ += std::to_string(copy.index);
  received_ += compiled.received.behind_index;
  content_.clear();
  content_.push_back(received_);
  content_.push_back(rendered_.head);
  content_.insert(content_.end(), rendered_.body.begin(), rendered_.body.end());

  Parcel parcel;
  if (copy.kind != CopyKind::notice) {
    parcel.reverse_path = submission.reverse_path;
    parcel.mail_parameters = submission.mail_parameters;
  }
  parcel.recipient = copy.recipient;
  parcel.rcpt_parameters = copy.parameters;
  parcel.smtputf8 = submission.smtputf8;
  parcel.eight_bit =
      submission.eight_bit || !std::all_of(content_.begin(), content_.end(), is_ascii);
  parcel.orig_queue_id = submission.queue_id;
  parcel.client_name = submission.client.name;
  parcel.client_address = submission.client.address;
  parcel.content = content_;
  return parcel;
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
  for (auto& [pool, kept] : couriers_) kept->hang_up();
}

}  // namespace smtpapi
