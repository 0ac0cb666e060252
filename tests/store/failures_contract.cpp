// Store: the sender is told once of each failed copy, of many at a time (TR-6).
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;

TEST_P(StoreContract, WaitsForCopiesThatWillBeTriedSoon) {
  const struct {
    const char* why;
    Time other_due;
    seconds asked_after;
    std::size_t want;
  } cases[] = {
      {"the other is being tried now", noon, 0s, 0},
      {"the other is tried within a minute", noon + 60s, 0s, 0},
      {"the other is tried later", noon + 61s, 0s, 1},
      {"five minutes are not over", noon + 60s, 300s, 0},
      {"five minutes are over", noon + 60s, 301s, 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const std::string id = hold({a_copy("bad@x"), a_copy("other@x", c.other_due)});
    fail(1, noon);
    EXPECT_EQ(unreported(noon + c.asked_after).size(), c.want);

    CopyQuery rest;
    rest.submission_id = id;
    ASSERT_TRUE(store->cancel(rest, noon));
    const auto failures = unreported(noon + c.asked_after);
    ASSERT_EQ(failures.size(), 1u) << "settled now";
    EXPECT_EQ(failures[0].submission_id, id);
    EXPECT_EQ(failures[0].copies.size(), 1u);
    ASSERT_TRUE(store->report(failures[0], nullptr, {}));
  }
}

TEST_P(StoreContract, WaitsForWhatARunnerHolds) {
  hold(2);
  const auto copies = claim(noon, 2);
  settle({copies[0]}, Outcome::Kind::failed, noon);
  EXPECT_EQ(unreported(noon).size(), 0u);
  settle({copies[1]}, Outcome::Kind::sent, noon);
  EXPECT_EQ(unreported(noon).size(), 1u);
}

TEST_P(StoreContract, DoesNotWaitForAPausedBatch) {
  hold({a_copy("bad@x"), a_copy("other@x")}, "b");
  fail(1, noon);
  EXPECT_EQ(unreported(noon).size(), 0u);
  ASSERT_TRUE(store->set_batch("b", BatchStatus::pause, noon));
  EXPECT_EQ(unreported(noon).size(), 1u);
}

TEST_P(StoreContract, GroupsBySubmissionTheLongestSilentFirst) {
  const std::string first = hold({a_copy("1@x", noon), a_copy("2@x", noon)});
  const std::string second = hold({a_copy("3@x", noon + 1s)});
  fail(2, noon);
  fail(1, noon + 1s);
  const auto failures = unreported(noon + 1s);
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].submission_id, first);
  ASSERT_EQ(failures[0].copies.size(), 2u);
  EXPECT_EQ(failures[0].copies[1].recipient, "2@x");
  EXPECT_EQ(failures[0].copies[1].reply, "550 5.1.1 unknown");
  EXPECT_EQ(failures[1].submission_id, second);
  EXPECT_EQ(unreported(noon + 1s, 1).size(), 1u) << "no more than asked for";
}

TEST_P(StoreContract, NeverReportsAFailedNotice) {
  NewCopy notice = a_copy("sender@x"), bcc = a_copy("bcc@x");
  notice.kind = CopyKind::notice;
  bcc.kind = CopyKind::bcc;
  hold({notice, bcc});
  fail(2, noon);
  const auto failures = unreported(noon);
  ASSERT_EQ(failures.size(), 1u);
  ASSERT_EQ(failures[0].copies.size(), 1u);
  EXPECT_EQ(failures[0].copies[0].recipient, "bcc@x");
}

TEST_P(StoreContract, KeepsTheNoticeAndTellsOnce) {
  hold(2);
  fail(2, noon);
  const auto failures = unreported(noon);
  ASSERT_EQ(failures.size(), 1u);
  const Submission notice = a_submission(), again = a_submission();
  NewCopy to_sender = a_copy("app@example.org");
  to_sender.kind = CopyKind::notice;

  ASSERT_TRUE(store->report(failures[0], &notice, {&to_sender, 1}));
  EXPECT_EQ(unreported(noon).size(), 0u);
  EXPECT_THAT(offered(noon), testing::ElementsAre("app@example.org"));
  ASSERT_TRUE(store->report(failures[0], &again, {&to_sender, 1}));
  EXPECT_FALSE(is_known(again.id)) << "another program had told already";
}

TEST_P(StoreContract, MarksNothingWhenTheNoticeCannotBeKept) {
  const std::string id = hold(1);
  fail(1, noon);
  const auto failures = unreported(noon);
  Submission notice = a_submission();
  notice.id = id;  // taken
  EXPECT_FALSE(store->report(failures.at(0), &notice, std::vector{a_copy("app@example.org")}));
  EXPECT_EQ(unreported(noon).size(), 1u);
}

TEST_P(StoreContract, TellsOfAThousandAtATime) {
  hold(1'500);
  settle(claim(noon, 2'000), Outcome::Kind::failed, noon);
  const auto first = unreported(noon);
  ASSERT_EQ(first.at(0).copies.size(), 1'000u);
  ASSERT_TRUE(store->report(first[0], nullptr, {}));
  const auto rest = unreported(noon);
  ASSERT_EQ(rest.at(0).copies.size(), 500u);
  ASSERT_TRUE(store->report(rest[0], nullptr, {}));
  EXPECT_EQ(unreported(noon).size(), 0u);
}

}  // namespace
}  // namespace smtpapi
