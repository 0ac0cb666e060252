#include "job/submission_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace smtpapi {
namespace {

using Compiled = SubmissionCache::Compiled;

/// A submission whose weight is about `octets`.
Compiled compiled(std::string_view id, std::size_t octets) {
  Submission submission;
  submission.id = id;
  submission.message = std::make_shared<const std::string>(octets / 3, 'x');
  return compile_submission(std::move(submission), Limits(), "mx.example.org");
}

TEST(SubmissionCache, LoadsOnceWhatIsAskedForAgain) {
  int loads = 0;
  SubmissionCache cache(
      [&](std::string_view id) -> Result<Compiled> {
        ++loads;
        return compiled(id, 1'000);
      },
      1'000'000);
  const auto first = cache.get("a");
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->submission.id, "a");
  EXPECT_EQ(*cache.get("a"), *first);
  EXPECT_EQ(loads, 1);
  EXPECT_NE(*cache.get("b"), *first);
  EXPECT_EQ(*cache.get("a"), *first);
  EXPECT_EQ(loads, 2);
}

TEST(SubmissionCache, ForgetsWhatWasUsedLongestAgo) {
  std::vector<std::string> loads;
  SubmissionCache cache(
      [&](std::string_view id) -> Result<Compiled> {
        loads.emplace_back(id);
        return compiled(id, 100'000);
      },
      250'000);
  for (const char* id : {"a", "b", "a", "c", "a", "b"}) ASSERT_TRUE(cache.get(id));
  EXPECT_EQ(loads, (std::vector<std::string>{"a", "b", "c", "b"}));
}

TEST(SubmissionCache, KeepsTheLastEvenWhenItIsTooLarge) {
  int loads = 0;
  SubmissionCache cache(
      [&](std::string_view id) -> Result<Compiled> {
        ++loads;
        return compiled(id, 100'000);
      },
      1'000);
  for (const char* id : {"a", "a", "b", "b", "a"}) ASSERT_TRUE(cache.get(id));
  EXPECT_EQ(loads, 3);
}

TEST(SubmissionCache, AsksAgainAfterAFailure) {
  int loads = 0;
  SubmissionCache cache(
      [&](std::string_view id) -> Result<Compiled> {
        switch (++loads) {
          case 1:
            return unavailable("locked");
          case 2:
            return Compiled();
          case 3:
            throw std::runtime_error("out of memory");
          default:
            return compiled(id, 10);
        }
      },
      1'000'000);
  const auto failed = cache.get("a");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().text, "locked");
  EXPECT_EQ(*cache.get("a"), nullptr);
  EXPECT_THROW(static_cast<void>(cache.get("a")), std::runtime_error);
  EXPECT_NE(*cache.get("a"), nullptr);
}

TEST(SubmissionCache, CompilesOnceForAllWhoWait) {
  constexpr int threads = 8;
  std::latch all_here(threads);
  std::atomic<int> loads = 0;
  SubmissionCache cache(
      [&](std::string_view id) -> Result<Compiled> {
        ++loads;
        return compiled(id, 300'000);
      },
      1'000'000);
  std::vector<Compiled> got(threads);
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < threads; ++i) {
      askers.emplace_back([&, i] {
        all_here.arrive_and_wait();
        got[static_cast<std::size_t>(i)] = *cache.get("a");
      });
    }
  }
  EXPECT_EQ(loads, 1);
  for (const Compiled& each : got) EXPECT_EQ(each, got[0]);
}

}  // namespace
}  // namespace smtpapi
