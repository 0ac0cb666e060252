// Numbers as clients write them: bare, or in quotes (FLT-9, SCH-6, ASM-1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace smtpapi {

struct Numeric {
  bool is_zero = false;
  bool is_whole = false;   ///< without a fraction
  std::int64_t whole = 0;  ///< fraction cut; the nearest one when it does not fit
};

/// Reads "12", "-3", " 1.50 ", "+1", ".5", "1e9". Nothing when `text` is not a number.
std::optional<Numeric> read_number(std::string_view text);

}  // namespace smtpapi
