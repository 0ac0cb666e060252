// Clicks and opens, held for a moment: what comes next tells whether a person made them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "event/event.h"
#include "track/link.h"

namespace smtpapi {

/// One request that a link of ours brought.
struct Hit {
  Link link;
  Time time;
  std::string client;      ///< address
  std::string user_agent;  ///< at most 512 octets
  std::string purpose;     ///< HttpRequest::purpose
};

/// Holds each hit for 2 seconds and then gives it away as an event with its verdict. A machine is
/// known by its signs (machine_sign), by following two different links of one copy within a second,
/// and by the trap link, which marks the copy and the address for the next 10 minutes. Milliseconds
/// of a steady clock are an argument throughout. Not thread-safe.
class Hits {
 public:
  using Moment = std::chrono::milliseconds;
  static constexpr Moment hold{2'000};
  static constexpr Moment burst{1'000};
  static constexpr Moment trap_lasts{600'000};
  static constexpr std::size_t max_trapped = 10'000;
  /// Of one copy, looked at for another's sake: more come only when a link is on everybody's lips,
  /// and then they cost no more.
  static constexpr std::size_t max_looks = 32;

  /// `max_octets`: of everything held; the oldest make room and are counted in dropped().
  explicit Hits(std::size_t max_octets) : max_octets_(max_octets) {}

  void add(Hit hit, Moment now);

  /// Up to `limit` hits that were added at `now` - hold or before, the oldest first.
  std::vector<Event> take(Moment now, std::size_t limit);

  bool empty() const { return held_.empty(); }
  /// When take() has something; of an empty object: never.
  Moment next() const { return held_.empty() ? Moment::max() : held_.front().at + hold; }
  /// How many were dropped since the last call.
  std::size_t dropped() { return std::exchange(dropped_, 0); }

 private:
  struct Held {
    Hit hit;
    Moment at;
    std::uint64_t number;
  };
  /// Which copy: submission, row.
  using CopyName = std::pair<std::string, std::size_t>;

  /// The latest of a copy that are at most `age` old, the newest first.
  template <class Look>
  void look_back(const CopyName& name, Moment now, Moment age, Look look);
  bool is_burst(const CopyName& name, const Hit& hit, Moment now);
  void spring_trap(const CopyName& name, const std::string& client, Moment now);
  void forget_front();

  const std::size_t max_octets_;
  std::size_t octets_ = 0;
  std::size_t dropped_ = 0;
  std::uint64_t numbers_ = 0;
  std::deque<Held> held_;
  std::map<CopyName, std::deque<std::uint64_t>> by_copy_;  ///< numbers of held hits, ascending
  std::map<std::uint64_t, std::string> verdicts_;          ///< by number, of held hits
  std::map<std::pair<CopyName, std::string>, Moment> trapped_;
};

}  // namespace smtpapi
