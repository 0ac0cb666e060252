#include "store/sqlite_db.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "store/sqlite_error.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SqliteDatabaseTest : public testing::Test {
 protected:
  SqliteDatabaseTest() {
    close(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
    db = *open_sqlite(path, 50ms);
  }
  std::string answer(const std::string& sql, std::initializer_list<Value> values = {}) {
    std::string text = "no row";
    const auto asked = db->query(sql, values, [&](const Row& row) { text = row.octets(0); });
    return asked ? text : asked.error().text;
  }

  TemporaryFolder folder;
  const std::string path = folder / "test.db";
  std::unique_ptr<Database> db;
};

TEST_F(SqliteDatabaseTest, IsSetToKeepWhatItCommits) {  // LIB-36, LIB-39
  EXPECT_EQ(answer("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(answer("PRAGMA synchronous"), "2");
  EXPECT_EQ(answer("PRAGMA secure_delete"), "2");
}

TEST_F(SqliteDatabaseTest, GivesValuesBackAsTheyWere) {  // LIB-34
  ASSERT_TRUE(db->script("CREATE TABLE t (v)"));
  const std::string octets("\0\xff\r\n$1", 6);
  const struct {
    const char* why;
    Value in;
    const char* type;
    std::string want;
  } cases[] = {
      {"null", null, "null", ""},
      {"number", std::int64_t{-5}, "integer", "-5"},
      {"largest", std::numeric_limits<std::int64_t>::max(), "integer", "9223372036854775807"},
      {"text", Text{"m\xc3\xbcl"}, "text", "m\xc3\xbcl"},
      {"empty text", Text{""}, "text", ""},
      {"octets", Octets{octets}, "blob", octets},
      {"empty octets are not null", Octets{}, "blob", ""},
      {"empty octets from a null view", Octets{std::string_view()}, "blob", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    ASSERT_TRUE(db->query("DELETE FROM t"));
    ASSERT_TRUE(db->query("INSERT INTO t VALUES ($1)", {c.in}));
    EXPECT_EQ(answer("SELECT typeof(v) FROM t"), c.type);
    EXPECT_EQ(answer("SELECT v FROM t"), c.want);
  }
}

TEST_F(SqliteDatabaseTest, TakesParametersByNumber) {  // LIB-33
  const auto number = [](std::int64_t n) { return Value(n); };
  EXPECT_EQ(answer("SELECT $1 || $2", {number(1), number(2)}), "12");
  EXPECT_EQ(answer("SELECT $2 || $1", {number(1), number(2)}), "21") << "reordered";
  EXPECT_EQ(answer("SELECT $1 || $2 || $1", {number(1), number(2)}), "121") << "repeated";
  EXPECT_THAT(answer("SELECT $1", {}), HasSubstr("0 values for 1 parameters"));
  EXPECT_THAT(answer("SELECT 1", {number(1)}), HasSubstr("1 values for 0 parameters"));
  EXPECT_EQ(answer("SELECT $1 || $2", {number(3), number(4)}), "34") << "prepared before";
}

TEST_F(SqliteDatabaseTest, CountsTheRowsItChanged) {
  ASSERT_TRUE(db->script("CREATE TABLE t (v)"));
  EXPECT_EQ(*db->query("INSERT INTO t VALUES (1), (2), (3)"), 3);
  EXPECT_EQ(*db->query("UPDATE t SET v = 9 WHERE v > $1", {std::int64_t{1}}), 2);
  EXPECT_EQ(*db->query("DELETE FROM t WHERE v = 7"), 0);
}

TEST_F(SqliteDatabaseTest, CallsAWrongStatementOurOwnBug) {
  const auto asked = db->query("SELECT v FROM nowhere");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().fault, Fault::internal);
  EXPECT_THAT(asked.error().text, HasSubstr("nowhere"));
  EXPECT_TRUE(db->usable());
}

TEST_F(SqliteDatabaseTest, KnowsItsTables) {
  EXPECT_TRUE(*db->is_empty());
  EXPECT_FALSE(*db->has_table("t"));
  ASSERT_TRUE(db->script("CREATE TABLE t (v)"));
  EXPECT_FALSE(*db->is_empty());
  EXPECT_TRUE(*db->has_table("t"));
}

TEST_F(SqliteDatabaseTest, ForgetsWhatIsRolledBack) {
  ASSERT_TRUE(db->script("CREATE TABLE t (v)"));
  ASSERT_TRUE(db->begin(Database::Access::write));
  EXPECT_TRUE(db->in_transaction());
  ASSERT_TRUE(db->query("INSERT INTO t VALUES (1)"));
  db->rollback();
  EXPECT_FALSE(db->in_transaction());
  EXPECT_EQ(answer("SELECT count(*) FROM t"), "0");
}

TEST_F(SqliteDatabaseTest, WritesTheLogBackBeforeItGrowsLarge) {
  ASSERT_TRUE(db->script("CREATE TABLE t (v)"));
  const std::string large(4u << 20, 'x');
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(db->query("INSERT INTO t VALUES ($1)", {Octets{large}}));
    db->tidy();
  }
  EXPECT_LT(std::filesystem::file_size(path + "-wal"), 25u << 20);
  EXPECT_GT(std::filesystem::file_size(path), 24u << 20);
}

TEST(SqliteErrorTest, SaysWhatToDo) {
  const struct {
    const char* why;
    int code, system_error;
    Fault fault;
    const char* want;
  } cases[] = {
      {"full", SQLITE_FULL, 0, Fault::unavailable, "disk full: free space in /var/lib/smtpapi"},
      {"quota", SQLITE_IOERR_WRITE, EDQUOT, Fault::unavailable, "free space in /var/lib/smtpapi"},
      {"no room for shared memory", SQLITE_IOERR_SHMSIZE, ENOSPC, Fault::unavailable, "disk full"},
      {"bad sector", SQLITE_IOERR_READ, EIO, Fault::unavailable, "check the disk"},
      {"locked", SQLITE_BUSY, 0, Fault::unavailable, "locked by another program for 10 s"},
      {"snapshot", SQLITE_BUSY_SNAPSHOT, 0, Fault::unavailable, "locked"},
      {"corrupt", SQLITE_CORRUPT, 0, Fault::unavailable, "restore the backup"},
      {"no database", SQLITE_NOTADB, 0, Fault::unavailable, "sqlite3 /var/lib/smtpapi/store.db"},
      {"read-only", SQLITE_READONLY, 0, Fault::unavailable, "read-only"},
      {"folder read-only", SQLITE_READONLY_DIRECTORY, 0, Fault::unavailable, "make files in /var"},
      {"moved", SQLITE_READONLY_DBMOVED, 0, Fault::unavailable, "put it back"},
      {"no access", SQLITE_CANTOPEN, EACCES, Fault::unavailable, "Permission denied"},
      {"not made", SQLITE_CANTOPEN, ENOENT, Fault::unavailable, "'smtpapictl init' makes it"},
      {"memory", SQLITE_NOMEM, 0, Fault::unavailable, "out of memory"},
      {"too big", SQLITE_TOOBIG, 0, Fault::invalid, "larger"},
      {"constraint", SQLITE_CONSTRAINT_UNIQUE, 0, Fault::internal, "own words"},
      {"misuse", SQLITE_MISUSE, 0, Fault::internal, "own words"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Error error =
        explain_sqlite(c.code, c.system_error, "own words", "/var/lib/smtpapi/store.db", 10s);
    EXPECT_EQ(error.fault, c.fault);
    EXPECT_THAT(error.text, HasSubstr(c.want));
    EXPECT_THAT(error.text, testing::StartsWith("/var/lib/smtpapi/store.db: "));
  }
}

}  // namespace
}  // namespace smtpapi
