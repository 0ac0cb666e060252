// One thread's part of the release job: a claimed copy in, what became of it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "job/listener_pauses.h"
#include "job/prepared_copy.h"
#include "job/release.h"
#include "job/submission_cache.h"
#include "net/courier.h"
#include "store/store.h"

namespace smtpapi {

/// What the sessions of one release job share.
struct ReleaseTools {
  const ReleaseSettings& settings;
  const Clock& clock;
  const CourierFactory& couriers;
  SubmissionCache& submissions;
  Suppressions& suppressions;
  ListenerPauses& pauses;
  std::stop_token abandon;
};

/// Not thread-safe. Keeps its lines to the listeners and its buffers from copy to copy.
class ReleaseSession {
 public:
  explicit ReleaseSession(const ReleaseTools& tools) : tools_(tools) {}
  ReleaseSession(const ReleaseSession&) = delete;
  ReleaseSession& operator=(const ReleaseSession&) = delete;

  /// Never throws, never says `returned`. Logs one line for each copy that was tried.
  ///
  /// `next`: the copy of the following call. If it is small and of the same submission it is made
  /// ready now, and the courier may say its envelope while `copy` is being judged. Should it not
  /// come after all, hang_up().
  Outcome release(const Copy& copy, const Copy* next = nullptr) noexcept;

  /// Ends the lines, so that an idle job holds no process of the MTA, and forgets what was made
  /// ready.
  void hang_up();

  std::size_t tried() const { return tried_; }  ///< copies offered to a listener so far

 private:
  /// What is found out about a copy before the first word of it is said.
  struct Slot {
    std::int64_t copy_id = 0;  ///< 0: empty
    SubmissionCache::Compiled submission;
    std::optional<Outcome> outcome;  ///< set if nothing is to be said
    bool is_made = false;
    PreparedCopy made;
  };

  Outcome try_release(const Copy& copy, const Copy* next);
  void examine(Slot& slot, const Copy& copy);
  void make(Slot& slot, const Copy& copy, const CompiledSubmission& submission);
  bool make_ready(const Copy& next) noexcept;
  Result<std::optional<SuppressionList>> stopped_by(const Copy& copy,
                                                    const CompiledSubmission& submission);
  Outcome judge(const Copy& copy, const CompiledSubmission& submission,
                const Result<Receipt>& receipt, Time began);
  Courier& courier(const std::string& pool);

  const ReleaseTools tools_;
  std::map<std::string, std::unique_ptr<Courier>> couriers_;  ///< by pool
  Courier* waiting_ = nullptr;  ///< may have said the envelope of what is in ahead_
  std::size_t tried_ = 0;
  Slot slots_[2];
  Slot* here_ = &slots_[0];
  Slot* ahead_ = &slots_[1];
};

}  // namespace smtpapi
