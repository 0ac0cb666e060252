#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/random_id.h"
#include "ctl/run_command.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Time noon = from_unix(1'800'000'000);

class BatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }
  void hold(const std::string& batch, std::size_t copies) {
    Submission submission;
    submission.id = random_id();
    submission.received = noon;
    submission.batch_id = batch;
    submission.message = std::make_shared<const std::string>("\r\n");
    std::vector<NewCopy> all;
    for (std::size_t i = 0; i < copies; ++i)
      all.push_back({i, CopyKind::normal, "a@example.org", "", noon + seconds(60), ""});
    ASSERT_TRUE(store_->hold(submission, all));
  }
  Ran run(const std::vector<std::string>& words) { return run_command(words, settings_, noon); }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
};

TEST_F(BatchTest, SaysWhatItDidAndHowManyWait) {
  hold("spring", 3);
  hold("autumn", 1);
  EXPECT_EQ(run({"batch", "pause", "spring"}).out,
            "batch spring paused: 3 copies wait until it is resumed, at most 72 hours past their "
            "time\n");
  EXPECT_EQ(run({"batch", "cancel", "autumn"}).out,
            "batch autumn cancelled: 1 copy waits and will be discarded when due\n");
  EXPECT_EQ(run({"batch", "resume", "spring"}).out,
            "batch spring resumed: 3 copies wait and will be sent when due\n");
  EXPECT_EQ(run({"batch", "pause", "never-seen"}).out,
            "batch never-seen paused: no copy waits, but those that come will\n")
      << "a status may be set before the mail comes (SCH-11)";
  EXPECT_EQ(run({"batch", "resume", "never-seen"}).out,
            "batch never-seen resumed: no copy waits\n");
}

TEST_F(BatchTest, Lists) {
  EXPECT_EQ(run({"batch", "list"}).out, "no batch waits, none is paused or cancelled\n");
  hold("spring", 1'200);
  hold("autumn", 1);
  run({"batch", "pause", "spring"});
  const Ran people = run({"batch", "list"});
  EXPECT_THAT(people.out, StartsWith("STATUS  SINCE                WAITING  BATCH\npaused  "));
  EXPECT_THAT(people.out, HasSubstr("    1,200  spring\nactive"));
  EXPECT_EQ(run({"batch", "list", "--json"}).out,
            "{\"batch\":\"spring\",\"status\":\"paused\",\"since\":1800000000,\"waiting\":1200}\n"
            "{\"batch\":\"autumn\",\"status\":\"active\",\"since\":0,\"waiting\":1}\n");
}

TEST_F(BatchTest, RefusesWhatIsNoBatch) {
  for (const std::string& id :
       {std::string("a b"), std::string(), std::string(101, 'x'), std::string("é")}) {
    const Ran ran = run({"batch", "pause", id});
    EXPECT_EQ(ran.status, found_fault) << id;
    EXPECT_NE(ran.err, "");
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(BatchTest, AHundredHaveAStatusAtMost) {  // SCH-14
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(run({"batch", "pause", fmt::format("b{}", i)}).status, EX_OK);
  EXPECT_EQ(run({"batch", "cancel", "one-more"}).status, found_fault);
  EXPECT_EQ(run({"batch", "cancel", "b7"}).status, EX_OK) << "it has one already";
}

}  // namespace
}  // namespace smtpapi::ctl
