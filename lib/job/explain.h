// What a decision would put on the wire, copy by copy: for whoever wants to see it without doing
// it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "job/intake.h"
#include "plan/delivery.h"
#include "render/renderer.h"
#include "smtpapi/document.h"
#include "track/return_path.h"

namespace smtpapi {

/// One copy. Reuse it from copy to copy: its buffers keep their size.
struct ExplainedCopy {
  std::size_t index = 0;
  CopyKind kind = CopyKind::normal;
  std::string recipient;
  std::string reverse_path;
  Time due;  ///< 0: at once
  bool is_dropped = false;
  std::string reason;                     ///< of a dropped one (EVT-12)
  std::vector<std::string_view> message;  ///< its octets in pieces, less the Received field; none
                                          ///< when dropped
  std::vector<TextPair> unique_args;

  RenderedCopy rendered;  ///< what `message` may refer to
};

/// The copies of one decision, by index; a bcc copy stands behind its recipient message. Holds
/// references: message and decision must outlive it, and views in a copy live as long as they.
class Explanation {
 public:
  /// `return_paths`: of LinkSettings.
  Explanation(const Intaken& in, const Decision& decision,
              const ReturnPaths* return_paths = nullptr);

  std::size_t size() const { return order_.size(); }
  /// Renders copy `i`. Errors: as Renderer::render.
  Status copy(std::size_t i, ExplainedCopy& out) const;

 private:
  enum class Source { delivery, drop, recipient };
  struct Entry {
    Source source;
    std::size_t at;  ///< in the plan's deliveries, its drops, or the envelope's recipients
  };
  const Intaken& in_;
  const Decision& decision_;
  const ReturnPaths* return_paths_;
  std::vector<Entry> order_;
};

}  // namespace smtpapi
