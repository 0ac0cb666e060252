// How many connections there are, in all and from one address.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace smtpapi {

/// Thread-safe.
class HttpAdmission {
 public:
  HttpAdmission(std::size_t in_all, std::size_t per_address)
      : in_all_(in_all), per_address_(per_address) {}

  enum class Answer { come_in, full, too_many_of_one };
  /// `address` "" is not counted by address. Who comes in must leave() with the same.
  Answer enter(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (count_ >= in_all_) return Answer::full;
    if (!address.empty()) {
      std::size_t& here = by_address_[address];
      if (here >= per_address_) return Answer::too_many_of_one;
      ++here;
    }
    ++count_;
    return Answer::come_in;
  }

  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --count_;
    if (address.empty()) return;
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  const std::size_t in_all_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> by_address_;
};

}  // namespace smtpapi
