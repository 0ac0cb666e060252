#include "store/group_commit.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <latch>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "disk.h"
#include "store/sqlite_db.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

Status insert(Database& db, std::int64_t number) {
  const auto done = db.query("INSERT INTO numbers VALUES ($1)", {number});
  return done ? ok() : Status(done.error());
}

class GroupCommitTest : public testing::Test {
 protected:
  GroupCommitTest() {
    close(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
    start();
    const Status made = commits->write(
        0, [](Database& db) { return db.script("CREATE TABLE numbers (number INTEGER UNIQUE)"); });
    EXPECT_TRUE(made) << made.error().text;
  }

  Result<std::unique_ptr<Database>> connect() {
    return open_sqlite(path, std::chrono::milliseconds(1'000));
  }
  void start(GroupCommit::Bounds bounds = {}) {
    commits = std::make_unique<GroupCommit>(
        *connect(), [this] { return connect(); }, bounds);
  }

  /// Runs all of `works` at one time, that is after the writer was kept busy until they are queued.
  /// Result: theirs, in the same order; the syncs that it took are in `syncs`.
  std::vector<Status> gather(const std::vector<Connections::Work>& works,
                             std::size_t weight_of_each = 1) {
    std::latch is_busy(1);
    std::latch may_go_on(1);
    std::thread first([&] {
      EXPECT_TRUE(commits->write(0, [&](Database&) {
        is_busy.count_down();
        may_go_on.wait();
        return ok();
      }));
    });
    is_busy.wait();
    std::vector<Status> results(works.size(), ok());
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < works.size(); ++i) {
      callers.emplace_back([&, i] { results[i] = commits->write(weight_of_each, works[i]); });
      while (commits->queued() < i + 1) std::this_thread::yield();
    }
    const int before = disk::syncs;
    may_go_on.count_down();
    first.join();
    for (std::thread& caller : callers) caller.join();
    syncs = disk::syncs - before;
    return results;
  }

  static Connections::Work inserting(std::int64_t number) {
    return [number](Database& db) { return insert(db, number); };
  }

  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> all;
    const Status done = commits->read([&](Database& db) -> Status {
      const auto asked = db.query("SELECT number FROM numbers ORDER BY rowid", {},
                                  [&](const Row& row) { all.push_back(row.integer(0)); });
      return asked ? ok() : Status(asked.error());
    });
    EXPECT_TRUE(done) << done.error().text;
    return all;
  }

  TemporaryFolder folder;
  const std::string path = folder / "numbers.db";
  std::unique_ptr<GroupCommit> commits;
  int syncs = 0;
};

TEST_F(GroupCommitTest, SharesOneSyncAmongCallers) {  // LIB-37
  ASSERT_TRUE(commits->write(0, inserting(-1)));
  std::vector<Connections::Work> works;
  for (int i = 0; i < 32; ++i) works.push_back(inserting(i));
  for (const Status& result : gather(works)) EXPECT_TRUE(result) << result.error().text;
  EXPECT_EQ(syncs, 1);
  EXPECT_EQ(numbers().size(), 33u);
}

TEST_F(GroupCommitTest, SyncsBeforeItReturns) {  // LIB-36
  for (int i = 0; i < 3; ++i) {
    const int before = disk::syncs;
    ASSERT_TRUE(commits->write(0, inserting(i)));
    EXPECT_GT(disk::syncs, before);
  }
}

TEST_F(GroupCommitTest, TakesNoMoreThanItsBoundsAtOnce) {
  const struct {
    const char* why;
    GroupCommit::Bounds bounds;
    std::size_t weight_of_each;
    int want_syncs;
  } cases[] = {
      {"all in one", {64, 100}, 10, 1},        {"at most 4 works", {4, 1'000}, 10, 3},
      {"weight of 25", {64, 25}, 10, 5},       {"each too heavy goes alone", {64, 5}, 10, 10},
      {"exactly the weight", {64, 20}, 10, 5},
  };
  std::int64_t next = 0;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    commits.reset();
    start(c.bounds);
    ASSERT_TRUE(commits->write(0, inserting(next++)));
    std::vector<Connections::Work> works;
    for (int i = 0; i < 10; ++i) works.push_back(inserting(next++));
    for (const Status& result : gather(works, c.weight_of_each)) EXPECT_TRUE(result);
    EXPECT_EQ(syncs, c.want_syncs);
  }
}

TEST_F(GroupCommitTest, LeavesNoTraceOfWorkThatFailsAndKeepsTheRest) {
  const auto results = gather({
      inserting(1),
      [](Database& db) -> Status {
        EXPECT_TRUE(insert(db, 2));
        return invalid("changed its mind");
      },
      inserting(1),  // not unique
      [](Database& db) -> Status {
        EXPECT_TRUE(insert(db, 3));
        throw std::bad_alloc();
      },
      [](Database& db) -> Status {
        EXPECT_TRUE(insert(db, 4));
        throw std::runtime_error("oops");
      },
      inserting(5),
  });
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().text, "changed its mind");
  EXPECT_EQ(results[2].error().fault, Fault::internal);
  EXPECT_EQ(results[3].error().fault, Fault::unavailable);
  EXPECT_THAT(results[4].error().text, HasSubstr("oops"));
  EXPECT_TRUE(results[5]);
  EXPECT_EQ(syncs, 1);
  EXPECT_THAT(numbers(), ElementsAre(1, 5));
}

TEST_F(GroupCommitTest, TriesEachAloneWhenTheTransactionWasLost) {
  const auto results = gather({
      inserting(1),
      [](Database& db) -> Status {
        db.rollback();  // as SQLite does by itself when the disk is full
        return unavailable("disk full");
      },
      inserting(2),
      [](Database& db) -> Status {
        db.rollback();
        return ok();
      },
  });
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().text, "disk full");
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().fault, Fault::internal) << "nothing of it can be kept";
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(GroupCommitTest, TellsAllWhenTheCommitFails) {
  {
    const disk::SyncsFail failing;
    for (const Status& result : gather({inserting(1), inserting(2)})) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().fault, Fault::unavailable);
    }
  }
  EXPECT_THAT(numbers(), ElementsAre());
  EXPECT_TRUE(commits->write(0, inserting(3)));
  EXPECT_THAT(numbers(), ElementsAre(3));
}

