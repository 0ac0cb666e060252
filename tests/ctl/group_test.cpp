#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "ctl/run_command.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;

const Time noon = from_unix(1'800'000'000);

class GroupCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }
  Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), "group");
    return run_command(words, settings_, noon);
  }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
};

TEST_F(GroupCommandTest, AddsChangesAndLists) {
  EXPECT_EQ(run({"list"}).out, "no groups\n");
  EXPECT_EQ(run({"add", "News"}).out, "group 1 'News' added\n");
  EXPECT_EQ(
      run({"add", "Offers", "--id=4711", "--default", "--description", "Each week", "--json"}).out,
      "{\"id\":4711,\"name\":\"Offers\",\"description\":\"Each week\",\"is_default\":true,"
      "\"unsubscribes\":0}\n");
  ASSERT_TRUE(store_->suppress(
      std::vector{Suppression{SuppressionList::group, 1, "a@example.org", noon, "", "", ""}}));
  EXPECT_EQ(run({"list"}).out,
            "  ID  NAME    DEFAULT  UNSUBSCRIBES  DESCRIPTION\n"
            "   1  News    no                  1\n"
            "4711  Offers  yes                 0  Each week\n");
  EXPECT_EQ(run({"change", "1", "--name=Digest", "--default"}).out, "group 1 'Digest' changed\n");
  EXPECT_EQ(run({"change", "4711", "--no-default"}).status, EX_OK);
  EXPECT_EQ(run({"list", "--json"}).out,
            "{\"id\":1,\"name\":\"Digest\",\"description\":\"\",\"is_default\":true,"
            "\"unsubscribes\":1}\n"
            "{\"id\":4711,\"name\":\"Offers\",\"description\":\"Each week\",\"is_default\":false,"
            "\"unsubscribes\":0}\n");
}

TEST_F(GroupCommandTest, ForgetsUnsubscribesOnlyWhenTold) {
  run({"add", "News", "--id=7"});
  ASSERT_TRUE(store_->suppress(
      std::vector{Suppression{SuppressionList::group, 7, "a@example.org", noon, "", "", ""}}));
  const Ran refused = run({"remove", "7"});
  EXPECT_EQ(refused.status, found_fault);
  EXPECT_THAT(refused.err, HasSubstr("1 address left group 7 'News'"));
  EXPECT_THAT(refused.err, HasSubstr("smtpapictl suppression export --group 7"));
  EXPECT_EQ(store_->groups()->size(), 1u);
  EXPECT_EQ(run({"remove", "7", "--force"}).out, "group 7 'News' removed, with 1 unsubscribe\n");
  EXPECT_TRUE(store_->groups()->empty());
  EXPECT_TRUE(store_->suppressed({})->empty());
  run({"add", "News"});
  EXPECT_EQ(run({"remove", "8"}).status, EX_OK) << "nobody left it; numbers never come again";
}

TEST_F(GroupCommandTest, RefusesBadGroups) {
  run({"add", "News", "--id=7"});
  const struct {
    const char* why;
    std::vector<std::string> words;
    int status;
    const char* text;
  } cases[] = {
      {"name taken", {"add", "News"}, found_fault, "a group 'News' already"},
      {"id taken", {"add", "x", "--id=7"}, found_fault, "a group 7 already"},
      {"no name", {"add", " "}, found_fault, "has a name"},
      {"long name", {"add", std::string(31, 'x')}, found_fault, "30 characters"},
      {"id 0", {"add", "x", "--id=0"}, EX_USAGE, "--id"},
      {"id too large", {"add", "x", "--id=9223372036854775807"}, found_fault, "9007199254740991"},
      {"no such group", {"change", "9", "--name=x"}, found_fault, "there is no group 9"},
      {"a name for a number", {"change", "News", "--name=x"}, EX_USAGE, "'News' is no group's"},
      {"nothing to change", {"change", "7"}, EX_USAGE, "change what?"},
      {"yes and no", {"change", "7", "--default", "--no-default"}, EX_USAGE, "exclude"},
      {"long description",
       {"change", "7", "--description", std::string(101, 'x')},
       found_fault,
       "100 characters"},
      {"remove what is not there", {"remove", "9"}, found_fault, "there is no group 9"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Ran ran = run(c.words);
    EXPECT_EQ(ran.status, c.status);
    EXPECT_THAT(ran.err, HasSubstr(c.text));
    EXPECT_EQ(ran.out, "");
  }
}

}  // namespace
}  // namespace smtpapi::ctl
