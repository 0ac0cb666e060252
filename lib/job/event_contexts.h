// What submissions add to the events of their copies, read once for many events.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "event/webhook_json.h"
#include "store/webhooks.h"

namespace smtpapi {

/// Thread-safe.
class EventContexts {
 public:
  /// Keeps what was used last, up to `limit` octets.
  explicit EventContexts(Webhooks& store, std::size_t limit = 32u << 20)
      : store_(store), limit_(limit) {}

  /// Empty when the submission is not known any more. Errors: as Store.
  Result<EventContext> of(const std::string& submission_id, std::size_t index);

 private:
  struct Facts;
  struct Entry {
    std::string id;
    std::shared_ptr<const Facts> facts;
  };
  Result<std::shared_ptr<const Facts>> find(const std::string& submission_id);
  void keep(const std::string& submission_id, const std::shared_ptr<const Facts>& facts);

  Webhooks& store_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::size_t weight_ = 0;
  std::list<Entry> entries_;  ///< the last used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_id_;
};

}  // namespace smtpapi