TEST_F(GroupCommitTest, LetsReadersInWhileItWrites) {
  ASSERT_TRUE(commits->write(0, inserting(1)));
  ASSERT_TRUE(commits->write(0, [&](Database& db) {
    EXPECT_TRUE(insert(db, 2));
    EXPECT_THAT(numbers(), ElementsAre(1)) << "what is committed";
    return ok();
  }));
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(GroupCommitTest, ReadsOneStateOfTheData) {
  ASSERT_TRUE(commits->read([&](Database& db) -> Status {
    int before = 0, after = 0;
    const char* const count = "SELECT count(*) FROM numbers";
    EXPECT_TRUE(db.query(count, {}, [&](const Row& row) { before = row.integer(0); }));
    EXPECT_TRUE(commits->write(0, inserting(1)));
    EXPECT_TRUE(db.query(count, {}, [&](const Row& row) { after = row.integer(0); }));
    EXPECT_EQ(before, after);
    return ok();
  }));
  EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(GroupCommitTest, PassesOnWhatAReaderSays) {
  EXPECT_EQ(commits->read([](Database&) { return Status(invalid("no")); }).error().text, "no");
  const Status thrown =
      commits->read([](Database&) -> Status { throw std::runtime_error("oops"); });
  EXPECT_THAT(thrown.error().text, HasSubstr("oops"));
  EXPECT_THAT(numbers(), ElementsAre()) << "and its connection is fit for the next";
}

TEST_F(GroupCommitTest, EndsWhatIsQueuedWhenItIsDestroyed) {
  std::latch may_go_on(1), is_working(1);
  std::vector<std::thread> callers;
  callers.emplace_back([&] {
    EXPECT_TRUE(commits->write(0, [&](Database& db) {
      is_working.count_down();
      may_go_on.wait();
      return insert(db, 0);
    }));
  });
  is_working.wait();
  for (int i = 1; i <= 5; ++i)
    callers.emplace_back([&, i] { EXPECT_TRUE(commits->write(0, inserting(i))); });
  while (commits->queued() < 5) std::this_thread::yield();
  GroupCommit* const ending = commits.release();
  std::thread end([&] { delete ending; });
  may_go_on.count_down();
  end.join();
  for (std::thread& caller : callers) caller.join();
  start();
  EXPECT_THAT(numbers(), UnorderedElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(GroupCommitTest, LeavesSignalsToTheProgramsOwnThreads) {
  ASSERT_TRUE(commits->write(0, [](Database&) {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    EXPECT_TRUE(sigismember(&blocked, SIGTERM));
    EXPECT_TRUE(sigismember(&blocked, SIGUSR1));
    return ok();
  }));
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&blocked, SIGTERM)) << "here as it was";
}

}  // namespace
}  // namespace smtpapi
