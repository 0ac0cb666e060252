// What the checks of doctor say to facts, as text.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "milter/ctl/checks.h"

namespace smtpapi::ctl {

/// Everything that is not ok, a line each: "FAIL check: found > fix; fix".
inline std::string complaints(const Facts& facts) {
  Findings findings;
  run_checks(facts, findings);
  std::string out;
  for (const Finding& finding : findings.all()) {
    if (finding.health == Health::ok) continue;
    EXPECT_NE(finding.why, "") << finding.found;
    EXPECT_FALSE(finding.fix.empty()) << finding.found;
    out += fmt::format("{} {}: {} > {}\n", finding.health == Health::failure ? "FAIL" : "warn",
                       finding.check, finding.found, fmt::join(finding.fix, "; "));
  }
  return out;
}

/// `old` must be there.
inline void replace(std::string& text, const std::string& old, const std::string& other) {
  const auto at = text.find(old);
  ASSERT_NE(at, std::string::npos) << old;
  text.replace(at, old.size(), other);
}

}  // namespace smtpapi::ctl
