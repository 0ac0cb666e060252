#include "store/group_commit.h"

#include <signal.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace smtpapi {
namespace {

constexpr std::size_t most_idle_readers = 4;
constexpr std::chrono::milliseconds longest_wait_for_company(5);

/// What `work` says, or what it threw.
Status outcome_of(const Connections::Work& work, Database& db) {
  try {
    return work(db);
  } catch (const std::bad_alloc&) {
    return unavailable("store: out of memory");
  } catch (const std::exception& e) {
    return internal(std::string("store: ") + e.what());
  }
}

}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<Database> writer, Connect connect, Bounds bounds)
    : connect_(std::move(connect)), bounds_(bounds), writer_(std::move(writer)) {
  // Signals are for the program's own threads: here SIGTERM would find nobody who waits for it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_came_.notify_one();
  thread_.join();
}

Status GroupCommit::write(std::size_t weight, const Work& work) {
  Job job{weight, work};
  std::future<void> done = job.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return unavailable("store: closing");
    queue_.push_back(&job);
    if (queue_.size() == wanted_) work_came_.notify_one();
  }
  done.wait();
  return std::move(job.result);
}

Status GroupCommit::read(const Work& work) {
  std::unique_ptr<Database> db;
  {
    const std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      db = std::move(idle_readers_.back());
      idle_readers_.pop_back();
    }
  }
  if (!db) {
    auto opened = connect_();
    if (!opened) return opened.error();
    db = *std::move(opened);
  }
  if (Status begun = db->begin(Database::Access::read); !begun) return begun;
  Status result = outcome_of(work, *db);
  db->rollback();

  if (db->usable()) {
    const std::lock_guard lock(readers_mutex_);
    if (idle_readers_.size() < most_idle_readers) idle_readers_.push_back(std::move(db));
  }
  return result;
}

std::size_t GroupCommit::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void GroupCommit::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_ = 1;
    work_came_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    wait_for_company(lock);
    const std::vector<Job*> jobs = take_jobs();
    lock.unlock();

    const auto began = steady_clock::now();
    commit(jobs);
    const auto now = steady_clock::now();

    lock.lock();
    commit_time_ = now - began;
    committed_ = now;
    // Counted before anyone is woken: afterwards some may be back already.
    expected_ = jobs.size() + queue_.size();
    lock.unlock();
    for (Job* job : jobs) job->done.set_value();
    if (writer_) writer_->tidy();
    lock.lock();
  }
}

/// Those just served often come back at once. Starting without them would sync for the first one
/// alone, and let the others wait for the next turn: half the callers for each sync. Waiting a part
/// of what a commit costs brings them together; a caller that comes alone never waits.
void GroupCommit::wait_for_company(std::unique_lock<std::mutex>& lock) {
  const std::size_t company = std::min(expected_, bounds_.works);
  if (queue_.size() >= company) return;
  const auto patience =
      std::min<steady_clock::duration>(commit_time_ / 2, longest_wait_for_company);
  wanted_ = company;
  work_came_.wait_until(lock, committed_ + patience,
                        [&] { return stopping_ || queue_.size() >= company; });
}

std::vector<GroupCommit::Job*> GroupCommit::take_jobs() {
  std::vector<Job*> jobs;
  std::size_t weight = 0;
  while (!queue_.empty() && jobs.size() < bounds_.works) {
    weight += queue_.front()->weight;
    if (!jobs.empty() && weight > bounds_.weight) break;
    jobs.push_back(queue_.front());
    queue_.pop_front();
  }
  return jobs;
}

void GroupCommit::commit(std::span<Job* const> jobs) {
  if (commit_together(jobs) != Transaction::lost || jobs.size() == 1) return;
  // One may have been too much for the disk, and the others not.
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (commit_together(jobs.subspan(i, 1)) != Transaction::refused) continue;
    for (Job* job : jobs.subspan(i)) job->result = jobs[i]->result;
    return;
  }
}

/// Refused: no transaction could be had. Lost: it was begun, and nothing of it is kept.
GroupCommit::Transaction GroupCommit::commit_together(std::span<Job* const> jobs) {
  const auto end = [&](Transaction transaction, const Error& error) {
    for (Job* job : jobs) job->result = error;
    if (writer_) writer_->rollback();
    return transaction;
  };
  if (writer_ && !writer_->usable()) writer_.reset();
  if (!writer_) {
    auto opened = connect_();
    if (!opened) return end(Transaction::refused, opened.error());
    writer_ = *std::move(opened);
  }
  if (const Status begun = writer_->begin(Database::Access::write); !begun)
    return end(Transaction::refused, begun.error());
  for (Job* job : jobs) {
    job->result = run_behind_savepoint(job->work);
    if (!writer_->in_transaction()) return end(Transaction::lost, job->result.error());
  }
  if (const Status committed = writer_->commit(); !committed)
    return end(Transaction::lost, committed.error());
  return Transaction::done;
}

Status GroupCommit::run_behind_savepoint(const Work& work) {
  if (const auto set = writer_->query("SAVEPOINT work"); !set) return set.error();
  Status result = outcome_of(work, *writer_);
  if (!writer_->in_transaction())
    return result ? Status(internal("store: work ended its transaction")) : result;
  if (!result) {
    if (const auto undone = writer_->query("ROLLBACK TO SAVEPOINT work"); !undone) {
      writer_->rollback();
      return undone.error();
    }
  }
  if (const auto kept = writer_->query("RELEASE SAVEPOINT work"); !kept) {
    writer_->rollback();
    return kept.error();
  }
  return result;
}

}  // namespace smtpapi
