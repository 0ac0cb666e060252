// Many threads and many programs on one store.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <thread>

#include "store/open_store.h"
#include "store_contract.h"

namespace smtpapi {
namespace {

class StoreConcurrencyTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    auto store = open_store("sqlite://" + folder / "store.db", StoreAccess::create);
    EXPECT_TRUE(store) << store.error().text;
    return store ? *std::move(store) : nullptr;
  }
  static void in_threads(int count, const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
  }

  TemporaryFolder folder;
};

TEST_F(StoreConcurrencyTest, IsMadeOnceByManyWhoOpenIt) {
  std::mutex mutex;
  std::vector<std::unique_ptr<Store>> stores;
  in_threads(8, [&](int) {
    auto store = open();
    const std::lock_guard lock(mutex);
    stores.push_back(std::move(store));
  });
  for (const auto& store : stores) ASSERT_TRUE(store);
  ASSERT_TRUE(stores[0]->hold(a_submission(), std::vector{a_copy("ann@example.org")}));
  for (const auto& store : stores) EXPECT_EQ(store->counts(noon)->waiting, 1u);
}

TEST_F(StoreConcurrencyTest, OffersEachCopyToOneRunnerOnly) {
  constexpr std::size_t count = 2'000;
  const std::unique_ptr<Store> stores[] = {open(), open()};
  std::vector<NewCopy> copies(count, a_copy("ann@example.org"));
  ASSERT_TRUE(stores[0]->hold(a_submission(), copies));

  std::mutex mutex;
  std::multiset<std::int64_t> claimed;
  in_threads(4, [&](int i) {
    Store& store = *stores[i % 2];
    const std::string runner = "runner" + std::to_string(i);
    for (;;) {
      const auto mine = store.claim(runner, noon, lease, 50);
      ASSERT_TRUE(mine) << mine.error().text;
      if (mine->empty()) return;
      std::vector<Outcome> outcomes;
      for (const Copy& copy : *mine) outcomes.push_back(an_outcome(copy.id, Outcome::Kind::sent));
      ASSERT_TRUE(store.settle(runner, outcomes, noon));
      const std::lock_guard lock(mutex);
      for (const Copy& copy : *mine) claimed.insert(copy.id);
    }
  });
  EXPECT_EQ(claimed.size(), count);
  EXPECT_EQ(std::set<std::int64_t>(claimed.begin(), claimed.end()).size(), count);
  EXPECT_EQ(stores[1]->counts(noon)->sent, count);
}

TEST_F(StoreConcurrencyTest, KeepsWhatManyThreadsHold) {
  const std::unique_ptr<Store> stores[] = {open(), open()};
  in_threads(16, [&](int i) {
    for (int round = 0; round < 5; ++round)
      EXPECT_TRUE(stores[i % 2]->hold(a_submission(), std::vector(3, a_copy("ann@example.org"))));
  });
  EXPECT_EQ(stores[0]->counts(noon)->waiting, 16u * 5 * 3);
}

TEST_F(StoreConcurrencyTest, HoldsOneOfManyEqualJobs) {  // RI-14
  const std::unique_ptr<Store> stores[] = {open(), open()};
  std::mutex mutex;
  std::set<std::string> ids;
  in_threads(8, [&](int i) {
    const auto id =
        stores[i % 2]->hold(a_submission(), std::vector{a_copy("ann@example.org")}, "job");
    ASSERT_TRUE(id) << id.error().text;
    const std::lock_guard lock(mutex);
    ids.insert(*id);
  });
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(stores[0]->counts(noon)->waiting, 1u);
}

TEST_F(StoreConcurrencyTest, IsSharedByPrograms) {
  constexpr int programs = 4, holds = 10;
  std::vector<pid_t> children;
  for (int i = 0; i < programs; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      bool all_held = true;
      for (int hold = 0; hold < holds; ++hold)  // opened anew each time, as smtpapi-intake does
        all_held &= open()->hold(a_submission(), std::vector{a_copy("a@x")}).has_value();
      _exit(all_held ? 0 : 1);
    }
    ASSERT_GT(child, 0);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open()->counts(noon)->waiting, std::size_t{programs * holds});
}

}  // namespace
}  // namespace smtpapi
