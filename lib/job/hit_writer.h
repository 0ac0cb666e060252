// Hits on their way into the store, which nobody waits for (TRK-5).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "job/hits.h"
#include "store/events.h"

namespace smtpapi {

/// One thread that writes what Hits gives away. While the store cannot be had hits are held, up to
/// 64 MB of them; then the oldest are dropped, counted, and told once a minute.
class HitWriter {
 public:
  explicit HitWriter(Events& events, std::size_t max_octets = 64u << 20);
  /// What is still held is written without the wait. Only one attempt if the store cannot be had.
  ~HitWriter();

  /// Thread-safe, returns at once.
  void add(Hit hit);

 private:
  void run();
  bool write(Hits::Moment now);
  void tell_dropped(Hits::Moment now);

  Events& events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Hit> arrived_;
  std::size_t arrived_octets_ = 0;
  std::size_t lost_ = 0;
  const std::size_t max_octets_;
  bool ended_ = false;

  Hits hits_;                   // the thread's own, and so is what follows
  std::vector<Event> writing_;  ///< refused by the store so far
  std::size_t dropped_ = 0;
  Hits::Moment told_{-60'000};
  bool failing_ = false;
  Hits::Moment next_try_{0};
  std::thread thread_;
};

}  // namespace smtpapi
