// Runs another program and reads what it says.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smtpapi::ctl {

struct ProcessOutput {
  int status = 0;  ///< exit status; 128 and the signal's number when it was killed
  std::string out;
  std::string err;
};

/// The file of a program in $PATH or, as they are often not in a user's, /usr/sbin, /usr/local/sbin
/// and /sbin. A name with "/" stands for itself. Nothing when there is none.
std::optional<std::string> find_program(std::string_view name);

/// Runs `words[0]` without a shell, with no input and LC_ALL=C. Killed after `limit`. Errors:
/// unavailable, when it cannot be run or takes too long.
Result<ProcessOutput> run_process(const std::vector<std::string>& words,
                                  std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace smtpapi::ctl
