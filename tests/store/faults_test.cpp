// What the store says and keeps when the disk or another program is in its way.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "disk.h"
#include "store/open_store.h"
#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class StoreFaultsTest : public testing::Test {
 protected:
  StoreFaultsTest() { open(); }

  void open() {
    auto opened = open_store("sqlite://" + path, StoreAccess::create, {50ms});
    ASSERT_TRUE(opened) << opened.error().text;
    store = *std::move(opened);
  }
  /// The error's text, or "held".
  std::string hold(std::size_t message_octets = 100) {
    Submission submission = a_submission();
    submission.message = std::make_shared<const std::string>(message_octets, 'x');
    const auto held =
        store->hold(submission, std::vector{a_copy("ann@example.org"), a_copy("bob@example.org")});
    if (held) return "held";
    EXPECT_EQ(held.error().fault, Fault::unavailable);
    EXPECT_THAT(held.error().text, testing::StartsWith(path + ": "));
    const auto found = store->submission(submission.id);
    EXPECT_FALSE(found && *found) << "half kept";
    return held.error().text;
  }
  std::size_t waiting() {
    const auto counts = store->counts(noon);
    EXPECT_TRUE(counts) << counts.error().text;
    return counts ? counts->waiting : 0;
  }

  TemporaryFolder folder;
  const std::string path = folder / "store.db";
  std::unique_ptr<Store> store;
};

TEST_F(StoreFaultsTest, KeepsNothingOnAFullDiskAndWorksAgainWhenThereIsRoom) {
  ASSERT_EQ(hold(), "held");
  for (const std::size_t message_octets : {100u, 20u << 20}) {  // at the commit, and before it
    const disk::WritesFail full(ENOSPC);
    EXPECT_THAT(hold(message_octets),
                HasSubstr("disk full: free space in " + folder.path().string()));
    EXPECT_FALSE(store->set_batch("b", BatchStatus::pause, noon));
    EXPECT_FALSE(store->check());
    EXPECT_EQ(waiting(), 2u) << "reading goes on";
  }
  EXPECT_EQ(hold(), "held");
  EXPECT_EQ(hold(20u << 20), "held");
  EXPECT_EQ(waiting(), 6u);
  EXPECT_TRUE(store->check());
}

TEST_F(StoreFaultsTest, KeepsNothingWhenTheDiskFails) {
  ASSERT_EQ(hold(), "held");
  {
    const disk::WritesFail failing(EIO);
    EXPECT_THAT(hold(), HasSubstr("check the disk"));
  }
  {
    const disk::SyncsFail failing;
    EXPECT_THAT(hold(), HasSubstr("check the disk"));
  }
  EXPECT_EQ(hold(), "held");
  EXPECT_EQ(waiting(), 4u);
}

TEST_F(StoreFaultsTest, WaitsForAnotherProgramsLockAndThenGivesUp) {
  ASSERT_EQ(hold(), "held");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_THAT(hold(), HasSubstr("locked by another program for 0.05 s"));
  EXPECT_EQ(waiting(), 2u) << "reading goes on";
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_EQ(hold(), "held");
}

TEST_F(StoreFaultsTest, NeverHoldsInAFileThatIsNoLongerThere) {
  ASSERT_EQ(hold(), "held");
  std::filesystem::rename(path, path + ".away");
  EXPECT_THAT(hold(), HasSubstr("moved or removed"));
  EXPECT_FALSE(std::filesystem::exists(path)) << "nor makes a new one behind the backs of others";
  std::filesystem::rename(path + ".away", path);
  EXPECT_EQ(hold(), "held") << "put back: works without a restart";
  EXPECT_EQ(waiting(), 4u);
}

TEST_F(StoreFaultsTest, SaysThatTheFileIsDamaged) {
  ASSERT_EQ(hold(), "held");
  store.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  std::streamoff page = 0;
  ASSERT_EQ(sqlite3_exec(
                db, "SELECT rootpage FROM sqlite_master WHERE name = 'copy'",
                [](void* out, int, char** values, char**) {
                  *static_cast<std::streamoff*>(out) = std::stoll(values[0]);
                  return 0;
                },
                &page, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp((page - 1) * 4'096)
      << std::string(4'096, '\x5a');

  open();
  const auto counts = store->counts(noon);
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().fault, Fault::unavailable);
  EXPECT_THAT(counts.error().text, HasSubstr("sqlite3 " + path + " .recover"));
  EXPECT_FALSE(store->check());
  EXPECT_THAT(hold(), HasSubstr("corrupt"));
}

}  // namespace
}  // namespace smtpapi
