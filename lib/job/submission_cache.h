// The submissions whose copies are being released right now.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "job/compiled_submission.h"

namespace smtpapi {

/// Thread-safe. Copies of one submission come one after the other, so few entries serve many.
class SubmissionCache {
 public:
  using Compiled = std::shared_ptr<const CompiledSubmission>;
  /// Null when there is no such submission. Called without a lock, once for each miss however many
  /// threads wait for it. May throw.
  using Load = std::function<Result<Compiled>(std::string_view id)>;

  /// Keeps what was used last, up to `limit` octets by weight; the one used last in any case.
  SubmissionCache(Load load, std::size_t limit) : load_(std::move(load)), limit_(limit) {}

  /// Errors and null are not kept: the next call asks again.
  Result<Compiled> get(std::string_view id);

 private:
  struct Entry {
    std::string id;
    std::shared_future<Result<Compiled>> compiled;
    std::size_t weight = 0;  ///< 0: still being loaded
  };
  void finish(std::string_view id, const Compiled& compiled);

  const Load load_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::list<Entry> entries_;  ///< the last used first
};

}  // namespace smtpapi
