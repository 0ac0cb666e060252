// A property that must hold for every input of a fuzz target.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace smtpapi {

/// Ends the run, which makes libFuzzer keep the input, unless `holds`.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

}  // namespace smtpapi
