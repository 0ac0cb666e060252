#include "milter/turnstile.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace smtpapi {
namespace {

bool is_in(const std::future<Turnstile::Turn>& turn) {
  return turn.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// Enters on a thread of its own. Returns when that is in or waits.
std::future<Turnstile::Turn> enter(Turnstile& turnstile, std::size_t octets) {
  const std::size_t before = turnstile.waiting();
  auto turn = std::async(std::launch::async, [&, octets] { return turnstile.enter(octets); });
  while (turnstile.waiting() == before && !is_in(turn)) std::this_thread::yield();
  return turn;
}

TEST(TurnstileTest, LetsInWhatFits) {
  Turnstile turnstile(100);
  const auto a = turnstile.enter(60);
  auto b = turnstile.enter(40);
  auto c = enter(turnstile, 1);
  EXPECT_FALSE(is_in(c));
  b = {};
  c.wait();
}

TEST(TurnstileTest, LetsInWhatIsTooLargeAlone) {
  Turnstile turnstile(100);
  { const auto alone = turnstile.enter(500); }
  auto small = turnstile.enter(1);
  auto large = enter(turnstile, 500);
  EXPECT_FALSE(is_in(large));
  small = {};
  auto inside = large.get();
  auto nothing = enter(turnstile, 0);
  EXPECT_FALSE(is_in(nothing));
  inside = {};
  nothing.wait();
}

TEST(TurnstileTest, LetsNobodyOvertake) {
  Turnstile turnstile(100);
  auto inside = turnstile.enter(60);
  auto large = enter(turnstile, 90);
  auto small = enter(turnstile, 10);
  EXPECT_EQ(turnstile.waiting(), 2u) << "the small one would fit";
  inside = {};
  large.wait();
  small.wait();
}

TEST(TurnstileTest, NeverHoldsMoreThanItsLimit) {
  Turnstile turnstile(10);
  std::atomic<std::size_t> inside = 0, most = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 1000; ++i) {
        const std::size_t octets = 1 + (t + i) % 7;
        const auto turn = turnstile.enter(octets);
        const std::size_t now = inside += octets;
        std::size_t before = most;
        while (before < now && !most.compare_exchange_weak(before, now)) continue;
        inside -= octets;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 10u);
}

}  // namespace
}  // namespace smtpapi
