#include "milter/memory_budget.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace smtpapi {
namespace {

TEST(MemoryBudgetTest, GivesUpToItsLimit) {
  MemoryBudget budget(100);
  MemoryCharge a(budget), b(budget);
  EXPECT_TRUE(a.raise_to(60));
  EXPECT_TRUE(a.raise_to(60));
  EXPECT_TRUE(a.raise_to(10)) << "never less than before";
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_FALSE(b.raise_to(41));
  EXPECT_EQ(budget.used(), 60u) << "a refusal takes nothing";
  EXPECT_TRUE(b.raise_to(40));
  EXPECT_FALSE(b.raise_to(std::numeric_limits<std::size_t>::max())) << "no overflow";
}

TEST(MemoryBudgetTest, TakesSharesBack) {
  MemoryBudget budget(100);
  {
    MemoryCharge a(budget);
    ASSERT_TRUE(a.raise_to(100));
    MemoryCharge b(std::move(a));
    EXPECT_EQ(budget.used(), 100u);
    b = MemoryCharge(budget);
    EXPECT_EQ(budget.used(), 0u);
    ASSERT_TRUE(b.raise_to(70));
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudgetTest, MayShrinkBelowWhatIsUsed) {
  MemoryBudget budget(100);
  MemoryCharge a(budget);
  ASSERT_TRUE(a.raise_to(80));
  budget.set_limit(50);
  EXPECT_FALSE(a.raise_to(81));
  a = {};
  MemoryCharge b(budget);
  EXPECT_TRUE(b.raise_to(50));
}

TEST(MemoryBudgetTest, CountsRightFromManyThreads) {
  MemoryBudget budget(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < 10'000; ++i) {
        MemoryCharge charge(budget);
        if (charge.raise_to(400)) charge.raise_to(400 + i % 200);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace smtpapi
