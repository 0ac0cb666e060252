#include "job/work_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using Taken = WorkQueue::Taken;
using steady_clock = WorkQueue::steady_clock;

std::vector<Copy> copies(std::int64_t first, std::int64_t last) {
  std::vector<Copy> out;
  for (; first <= last; ++first) {
    out.emplace_back();
    out.back().id = first;
  }
  return out;
}

Outcome sent(const Copy& copy) { return {copy.id, Outcome::Kind::sent, "Q", "250 Ok", {}}; }

TEST(WorkQueue, HandsOutInOrderAndAsksForMore) {
  WorkQueue queue(1, 10, 1h);
  EXPECT_TRUE(queue.wants_copies());
  EXPECT_FALSE(queue.is_busy());
  queue.offer(copies(1, 3));
  EXPECT_FALSE(queue.wants_copies());
  EXPECT_TRUE(queue.is_busy());
  Copy copy;
  for (std::int64_t id = 1; id <= 3; ++id) {
    ASSERT_EQ(queue.take(copy, 0s), Taken::copy);
    EXPECT_EQ(copy.id, id);
    EXPECT_EQ(queue.wants_copies(), id >= 2);
  }
  EXPECT_EQ(queue.take(copy, 0s), Taken::idle);
  EXPECT_TRUE(queue.is_busy()) << "three are being sent";
}

TEST(WorkQueue, HandsOutTheNextAheadIfEnoughIsLeftForOthers) {
  WorkQueue queue(0, 10, 1h);
  std::vector<Copy> offered = copies(1, 7);
  for (Copy& copy : offered) copy.submission_id = copy.id <= 3 ? "a" : "b";
  queue.offer(std::move(offered));
  Copy here, next;
  ASSERT_EQ(queue.take(here, 0s), Taken::copy);
  EXPECT_FALSE(queue.take_ahead(here, next, 6)) << "six lie ready";
  ASSERT_TRUE(queue.take_ahead(here, next, 5));
  EXPECT_EQ(next.id, 2);
  ASSERT_TRUE(queue.take_ahead(next, here, 0));
  EXPECT_EQ(here.id, 3);
  EXPECT_FALSE(queue.take_ahead(here, next, 0)) << "of another submission";
  ASSERT_EQ(queue.take(here, 0s), Taken::copy);

  queue.halt(true);
  EXPECT_TRUE(queue.is_halted());
  EXPECT_FALSE(queue.take_ahead(here, next, 0));
  queue.halt(false);
  EXPECT_FALSE(queue.is_halted());
  queue.close();
  EXPECT_FALSE(queue.take_ahead(here, next, 0)) << "given back";

  for (std::int64_t id = 1; id <= 4; ++id) queue.done(sent(copies(id, id)[0]));
  EXPECT_EQ(queue.collect(steady_clock::now()).size(), 7u) << "each has one outcome";
  EXPECT_FALSE(queue.is_busy());
}

TEST(WorkQueue, GathersOutcomesUntilTheyAreRipe) {
  WorkQueue queue(0, 2, 50ms);
  queue.offer(copies(1, 4));
  Copy copy;
  const auto now = steady_clock::now();
  EXPECT_TRUE(queue.collect(now + 1h).empty());
  ASSERT_EQ(queue.take(copy, 0s), Taken::copy);
  queue.done(sent(copy));
  EXPECT_TRUE(queue.collect(now).empty()) << "one may still be joined by others";
  EXPECT_EQ(queue.collect(now + 1h).size(), 1u) << "old enough";

  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(queue.take(copy, 0s), Taken::copy);
    queue.done(sent(copy));
  }
  EXPECT_EQ(queue.collect(now).size(), 2u) << "enough of them";

  ASSERT_EQ(queue.take(copy, 0s), Taken::copy);
  queue.done(sent(copy));
  EXPECT_EQ(queue.collect(now).size(), 1u) << "nothing to wait for";
  EXPECT_FALSE(queue.is_busy());
}

TEST(WorkQueue, HandsOutNothingWhileHalted) {
  WorkQueue queue(0, 10, 1h);
  queue.offer(copies(1, 1));
  queue.halt(true);
  Copy copy;
  EXPECT_EQ(queue.take(copy, 0s), Taken::idle);
  queue.halt(false);
  EXPECT_EQ(queue.take(copy, 0s), Taken::copy);
}

TEST(WorkQueue, TakesBackWhatNobodyHasBegun) {
  WorkQueue queue(0, 10, 1h);
  queue.offer(copies(1, 3));
  Copy copy;
  ASSERT_EQ(queue.take(copy, 0s), Taken::copy);
  queue.take_back();
  EXPECT_TRUE(queue.collect(steady_clock::now()).empty()) << "one is being sent still";
  queue.done(sent(copy));
  const auto outcomes = queue.collect(steady_clock::now());
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes[0].copy_id, 2);
  EXPECT_EQ(outcomes[0].kind, Outcome::Kind::returned);
  EXPECT_EQ(outcomes[1].copy_id, 3);
  EXPECT_EQ(outcomes[2].kind, Outcome::Kind::sent);
}

TEST(WorkQueue, SendsEverybodyHomeWhenClosed) {
  WorkQueue queue(0, 10, 1h);
  std::jthread waiting([&] {
    Copy copy;
    EXPECT_EQ(queue.take(copy, 1h), Taken::over);
  });
  queue.close();
  waiting.join();
  queue.offer(copies(1, 1));
  EXPECT_FALSE(queue.wants_copies());
  EXPECT_EQ(queue.collect(steady_clock::now()).size(), 1u) << "what came too late is given back";
}

TEST(WorkQueue, WaitsOnlyUntilThereIsSomethingToDo) {
  // Each of these would last an hour if it missed its reason.
  const auto late = steady_clock::now() + 1h;
  WorkQueue queue(0, 10, 10ms);
  queue.wake();
  queue.wait(late, false);
  queue.wait(late, true);  // copies are wanted
  queue.offer(copies(1, 1));
  std::jthread sending([&] {
    Copy copy;
    ASSERT_EQ(queue.take(copy, 1h), Taken::copy);
    queue.done(sent(copy));
  });
  queue.wait(late, false);  // an outcome is ripe
  EXPECT_EQ(queue.collect(steady_clock::now()).size(), 1u);
  queue.wait(steady_clock::now() + 1ms, false);
}

}  // namespace
}  // namespace smtpapi
