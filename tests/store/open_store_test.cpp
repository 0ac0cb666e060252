#include "store/open_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;

class OpenStoreTest : public testing::Test {
 protected:
  std::string error_of(StoreAccess access = StoreAccess::create) {
    const auto store = open_store(url, access);
    return store ? "opened" : store.error().text;
  }
  struct stat status_of(const std::string& file) {
    struct stat status = {};
    EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
    return status;
  }
  void run_sql(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  TemporaryFolder folder;
  const std::string path = folder / "store.db";
  const std::string url = "sqlite://" + path;
};

TEST_F(OpenStoreTest, RefusesUrlsItDoesNotKnow) {
  const struct {
    const char* why;
    std::string url;
    const char* want;
  } cases[] = {
      {"empty", "", "supported is sqlite:///absolute/path"},
      {"a path alone", "/var/lib/store.db", "supported is sqlite:///absolute/path"},
      {"PostgreSQL", "postgresql://app:secret@db/x", "scheme 'postgresql'"},
      {"unknown", "mysql://db/x", "scheme 'mysql'"},
      {"upper case", "SQLITE:///x", "scheme 'SQLITE'"},
      {"no slashes", "sqlite:x", "scheme 'sqlite'"},
      {"relative", "sqlite://store.db", "no absolute path"},
      {"no path", "sqlite://", "no absolute path"},
      {"a folder", "sqlite:///var/lib/", "names no file"},
      {"NUL", std::string("sqlite:///a\0b", 13), "names no file"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto store = open_store(c.url, StoreAccess::create);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().fault, Fault::invalid);
    EXPECT_THAT(store.error().text, HasSubstr(c.want));
    EXPECT_THAT(store.error().text, testing::Not(HasSubstr("secret")));
  }
}

TEST_F(OpenStoreTest, MakesAFileForOwnerAndGroupWhateverTheUmask) {
  for (const mode_t mask : {0077, 0000}) {
    const mode_t before = umask(mask);
    const auto store = open_store(url, StoreAccess::create);
    umask(before);
    ASSERT_TRUE(store) << store.error().text;
    for (const char* suffix : {"", "-wal", "-shm"})
      EXPECT_EQ(status_of(path + suffix).st_mode & 07777, 0660u) << suffix;
    std::filesystem::remove(path);
  }
}

TEST_F(OpenStoreTest, GivesWhatRootMakesToTheFoldersOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chown(folder.path().c_str(), 12'345, 23'456), 0);
  const auto store = open_store(url, StoreAccess::create);
  ASSERT_TRUE(store) << store.error().text;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(status_of(path + suffix).st_uid, 12'345u) << suffix;
    EXPECT_EQ(status_of(path + suffix).st_gid, 23'456u) << suffix;
  }
}

TEST_F(OpenStoreTest, OpensAgainWhatItMade) {
  EXPECT_EQ(error_of(), "opened");
  EXPECT_EQ(error_of(), "opened");
  EXPECT_EQ(error_of(StoreAccess::existing), "opened");
}

TEST_F(OpenStoreTest, MakesNothingForWhoOnlyLooks) {
  EXPECT_THAT(error_of(StoreAccess::existing), HasSubstr("smtpapictl init"));
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path).close();
  EXPECT_THAT(error_of(StoreAccess::existing), HasSubstr("smtpapictl init"));
  EXPECT_EQ(error_of(StoreAccess::create), "opened") << "an empty file is a new store";
}

TEST_F(OpenStoreTest, IsOpenedLaterForWhoCanWait) {
  const auto store = open_store(url, StoreAccess::later);
  ASSERT_TRUE(store) << store.error().text;
  const auto early = (*store)->set_batch("spring", BatchStatus::pause, Time());
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().fault, Fault::unavailable);
  EXPECT_FALSE((*store)->batches());
  EXPECT_FALSE(std::filesystem::exists(path)) << "nobody asked for a new one";
  ASSERT_TRUE(open_store(url, StoreAccess::create));
  EXPECT_TRUE((*store)->set_batch("spring", BatchStatus::pause, Time()));
  const auto batches = (*store)->batches();
  ASSERT_TRUE(batches) << batches.error().text;
  EXPECT_EQ(batches->size(), 1u);
}

TEST_F(OpenStoreTest, SaysWhatIsInTheWay) {
  const auto missing = open_store("sqlite://" + folder / "no/store.db", StoreAccess::create);
  EXPECT_THAT(missing.error().text, HasSubstr("no folder " + folder / "no"));
  EXPECT_EQ(missing.error().fault, Fault::unavailable);

  const auto a_folder = open_store("sqlite://" + folder.path().string(), StoreAccess::create);
  EXPECT_THAT(a_folder.error().text, HasSubstr("not a regular file"));

  std::ofstream(path) << "Dear diary, this is not a database at all, but it is long enough to be.";
  EXPECT_THAT(error_of(), HasSubstr("not a database or corrupt"));
  std::filesystem::remove(path);

  run_sql("CREATE TABLE recipes (v)");
  EXPECT_THAT(error_of(), HasSubstr("a database of something else"));
  EXPECT_THAT(error_of(), testing::StartsWith(path + ": "));
}

TEST_F(OpenStoreTest, RefusesAStoreOfANewerProgram) {
  ASSERT_EQ(error_of(), "opened");
  run_sql("UPDATE meta SET version = 99");
  const auto store = open_store(url, StoreAccess::create);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().fault, Fault::invalid);
  EXPECT_THAT(store.error().text, testing::StartsWith(path + ": schema version 99"));
}

}  // namespace
}  // namespace smtpapi
