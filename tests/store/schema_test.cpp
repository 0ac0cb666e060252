#include "store/schema.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/sqlite_db.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;

constexpr SchemaStep first =
    "CREATE TABLE meta (version BIGINT NOT NULL); INSERT INTO meta VALUES (0);"
    "CREATE TABLE t (id {identity}, v {octets}); INSERT INTO t (v) VALUES ('kept');";
constexpr SchemaStep second = "ALTER TABLE t ADD COLUMN w BIGINT NOT NULL DEFAULT 7;";
constexpr SchemaStep broken = "CREATE TABLE u (v); CREATE TABLE t (v);";

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() {
    const std::string path = folder / "test.db";
    close(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
    db = *open_sqlite(path, std::chrono::milliseconds(50));
  }
  std::int64_t number(const std::string& sql) {
    std::int64_t value = -1;
    const auto asked = db->query(sql, {}, [&](const Row& row) { value = row.integer(0); });
    EXPECT_TRUE(asked) << asked.error().text;
    return value;
  }
  Status migrate_to(std::initializer_list<SchemaStep> steps,
                    EmptyDatabase empty = EmptyDatabase::fill) {
    return migrate(*db, std::span(steps.begin(), steps.size()), empty);
  }

  TemporaryFolder folder;
  std::unique_ptr<Database> db;
};

TEST_F(SchemaTest, FillsAnEmptyDatabase) {
  const Status done = migrate(*db, schema_steps(), EmptyDatabase::fill);
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(number("SELECT version FROM meta"), static_cast<std::int64_t>(schema_steps().size()));
  EXPECT_TRUE(migrate(*db, schema_steps(), EmptyDatabase::refuse)) << "nothing to do";
}

TEST_F(SchemaTest, TakesAnOlderStoreForwardWithWhatIsInIt) {
  ASSERT_TRUE(migrate_to({first}));
  const Status done = migrate_to({first, second}, EmptyDatabase::refuse);
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(number("SELECT version FROM meta"), 2);
  EXPECT_EQ(number("SELECT count(*) FROM t WHERE v = 'kept' AND w = 7"), 1);
}

TEST_F(SchemaTest, EveryVersionOfOursGoesForward) {
  for (std::size_t version = 1; version < schema_steps().size(); ++version) {
    ASSERT_TRUE(migrate(*db, schema_steps().first(version), EmptyDatabase::fill));
    if (version == 1) {
      ASSERT_TRUE(db->script("INSERT INTO batch (id, status, since) VALUES ('kept', 1, 2)"));
    }
  }
  const Status done = migrate(*db, schema_steps(), EmptyDatabase::refuse);
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(number("SELECT count(*) FROM batch WHERE id = 'kept'"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM event"), 0);
}

TEST_F(SchemaTest, TakesAllStepsOrNone) {
  ASSERT_TRUE(migrate_to({first}));
  EXPECT_FALSE(migrate_to({first, second, broken}));
  EXPECT_FALSE(db->in_transaction());
  EXPECT_EQ(number("SELECT version FROM meta"), 1);
  EXPECT_FALSE(*db->has_table("u"));
  EXPECT_TRUE(migrate_to({first, second}));
}

TEST_F(SchemaTest, RefusesANewerStore) {
  ASSERT_TRUE(migrate_to({first, second}));
  const Status refused = migrate_to({first});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::invalid);
  EXPECT_THAT(refused.error().text, HasSubstr("version 2"));
  EXPECT_THAT(refused.error().text, HasSubstr("upgrade this program"));
  EXPECT_EQ(number("SELECT version FROM meta"), 2);
}

TEST_F(SchemaTest, RefusesADatabaseOfSomethingElse) {
  ASSERT_TRUE(db->script("CREATE TABLE recipes (v)"));
  const Status refused = migrate(*db, schema_steps(), EmptyDatabase::fill);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::invalid);
  EXPECT_FALSE(*db->has_table("meta"));
}

TEST_F(SchemaTest, MakesNoStoreForWhoOnlyLooks) {
  const Status refused = migrate(*db, schema_steps(), EmptyDatabase::refuse);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("smtpapictl init"));
  EXPECT_TRUE(*db->is_empty());
}

}  // namespace
}  // namespace smtpapi
