// Between the one who claims and settles copies and the threads that send them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "store/store.h"

namespace smtpapi {

/// Copies go one way, outcomes the other, in batches. Thread-safe.
class WorkQueue {
 public:
  using steady_clock = std::chrono::steady_clock;

  /// Copies are wanted when no more than `low_water` lie ready. Outcomes are ripe when `batch` have
  /// gathered, when the first is `gather` old, or when there is nothing to wait for.
  WorkQueue(std::size_t low_water, std::size_t batch, steady_clock::duration gather)
      : low_water_(low_water), batch_(batch), gather_(gather) {}

  // --- the sending threads ---

  enum class Taken {
    copy,  ///< send it, then call done()
    idle,  ///< nothing came in time
    over,  ///< nothing will come any more
  };
  Taken take(Copy& copy, steady_clock::duration patience);
  /// One more, for a thread that is going to send `present`: the copy that follows, if it is of the
  /// same submission and more than `spare` lie ready, so that no other thread goes without. Never
  /// waits. It counts as being sent: call done() for it too.
  bool take_ahead(const Copy& present, Copy& next, std::size_t spare);
  bool is_halted() const;
  void done(Outcome outcome);

  // --- the one who feeds them ---

  void offer(std::vector<Copy> copies);
  bool wants_copies() const;
  /// True while copies lie ready or are being sent, or outcomes have not been collected.
  bool is_busy() const;
  /// All outcomes, if they are ripe.
  std::vector<Outcome> collect(steady_clock::time_point now);
  /// While halted, threads get nothing new: what they bring back could not be recorded.
  void halt(bool halted);
  /// What nobody has begun becomes outcomes `returned`.
  void take_back();
  /// take_back(), and `over` for the threads.
  void close();
  /// Waits for ripe outcomes, for a wish for copies if `feeding`, for wake(), at most until
  /// `until`.
  void wait(steady_clock::time_point until, bool feeding);
  void wake();

 private:
  void pop(Copy& copy);
  bool is_ripe(steady_clock::time_point now) const;
  void return_ready();

  const std::size_t low_water_;
  const std::size_t batch_;
  const steady_clock::duration gather_;

  mutable std::mutex mutex_;
  std::condition_variable copies_came_;
  std::condition_variable news_;
  std::deque<Copy> ready_;
  std::vector<Outcome> done_;
  steady_clock::time_point first_done_;
  std::size_t sending_ = 0;
  bool halted_ = false;
  bool closed_ = false;
  bool woken_ = false;
};

}  // namespace smtpapi
