#include "job/webhook_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace smtpapi {
namespace {

using std::chrono::minutes;

constexpr std::array intervals = {minutes(1),  minutes(2),  minutes(5),
                                  minutes(10), minutes(30), minutes(60)};
constexpr seconds first_pause{5}, longest_pause{60};
constexpr std::size_t page = 500;
/// Events that are not for an endpoint are looked at once more after a restart, up to so many.
constexpr std::int64_t most_to_look_at_again = 10'000;

}  // namespace

Time next_attempt(const WebhookBatch& batch, int attempts, Time now, seconds retry) {
  const auto step = std::min<std::size_t>(static_cast<std::size_t>(attempts), intervals.size());
  return std::min<Time>(now + intervals[step - 1], std::max(batch.created + retry, now));
}

WebhookSender::WebhookSender(Webhook webhook, Store& store, EventContexts& contexts, Poster& poster,
                             const WebhookSettings& settings)
    : webhook_(std::move(webhook)),
      store_(store),
      contexts_(contexts),
      client_(poster),
      settings_(settings),
      host_(short_host(settings.hostname)),
      seen_(webhook_.last_event),
      kept_(webhook_.last_event),
      open_(contexts, {host_, webhook_.extra_fields}, settings_.batch_bytes) {}

Result<Time> WebhookSender::step(Time now) {
  if (Status collected = collect(now); !collected) return std::move(collected).error();
  const bool is_ripe = open_.events() > 0 && now - open_since_ >= settings_.batch_seconds;
  const bool is_done = open_.is_full() || is_ripe;
  if (is_done) {
    if (Status done = seal(now); !done) return std::move(done).error();
  }
  const auto posted = post_next(now);
  if (!posted) return posted.error();
  return is_done || *posted ? now : now + seconds(1);
}

/// Reads on until the batch is full or no more events are there.
Status WebhookSender::collect(Time now) {
  if (webhook_.kinds == 0) return ok();
  const auto numbers = store_.event_numbers({}, {});
  if (!numbers) return numbers.error();
  EventQuery query;
  query.kinds = kinds_in(webhook_.kinds);
  query.limit = page;
  query.below = numbers->last + 1;
  while (!open_.is_full() && seen_ < numbers->last) {
    query.after = seen_;
    const auto events = store_.events(query);
    if (!events) return events.error();
    for (const NumberedEvent& event : *events) {
      const bool was_empty = open_.events() == 0;
      const auto added = open_.add(event);
      if (!added) return added.error();
      if (!*added) return ok();
      if (was_empty) open_since_ = now;
      seen_ = event.number;
    }
    if (events->size() < page) seen_ = numbers->last;
  }
  if (open_.events() == 0 && seen_ - kept_ > most_to_look_at_again) {
    if (Status done = store_.pass_over(webhook_.id, seen_); !done) return done;
    kept_ = seen_;
  }
  return ok();
}

Status WebhookSender::seal(Time now) {
  WebhookBatch batch;
  batch.webhook = webhook_.id;
  batch.kinds = webhook_.kinds;
  batch.extra_fields = webhook_.extra_fields;
  batch.first_event = open_.first();
  batch.last_event = open_.last();
  batch.events = open_.events();
  const auto added = store_.add_batch(batch, now, settings_.max_batches);
  if (!added) return added.error();
  sealed_ = *added;
  kept_ = open_.last();
  sealed_body_ = open_.take();
  tell_dropped(added->displaced, now);
  return ok();
}

/// Whether there was one to post.
Result<bool> WebhookSender::post_next(Time now) {
  tell_dropped(0, now);
  if (now < paused_until_) return false;
  const auto due = store_.due_batches(webhook_.id, now, 1);
  if (!due) return due.error();
  if (due->empty()) return false;
  const WebhookBatch& batch = due->front();
  const auto body = body_of(batch);
  if (!body) return body.error();
  // When the store has forgotten all of its events, nothing is left to tell.
  const Status posted = body->empty() ? ok() : client_.post(webhook_, batch.sequence, *body, now);
  if (!posted && settings_.stop && *settings_.stop) return false;
  if (!posted) {
    if (Status noted = failed(batch, posted.error(), now); !noted) return std::move(noted).error();
    return true;
  }
  if (Status noted = store_.batch_taken(batch, now); !noted) return std::move(noted).error();
  if (failures_ > 0) log_info("{}: takes events again", name());
  failures_ = 0;
  return true;
}

Result<std::string> WebhookSender::body_of(const WebhookBatch& batch) {
  if (batch.id == sealed_.id && !sealed_body_.empty()) return std::exchange(sealed_body_, {});
  EventQuery query;
  query.kinds = kinds_in(batch.kinds);
  query.after = batch.first_event - 1;
  query.below = batch.last_event + 1;
  query.limit = batch.events;
  const auto events = store_.events(query);
  if (!events) return events.error();
  std::string body;
  for (const NumberedEvent& event : *events) {
    const auto context = contexts_.of(event.event.submission_id, event.event.index);
    if (!context) return context.error();
    body += body.empty() ? post_begin : post_separator;
    append_event_json(body, event.event, *context, {host_, batch.extra_fields});
  }
  if (!body.empty()) body += post_end;
  return body;
}

Status WebhookSender::failed(const WebhookBatch& batch, const Error& error, Time now) {
  const Time next = next_attempt(batch, batch.attempts + 1, now, settings_.retry);
  if (++failures_ == 1) log_warning("{}: batch {} waits: {}", name(), batch.sequence, error.text);
  // Others are not sent after it at once: an endpoint that is ill is asked once a minute.
  const int doublings = std::min(failures_ - 1, 10);
  paused_until_ = now + std::min(first_pause * (1 << doublings), longest_pause);
  if (Status noted = store_.batch_failed(batch, error.text, now, next); !noted) return noted;
  const auto dropped = store_.drop_batches(webhook_.id, now - settings_.retry);
  if (!dropped) return dropped.error();
  tell_dropped(*dropped, now);
  return ok();
}

void WebhookSender::tell_dropped(std::size_t events, Time now) {
  dropped_ += events;
  if (dropped_ == 0 || (told_ && now - *told_ < minutes(1))) return;
  told_ = now;
  log_warning("{}: {} events were given up, for nobody took them", name(),
              std::exchange(dropped_, 0));
}

std::string WebhookSender::name() const {
  return fmt::format("webhook {} ({})", webhook_.id, printable(webhook_.name, 60));
}

}  // namespace smtpapi
