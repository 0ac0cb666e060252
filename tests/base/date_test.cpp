#include "base/date.h"

#include <gtest/gtest.h>

#include <limits>

namespace smtpapi {
namespace {

TEST(Date, IsWrittenAsRfc5322SaysInUtc) {
  const struct {
    const char* why;
    std::int64_t time;
    const char* want;
  } cases[] = {
      {"the epoch", 0, "Thu, 1 Jan 1970 00:00:00 +0000"},
      {"two-digit fields are filled up, the day is not", 1762228020,
       "Tue, 4 Nov 2025 03:47:00 +0000"},
      {"leap day", 1709251199, "Thu, 29 Feb 2024 23:59:59 +0000"},
      {"the second after", 1709251200, "Fri, 1 Mar 2024 00:00:00 +0000"},
      {"before the epoch", -1, "Wed, 31 Dec 1969 23:59:59 +0000"},
      {"behind 32 bits", 4294967296, "Sun, 7 Feb 2106 06:28:16 +0000"},
      {"last of all", std::numeric_limits<std::int64_t>::max(), "Fri, 31 Dec 9999 23:59:59 +0000"},
      {"first of all", std::numeric_limits<std::int64_t>::min(), "Sat, 1 Jan 0000 00:00:00 +0000"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(format_date(from_unix(c.time)), c.want);
  }
}

}  // namespace
}  // namespace smtpapi
