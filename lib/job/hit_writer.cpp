#include "job/hit_writer.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace smtpapi {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t batch = 1'000;
constexpr milliseconds retry{1'000};
/// Behind a full batch: 10,000 events a second leave the processor to those who wait for answers.
constexpr milliseconds pause{100};
/// A crawl through the queue under the lock would hold up requests.
constexpr std::size_t max_arrived_octets = 8u << 20;

Hits::Moment steady_now() {
  return std::chrono::duration_cast<Hits::Moment>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

HitWriter::HitWriter(Events& events, std::size_t max_octets)
    : events_(events), max_octets_(max_octets), hits_(max_octets), thread_([this] { run(); }) {}

HitWriter::~HitWriter() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void HitWriter::add(Hit hit) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t octets = 400 + hit.link.url.size() + hit.user_agent.size();
    // The thread is behind with taking them over: it writes.
    if (arrived_octets_ + octets > std::max(max_arrived_octets, max_octets_ / 4)) {
      ++lost_;
      return;
    }
    arrived_octets_ += octets;
    arrived_.push_back(std::move(hit));
    if (arrived_.size() > 1) return;  // it has been woken
  }
  changed_.notify_one();
}

void HitWriter::run() {
  std::unique_lock lock(mutex_);
  for (bool ended = false; !ended;) {
    const auto now = steady_now();
    const auto due = writing_.empty() ? std::max(hits_.next(), next_try_) : next_try_;
    if (due == Hits::Moment::max()) {
      changed_.wait(lock, [&] { return ended_ || !arrived_.empty(); });
    } else if (due > now) {
      // New hits can wait until the next are due, but not longer than a burst lasts: their moments
      // are taken when they are taken over.
      changed_.wait_for(lock, std::min(due - now, milliseconds(50)), [&] { return ended_; });
    }
    ended = ended_;
    std::vector<Hit> arrived = std::exchange(arrived_, {});
    arrived_octets_ = 0;
    dropped_ += std::exchange(lost_, 0);
    lock.unlock();
    const auto moment = steady_now();
    for (Hit& hit : arrived) hits_.add(std::move(hit), moment);
    const auto until = ended ? moment + Hits::hold : moment;
    if (ended || moment >= next_try_) {
      do {
        if (writing_.empty()) writing_ = hits_.take(until, batch);
        next_try_ = moment + (writing_.size() == batch ? pause : milliseconds(0));
      } while (write(moment) && ended && hits_.next() <= until);
    }
    tell_dropped(moment);
    lock.lock();
  }
}

/// True when there is nothing left to write of what was taken.
bool HitWriter::write(Hits::Moment now) {
  if (writing_.empty()) return true;
  try {
    const auto done = events_.record(writing_);
    if (done) {
      if (std::exchange(failing_, false)) log_info("events are written again");
      writing_.clear();
      return true;
    }
    if (!std::exchange(failing_, true)) log_error("events wait: {}", done.error().text);
  } catch (const std::exception& e) {
    if (!std::exchange(failing_, true)) log_error("events wait: {}", e.what());
  }
  next_try_ = now + retry;
  return false;
}

void HitWriter::tell_dropped(Hits::Moment now) {
  dropped_ += hits_.dropped();
  if (dropped_ == 0 || now - told_ < std::chrono::minutes(1)) return;
  told_ = now;
  log_warning("{} clicks and opens were not recorded: the store is too slow for them",
              std::exchange(dropped_, 0));
}

}  // namespace smtpapi
