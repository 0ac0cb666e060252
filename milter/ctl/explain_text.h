// An explanation for people: what is done with the message, what is wrong with it, who gets what.
#pragma once

#include <cstddef>
#include <ostream>

#include "base/clock.h"
#include "base/result.h"
#include "job/explain.h"
#include "job/intake.h"

namespace smtpapi::ctl {

/// What the reader should know of how it was asked.
struct ExplainNotes {
  const ReturnPaths* return_paths = nullptr;  ///< of LinkSettings
  bool from_is_assumed = false;
  bool recipients_are_assumed = false;
  std::size_t most_copies = 5;
};

/// Errors: of Explanation::copy().
Status write_explanation(std::ostream& out, const Intaken& in, const Decision& decision,
                         const ExplainNotes& notes, Time now);

}  // namespace smtpapi::ctl
