// The store in SQL, over any database behind db.h. open_store.h makes one.
#pragma once

#include <memory>
#include <utility>

#include "store/db.h"
#include "store/store.h"

namespace smtpapi {

/// Its functions stand in sql_hold.cpp, sql_release.cpp, sql_sweep.cpp, sql_operator.cpp,
/// sql_suppressions.cpp, sql_groups.cpp, sql_events.cpp, sql_event_counts.cpp, sql_reports.cpp and
/// sql_ends.cpp.
class SqlStore final : public Store {
 public:
  explicit SqlStore(std::unique_ptr<Connections> connections)
      : connections_(std::move(connections)) {}

  Result<std::string> hold(const Submission& submission, std::span<const NewCopy> copies,
                           std::string_view unique_key) override;

  Result<std::vector<Copy>> claim(std::string_view runner, Time now, seconds lease,
                                  std::size_t limit) override;
  Status renew(std::string_view runner, Time now, seconds lease) override;
  Status settle(std::string_view runner, std::span<const Outcome> outcomes, Time now) override;
  Status leave(std::string_view runner) override;
  Result<std::optional<Time>> next_due() override;
  Result<std::optional<Submission>> submission(std::string_view id) override;

  Result<bool> sweep(Time now, Time keep_after, std::size_t limit) override;

  Result<std::vector<Failures>> unreported_failures(Time now, std::size_t limit) override;
  Status report(const Failures& failures, const Submission* notice,
                std::span<const NewCopy> copies) override;

  Result<std::vector<Copy>> list(const CopyQuery& query) override;
  Result<QueueCounts> counts(Time now) override;
  Result<std::size_t> cancel(const CopyQuery& query, Time now) override;
  Result<std::size_t> release(const CopyQuery& query, Time now) override;
  Result<std::vector<Batch>> batches() override;
  Status set_batch(std::string_view id, BatchStatus status, Time now) override;

  Status check() override;

  Result<std::vector<Listing>> listings(std::span<const std::string> keys,
                                        std::optional<std::int64_t> group) override;
  Result<std::size_t> suppress(std::span<const Suppression> entries) override;
  Result<std::size_t> unsuppress(const SuppressionQuery& query) override;
  Result<std::size_t> change_subscription(std::span<const Suppression> entries, bool join,
                                          std::span<const Event> events) override;
  Result<std::vector<ListedSuppression>> suppressed(const SuppressionQuery& query) override;
  Result<std::vector<std::pair<SuppressionList, std::size_t>>> suppression_counts() override;
  Result<std::vector<Group>> groups() override;
  Result<std::int64_t> add_group(const Group& group) override;
  Status change_group(const Group& group) override;
  Status remove_group(std::int64_t id) override;

  Result<std::size_t> record(std::span<const Event> events) override;
  Result<std::vector<NumberedEvent>> events(const EventQuery& query) override;

  Result<std::vector<CopyPlace>> copies_in(std::span<const std::string> queue_ids) override;
  Result<CopyHistory> history(std::string_view submission_id, std::size_t index) override;
  Result<std::optional<std::string>> bookmark(std::string_view name) override;
  Result<std::size_t> keep(const ReportStep& step) override;
  Result<std::size_t> tell_taken_in(std::size_t limit) override;

  Result<std::vector<Webhook>> webhooks() override;
  Result<std::int64_t> add_webhook(const Webhook& webhook) override;
  Status change_webhook(const Webhook& webhook) override;
  Status remove_webhook(std::int64_t id) override;
  Result<WebhookState> webhook_state(std::int64_t id) override;
  Result<WebhookBatch> add_batch(const WebhookBatch& batch, Time now,
                                 std::size_t max_batches) override;
  Status pass_over(std::int64_t webhook, std::int64_t last) override;
  Result<std::vector<WebhookBatch>> due_batches(std::int64_t webhook, Time now,
                                                std::size_t limit) override;
  Status batch_taken(const WebhookBatch& batch, Time now) override;
  Status batch_failed(const WebhookBatch& batch, std::string_view error, Time now,
                      Time next) override;
  Result<std::size_t> drop_batches(std::int64_t webhook, Time until) override;
  Status add_again(std::vector<WebhookBatch> batches, Time now) override;
  Result<std::optional<Submission>> submission_facts(std::string_view id) override;
  Result<EventRange> event_numbers(std::optional<Time> from, std::optional<Time> before) override;
  Result<EventCounts> count_events(EventRange numbers, std::optional<Time> from,
                                   std::optional<Time> before) override;
  Status headers(std::span<const std::string> submission_ids, const OnHeader& each) override;

 private:
  std::unique_ptr<Connections> connections_;
};

}  // namespace smtpapi
