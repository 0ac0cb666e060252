// A store in front of another that fails when the test says so.
#pragma once

#include <atomic>

#include "store/store.h"

namespace smtpapi {

class StoreProxy final : public Store {
 public:
  explicit StoreProxy(Store& store) : store_(store) {}

  std::atomic<bool> reads_fail = false;   ///< next_due(), submission()
  std::atomic<bool> writes_fail = false;  ///< claim(), renew(), settle(), leave()
  std::atomic<int> settles = 0;           ///< that were let through
  std::atomic<int> refused = 0;           ///< calls that failed

  Result<std::string> hold(const Submission& submission, std::span<const NewCopy> copies,
                           std::string_view unique_key) override {
    return store_.hold(submission, copies, unique_key);
  }
  Result<std::vector<Copy>> claim(std::string_view runner, Time now, seconds lease,
                                  std::size_t limit) override {
    if (writes_fail) return full();
    return store_.claim(runner, now, lease, limit);
  }
  Status renew(std::string_view runner, Time now, seconds lease) override {
    if (writes_fail) return full();
    return store_.renew(runner, now, lease);
  }
  Status settle(std::string_view runner, std::span<const Outcome> outcomes, Time now) override {
    if (writes_fail) return full();
    ++settles;
    return store_.settle(runner, outcomes, now);
  }
  Status leave(std::string_view runner) override {
    if (writes_fail) return full();
    return store_.leave(runner);
  }
  Result<std::optional<Time>> next_due() override {
    if (reads_fail) return full();
    return store_.next_due();
  }
  Result<std::optional<Submission>> submission(std::string_view id) override {
    if (reads_fail) return full();
    return store_.submission(id);
  }
  Result<bool> sweep(Time now, Time keep_after, std::size_t limit) override {
    return store_.sweep(now, keep_after, limit);
  }
  Result<std::vector<Failures>> unreported_failures(Time now, std::size_t limit) override {
    return store_.unreported_failures(now, limit);
  }
  Status report(const Failures& failures, const Submission* notice,
                std::span<const NewCopy> copies) override {
    return store_.report(failures, notice, copies);
  }
  Result<std::vector<Copy>> list(const CopyQuery& query) override { return store_.list(query); }
  Result<QueueCounts> counts(Time now) override { return store_.counts(now); }
  Result<std::size_t> cancel(const CopyQuery& query, Time now) override {
    return store_.cancel(query, now);
  }
  Result<std::size_t> release(const CopyQuery& query, Time now) override {
    return store_.release(query, now);
  }
  Result<std::vector<Batch>> batches() override { return store_.batches(); }
  Status set_batch(std::string_view id, BatchStatus status, Time now) override {
    return store_.set_batch(id, status, now);
  }
  Result<std::vector<Listing>> listings(std::span<const std::string> keys,
                                        std::optional<std::int64_t> group) override {
    if (reads_fail) return full();
    return store_.listings(keys, group);
  }
  Result<std::size_t> suppress(std::span<const Suppression> entries) override {
    return store_.suppress(entries);
  }
  Result<std::size_t> unsuppress(const SuppressionQuery& query) override {
    return store_.unsuppress(query);
  }
  Result<std::size_t> change_subscription(std::span<const Suppression> entries, bool join,
                                          std::span<const Event> events) override {
    if (writes_fail) return full();
    return store_.change_subscription(entries, join, events);
  }
  Result<std::vector<ListedSuppression>> suppressed(const SuppressionQuery& query) override {
    return store_.suppressed(query);
  }
  Result<std::vector<std::pair<SuppressionList, std::size_t>>> suppression_counts() override {
    return store_.suppression_counts();
  }
  Result<std::vector<Group>> groups() override {
    if (reads_fail) return full();
    return store_.groups();
  }
  Result<std::int64_t> add_group(const Group& group) override { return store_.add_group(group); }
  Status change_group(const Group& group) override { return store_.change_group(group); }
  Status remove_group(std::int64_t id) override { return store_.remove_group(id); }
  Result<std::size_t> record(std::span<const Event> events) override {
    if (writes_fail) return full();
    return store_.record(events);
  }
  Result<std::vector<NumberedEvent>> events(const EventQuery& query) override {
    return store_.events(query);
  }
  Result<std::vector<CopyPlace>> copies_in(std::span<const std::string> queue_ids) override {
    if (reads_fail) return full();
    return store_.copies_in(queue_ids);
  }
  Result<CopyHistory> history(std::string_view submission_id, std::size_t index) override {
    if (reads_fail) return full();
    return store_.history(submission_id, index);
  }
  Result<std::optional<std::string>> bookmark(std::string_view name) override {
    if (reads_fail) return full();
    return store_.bookmark(name);
  }
  Result<std::size_t> keep(const ReportStep& step) override {
    if (writes_fail) return full();
    return store_.keep(step);
  }
  Result<std::size_t> tell_taken_in(std::size_t limit) override {
    if (writes_fail) return full();
    return store_.tell_taken_in(limit);
  }
  Result<std::vector<Webhook>> webhooks() override {
    if (reads_fail) return full();
    return store_.webhooks();
  }
  Result<std::int64_t> add_webhook(const Webhook& webhook) override {
    return store_.add_webhook(webhook);
  }
  Status change_webhook(const Webhook& webhook) override { return store_.change_webhook(webhook); }
  Status remove_webhook(std::int64_t id) override { return store_.remove_webhook(id); }
  Result<WebhookState> webhook_state(std::int64_t id) override { return store_.webhook_state(id); }
  Result<WebhookBatch> add_batch(const WebhookBatch& batch, Time now,
                                 std::size_t max_batches) override {
    if (writes_fail) return full();
    return store_.add_batch(batch, now, max_batches);
  }
  Status pass_over(std::int64_t webhook, std::int64_t last) override {
    if (writes_fail) return full();
    return store_.pass_over(webhook, last);
  }
  Result<std::vector<WebhookBatch>> due_batches(std::int64_t webhook, Time now,
                                                std::size_t limit) override {
    if (reads_fail) return full();
    return store_.due_batches(webhook, now, limit);
  }
  Status batch_taken(const WebhookBatch& batch, Time now) override {
    if (writes_fail) return full();
    return store_.batch_taken(batch, now);
  }
  Status batch_failed(const WebhookBatch& batch, std::string_view error, Time now,
                      Time next) override {
    if (writes_fail) return full();
    return store_.batch_failed(batch, error, now, next);
  }
  Result<std::size_t> drop_batches(std::int64_t webhook, Time until) override {
    if (writes_fail) return full();
    return store_.drop_batches(webhook, until);
  }
  Status add_again(std::vector<WebhookBatch> batches, Time now) override {
    if (writes_fail) return full();
    return store_.add_again(std::move(batches), now);
  }
  Result<std::optional<Submission>> submission_facts(std::string_view id) override {
    if (reads_fail) return full();
    return store_.submission_facts(id);
  }
  Result<EventRange> event_numbers(std::optional<Time> from, std::optional<Time> before) override {
    return store_.event_numbers(from, before);
  }
  Result<EventCounts> count_events(EventRange numbers, std::optional<Time> from,
                                   std::optional<Time> before) override {
    return store_.count_events(numbers, from, before);
  }
  Status headers(std::span<const std::string> submission_ids, const OnHeader& each) override {
    if (reads_fail) return full();
    return store_.headers(submission_ids, each);
  }

 private:
  Error full() {
    ++refused;
    return unavailable("store: disk full");
  }

  Store& store_;
};

}  // namespace smtpapi
