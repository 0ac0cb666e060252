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

 private:
  Error full() {
    ++refused;
    return unavailable("store: disk full");
  }

  Store& store_;
};

}  // namespace smtpapi
