#include "job/work_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace smtpapi {

WorkQueue::Taken WorkQueue::take(Copy& copy, steady_clock::duration patience) {
  std::unique_lock lock(mutex_);
  const bool came = copies_came_.wait_for(lock, patience,
                                          [&] { return closed_ || (!ready_.empty() && !halted_); });
  if (closed_) return Taken::over;
  if (!came) return Taken::idle;
  pop(copy);
  return Taken::copy;
}

bool WorkQueue::take_ahead(const Copy& present, Copy& next, std::size_t spare) {
  const std::lock_guard lock(mutex_);
  if (halted_ || ready_.size() <= spare) return false;  // closed: there are none
  if (ready_.front().submission_id != present.submission_id) return false;
  pop(next);
  return true;
}

void WorkQueue::pop(Copy& copy) {
  copy = std::move(ready_.front());
  ready_.pop_front();
  ++sending_;
  if (ready_.size() == low_water_) news_.notify_one();
}

bool WorkQueue::is_halted() const {
  const std::lock_guard lock(mutex_);
  return halted_;
}

void WorkQueue::done(Outcome outcome) {
  const std::lock_guard lock(mutex_);
  --sending_;
  if (done_.empty()) first_done_ = steady_clock::now();
  done_.push_back(std::move(outcome));
  // The first starts the time that is gathered for; in between nobody needs to wake up.
  const bool is_last = sending_ == 0 && ready_.empty();
  if (done_.size() == 1 || done_.size() >= batch_ || is_last) news_.notify_one();
}

void WorkQueue::offer(std::vector<Copy> copies) {
  {
    const std::lock_guard lock(mutex_);
    std::move(copies.begin(), copies.end(), std::back_inserter(ready_));
    if (closed_) return_ready();
  }
  copies_came_.notify_all();
}

bool WorkQueue::wants_copies() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && ready_.size() <= low_water_;
}

bool WorkQueue::is_busy() const {
  const std::lock_guard lock(mutex_);
  return sending_ > 0 || !ready_.empty() || !done_.empty();
}

bool WorkQueue::is_ripe(steady_clock::time_point now) const {
  if (done_.empty()) return false;
  return done_.size() >= batch_ || now >= first_done_ + gather_ ||
         (sending_ == 0 && (ready_.empty() || halted_));
}

std::vector<Outcome> WorkQueue::collect(steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return is_ripe(now) ? std::exchange(done_, {}) : std::vector<Outcome>();
}

void WorkQueue::halt(bool halted) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(halted_, halted) == halted) return;
  }
  copies_came_.notify_all();
}

void WorkQueue::return_ready() {
  if (!ready_.empty() && done_.empty()) first_done_ = steady_clock::now();
  for (const Copy& copy : ready_) {
    done_.push_back({copy.id, Outcome::Kind::returned, "", "", {}});
  }
  ready_.clear();
}

void WorkQueue::take_back() {
  const std::lock_guard lock(mutex_);
  return_ready();
}

void WorkQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    return_ready();
  }
  copies_came_.notify_all();
}

void WorkQueue::wait(steady_clock::time_point until, bool feeding) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto now = steady_clock::now();
    const bool wants = feeding && !closed_ && ready_.size() <= low_water_;
    if (std::exchange(woken_, false) || wants || is_ripe(now) || now >= until) return;
    news_.wait_until(lock, done_.empty() ? until : std::min(until, first_done_ + gather_));
  }
}

void WorkQueue::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  news_.notify_one();
}

}  // namespace smtpapi
