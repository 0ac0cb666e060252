// One thread writes for all callers of a process, so that they share the sync (LIB-37).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "store/db.h"

namespace smtpapi {

/// Callers queue their work; the writer opens one transaction, runs what has gathered, each behind
/// a savepoint so that one that fails does not take the others along, commits, and wakes them all.
/// Readers have connections of their own and never wait for the writer.
class GroupCommit final : public Connections {
 public:
  using Connect = std::function<Result<std::unique_ptr<Database>>()>;

  /// One transaction takes no more than this, so that its memory and the time for which it locks
  /// out other programs stay bounded; work that is larger alone goes alone.
  struct Bounds {
    std::size_t works = 64;
    std::size_t weight = 32u << 20;
  };

  /// `connect` makes further connections: for readers, and a new one when one has gone bad.
  GroupCommit(std::unique_ptr<Database> writer, Connect connect, Bounds bounds);
  /// What is queued is still done.
  ~GroupCommit() override;

  Status write(std::size_t weight, const Work& work) override;
  Status read(const Work& work) override;

  /// How many callers wait for the writer to take up their work.
  std::size_t queued() const;

 private:
  struct Job {
    std::size_t weight;
    const Work& work;
    Status result = ok();
    std::promise<void> done{};
  };
  using steady_clock = std::chrono::steady_clock;

  void run();
  void wait_for_company(std::unique_lock<std::mutex>& lock);
  std::vector<Job*> take_jobs();
  void commit(std::span<Job* const> jobs);
  enum class Transaction { done, refused, lost };
  Transaction commit_together(std::span<Job* const> jobs);
  Status run_behind_savepoint(const Work& work);

  const Connect connect_;
  const Bounds bounds_;

  std::unique_ptr<Database> writer_;  ///< the writer thread's own

  mutable std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<Job*> queue_;
  std::size_t wanted_ = 1;  ///< queue length at which the writer wants to be woken
  bool stopping_ = false;
  std::size_t expected_ = 0;  ///< callers seen at the end of the last commit: they may come back
  steady_clock::time_point committed_;
  steady_clock::duration commit_time_{};

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Database>> idle_readers_;

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace smtpapi
