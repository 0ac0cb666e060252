// One thread's part of the release job: a claimed copy in, what became of it out.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "job/listener_pauses.h"
#include "job/release.h"
#include "job/submission_cache.h"
#include "net/courier.h"
#include "render/renderer.h"
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

  /// Never throws, never says `returned`. Logs one line for each copy that was tried.
  Outcome release(const Copy& copy) noexcept;

  /// Ends the lines, so that an idle job holds no process of the MTA.
  void hang_up();

  std::size_t tried() const { return tried_; }  ///< copies offered to a listener so far

 private:
  Outcome try_release(const Copy& copy);
  Result<std::optional<SuppressionList>> stopped_by(const Copy& copy,
                                                    const CompiledSubmission& submission);
  Outcome deliver(const Copy& copy, const CompiledSubmission& submission);
  Outcome judge(const Copy& copy, const CompiledSubmission& submission,
                const Result<Receipt>& receipt, Time began);
  Parcel make_parcel(const Copy& copy, const CompiledSubmission& submission);
  Courier& courier(const std::string& pool);

  const ReleaseTools tools_;
  std::map<std::string, std::unique_ptr<Courier>> couriers_;  ///< by pool
  std::size_t tried_ = 0;

  // Reused, so that a copy costs few allocations.
  std::string rendered_for_;  ///< submission whose copy is in rendered_
  RenderedCopy rendered_;
  std::string received_;
  std::vector<std::string_view> content_;
};

}  // namespace smtpapi
