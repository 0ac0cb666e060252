#include "job/backoff.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(RetryDelay, GrowsWithTheAge) {
  const struct {
    int age, want;
  } cases[] = {{-100, 5},  {0, 5},       {10, 5},      {12, 6},       {60, 30},
               {600, 300}, {1'200, 600}, {1'201, 600}, {432'000, 600}};
  for (const auto& c : cases) EXPECT_EQ(retry_delay(seconds(c.age)), seconds(c.want)) << c.age;
}

TEST(RetryDelay, TriesAShortTroubleOftenAndALongOneSeldom) {
  int first_minute = 0, first_day = 0;
  for (seconds age(0); age < std::chrono::days(1); age += retry_delay(age)) {
    first_minute += age < std::chrono::minutes(1);
    ++first_day;
  }
  EXPECT_GE(first_minute, 6);
  EXPECT_LE(first_day, 160);
}

}  // namespace
}  // namespace smtpapi
