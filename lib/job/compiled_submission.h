// A submission made ready for its copies: parsed and cut once, sent many times.
#pragma once

#include <memory>
#include <string_view>

#include "job/received.h"
#include "plan/delivery.h"
#include "plan/suppressed.h"
#include "render/renderer.h"
#include "smtpapi/document.h"
#include "smtpapi/limits.h"
#include "store/store.h"

namespace smtpapi {

/// Immutable, so threads may share it.
struct CompiledSubmission {
  Submission submission;  ///< without message, header and settings: they live on in what follows
  std::shared_ptr<const Document> document;
  Renderer renderer;
  ReceivedField received;
  SuppressionRules suppression;
  std::size_t weight = 0;                                ///< octets in memory, roughly
  std::shared_ptr<const ReturnPaths> return_paths = {};  ///< null: the client's reverse path stays

  /// Errors: invalid when an entry of `to` is no address, which intake has ruled out.
  Result<Delivery> delivery(const Copy& copy) const;

  /// MAIL FROM of a copy (PIPE-7), "" the null sender. It stays null for notices, and where the
  /// client's is: what bounces must not come back to us as mail that could bounce.
  std::string reverse_path(const Copy& copy) const;
};

/// `submission` must still have its message. What intake has judged is not judged again: of
/// `limits` only message_bytes counts, so that an accepted copy does not fail because a limit was
/// lowered since.
std::shared_ptr<const CompiledSubmission> compile_submission(Submission submission,
                                                             const Limits& limits,
                                                             std::string_view hostname,
                                                             const LinkSettings& links = {});

}  // namespace smtpapi
