// How much memory all messages under way may fill together.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace smtpapi {

/// Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t octets) : limit_(octets) {}

  void set_limit(std::size_t octets) { limit_ = octets; }
  std::size_t used() const { return used_; }

 private:
  friend class MemoryCharge;

  bool take(std::size_t octets) {
    std::size_t used = used_;
    do {
      if (octets > limit_ || used > limit_ - octets) return false;
    } while (!used_.compare_exchange_weak(used, used + octets));
    return true;
  }

  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> used_ = 0;
};

/// One message's share, given back when this goes away.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  explicit MemoryCharge(MemoryBudget& budget) : budget_(&budget) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~MemoryCharge() {
    if (held_) budget_->used_ -= held_;
  }

  /// False when the budget has no room for `total` octets of this message; its share stays as it
  /// was then.
  bool raise_to(std::size_t total) {
    if (total <= held_) return true;
    if (!budget_->take(total - held_)) return false;
    held_ = total;
    return true;
  }

 private:
  MemoryBudget* budget_ = nullptr;
  std::size_t held_ = 0;
};

}  // namespace smtpapi
