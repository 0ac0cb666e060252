// The store in SQL, over any database behind db.h. open_store.h makes one.
#pragma once

#include <memory>
#include <utility>

#include "store/db.h"
#include "store/store.h"

namespace smtpapi {

/// Its functions stand in sql_hold.cpp, sql_release.cpp, sql_sweep.cpp and sql_operator.cpp.
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

 private:
  std::unique_ptr<Connections> connections_;
};

}  // namespace smtpapi
