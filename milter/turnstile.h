// Lets so much work in at one time, in the order in which it came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace smtpapi {

/// Thread-safe. Callers wait; they hold what they were let in with until their Turn goes away.
class Turnstile {
 public:
  explicit Turnstile(std::size_t octets) : limit_(octets) {}

  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept
        : turnstile_(std::exchange(other.turnstile_, nullptr)), octets_(other.octets_) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(turnstile_, other.turnstile_);
      std::swap(octets_, other.octets_);
      return *this;
    }
    ~Turn() {
      if (turnstile_) turnstile_->leave(octets_);
    }

   private:
    friend class Turnstile;
    Turn(Turnstile& turnstile, std::size_t octets) : turnstile_(&turnstile), octets_(octets) {}
    Turnstile* turnstile_ = nullptr;
    std::size_t octets_ = 0;
  };

  /// Returns when everybody who came before is in and there is room for `octets`. What is larger
  /// than the whole goes alone.
  [[nodiscard]] Turn enter(std::size_t octets) {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = tickets_++;
    changed_.wait(lock, [&] {
      return ticket == next_ && (inside_ == 0 || (octets <= limit_ && inside_ <= limit_ - octets));
    });
    ++next_;
    inside_ += octets;
    if (next_ != tickets_) changed_.notify_all();
    return Turn(*this, octets);
  }

  /// How many wait.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(tickets_ - next_);
  }

 private:
  void leave(std::size_t octets) {
    const std::lock_guard lock(mutex_);
    inside_ -= octets;
    if (next_ != tickets_) changed_.notify_all();
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t tickets_ = 0;  ///< given out
  std::uint64_t next_ = 0;     ///< to be let in next
  std::size_t inside_ = 0;
};

}  // namespace smtpapi
