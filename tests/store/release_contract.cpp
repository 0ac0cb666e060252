// Store: each copy is offered when it is due, to one runner, until it is finished.
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreContract, OffersACopyOnlyWhenDueTheLongestWaitingFirst) {
  hold({a_copy("late@x", noon + 20s), a_copy("early@x", noon + 10s), a_copy("same@x", noon + 10s),
        a_copy("now@x")});
  EXPECT_THAT(offered(noon - 1s), IsEmpty());
  EXPECT_THAT(offered(noon), ElementsAre("now@x"));
  EXPECT_THAT(offered(noon + 9s), ElementsAre("now@x"));
  EXPECT_THAT(offered(noon + 10s), ElementsAre("now@x", "early@x", "same@x"));
  EXPECT_THAT(offered(noon + 1h), ElementsAre("now@x", "early@x", "same@x", "late@x"));
}

TEST_P(StoreContract, OffersNoMoreThanAskedFor) {
  hold(5);
  EXPECT_THAT(claim(noon, 0), IsEmpty());
  EXPECT_EQ(claim(noon, 2).size(), 2u);
  EXPECT_EQ(claim(noon, 2).size(), 2u) << "those it holds are not offered to itself again";
  EXPECT_EQ(claim(noon, 2).size(), 1u);
}

TEST_P(StoreContract, HidesAClaimedCopyUntilTheRunnerIsDead) {
  hold(1);
  ASSERT_EQ(claim(noon, 10, "a").size(), 1u);
  EXPECT_THAT(claim(noon + lease - 1s, 10, "b"), IsEmpty());
  ASSERT_TRUE(store->renew("a", noon + 20s, lease));
  EXPECT_THAT(claim(noon + 20s + lease - 1s, 10, "b"), IsEmpty()) << "renewed";
  EXPECT_EQ(claim(noon + 20s + lease, 10, "b").size(), 1u) << "lease ran out";
  EXPECT_THAT(claim(noon + 20s + lease, 10, "a"), IsEmpty()) << "the other has it now";
}

TEST_P(StoreContract, FreesADeadRunnersCopiesWhenAnotherRenews) {
  hold(1);
  ASSERT_EQ(claim(noon, 10, "a").size(), 1u);
  EXPECT_EQ(*store->next_due(), std::nullopt);
  ASSERT_TRUE(store->renew("b", noon + lease - 1s, lease));
  EXPECT_EQ(*store->next_due(), std::nullopt);
  ASSERT_TRUE(store->renew("b", noon + lease, lease));
  EXPECT_EQ(*store->next_due(), noon);
}

TEST_P(StoreContract, LetsALateRunnerKeepWhatNobodyFreed) {
  hold(1);
  const auto copies = claim(noon, 10, "a");
  ASSERT_TRUE(store->renew("a", noon + 1h, lease));
  EXPECT_THAT(claim(noon + 1h, 10, "b"), IsEmpty());
  settle(copies, Outcome::Kind::failed, noon + 1h, {}, "a");
  EXPECT_EQ(list().at(0).state, CopyState::failed);
}

TEST_P(StoreContract, FreesAtOnceWhatARunnerLeaves) {
  hold(2);
  ASSERT_EQ(claim(noon, 10, "a").size(), 2u);
  ASSERT_TRUE(store->leave("a"));
  ASSERT_TRUE(store->leave("a")) << "twice is harmless";
  ASSERT_TRUE(store->leave("nobody"));
  EXPECT_EQ(claim(noon, 10, "b").size(), 2u);
}

TEST_P(StoreContract, TellsTheEarliestTimeAtWhichSomethingCanBeClaimed) {
  EXPECT_EQ(*store->next_due(), std::nullopt);
  hold(1, noon + 20s);
  hold(1, noon + 10s, "b1");
  EXPECT_EQ(*store->next_due(), noon + 10s);
  ASSERT_TRUE(store->set_batch("b1", BatchStatus::pause, noon));
  EXPECT_EQ(*store->next_due(), noon + 20s) << "not the paused one";
  ASSERT_TRUE(store->set_batch("b1", BatchStatus::cancel, noon));
  EXPECT_EQ(*store->next_due(), noon + 20s) << "not the cancelled one";
  ASSERT_EQ(claim(noon + 20s).size(), 1u);
  EXPECT_EQ(*store->next_due(), std::nullopt) << "not the claimed one";
}

TEST_P(StoreContract, RecordsWhatBecameOfEachCopy) {
  const std::string id = hold(4);
  const auto copies = claim(noon);
  const Outcome outcomes[] = {
      an_outcome(copies[0].id, Outcome::Kind::sent),
      an_outcome(copies[1].id, Outcome::Kind::failed),
      an_outcome(copies[2].id, Outcome::Kind::deferred, noon + 5min),
      an_outcome(copies[3].id, Outcome::Kind::returned),
  };
  ASSERT_TRUE(store->settle("r1", outcomes, noon + 1s));
  reopen();

  const auto now = copies_of(id);
  EXPECT_EQ(now[0].state, CopyState::sent);
  EXPECT_EQ(now[0].queue_id, "4Abc34");
  EXPECT_EQ(now[0].reply, "250 2.0.0 Ok");
  EXPECT_EQ(now[0].attempts, 1);
  EXPECT_EQ(now[1].state, CopyState::failed);
  EXPECT_EQ(now[1].reply, "550 5.1.1 unknown");
  EXPECT_EQ(now[2].state, CopyState::waiting);
  EXPECT_EQ(now[2].next, noon + 5min);
  EXPECT_EQ(now[2].due, noon);
  EXPECT_EQ(now[2].attempts, 1);
  EXPECT_EQ(now[3].state, CopyState::waiting);
  EXPECT_EQ(now[3].next, noon);
  EXPECT_EQ(now[3].attempts, 0);

  EXPECT_THAT(offered(noon + 5min - 1s), ElementsAre("user3@example.org"));
  EXPECT_THAT(offered(noon + 5min), ElementsAre("user3@example.org", "user2@example.org"));
}

TEST_P(StoreContract, SettlesTwiceAsOnce) {
  const std::string id = hold(2);
  const auto copies = claim(noon);
  const Outcome outcomes[] = {
      an_outcome(copies[0].id, Outcome::Kind::sent),
      an_outcome(copies[1].id, Outcome::Kind::deferred, noon + 5min),
  };
  ASSERT_TRUE(store->settle("r1", outcomes, noon));
  ASSERT_TRUE(store->settle("r1", outcomes, noon));
  EXPECT_EQ(copies_of(id)[0].attempts, 1);
  EXPECT_EQ(copies_of(id)[1].attempts, 1);
  ASSERT_TRUE(store->settle("r1", {}, noon));
  ASSERT_TRUE(store->settle("r1", std::vector{an_outcome(987'654, Outcome::Kind::sent)}, noon))
      << "an unknown copy is no error";
}

TEST_P(StoreContract, TakesALateOutcomeForWhatItIsWorth) {
  const struct {
    const char* why;
    Outcome::Kind kind;
    CopyState state;
    bool taken_by_other;
  } cases[] = {
      {"sent is sent", Outcome::Kind::sent, CopyState::sent, true},
      {"the other may do better", Outcome::Kind::failed, CopyState::waiting, true},
      {"the other is at it", Outcome::Kind::deferred, CopyState::waiting, true},
      {"not its to return", Outcome::Kind::returned, CopyState::waiting, true},
      {"sent, and nobody has it", Outcome::Kind::sent, CopyState::sent, false},
      {"failed, and nobody has it", Outcome::Kind::failed, CopyState::failed, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const std::string id = hold(1);
    const auto copies = claim(noon, 10, "late");
    ASSERT_EQ(copies.size(), 1u);
    ASSERT_TRUE(store->renew("other", noon + lease, lease));
    if (c.taken_by_other) {
      ASSERT_EQ(claim(noon + lease, 10, "other").size(), 1u);
    }
    settle(copies, c.kind, noon + lease, noon + 1h, "late");
    EXPECT_EQ(state_of(id), c.state);
    EXPECT_EQ(copies_of(id)[0].next, noon);
    EXPECT_THAT(claim(noon + lease, 10, "third"), IsEmpty());
    settle(copies, Outcome::Kind::sent, noon + lease, {}, "other");
    ASSERT_TRUE(store->leave("other"));
  }
}

TEST_P(StoreContract, IgnoresAnOutcomeOfACopyThatIsFinished) {
  const std::string id = hold(1);
  const auto copies = claim(noon);
  settle(copies, Outcome::Kind::sent, noon);
  for (const auto kind :
       {Outcome::Kind::failed, Outcome::Kind::deferred, Outcome::Kind::returned}) {
    settle(copies, kind, noon + 1s, noon + 1h);
    EXPECT_EQ(state_of(id), CopyState::sent);
    EXPECT_EQ(copies_of(id)[0].attempts, 1);
  }
}

TEST_P(StoreContract, CountsWhatThereIs) {
  EXPECT_EQ(store->counts(noon)->oldest_due, std::nullopt);
  NewCopy dropped = a_copy("x");
  dropped.drop_reason = "Invalid";
  hold(
      {a_copy("1@x"), a_copy("2@x"), a_copy("3@x", noon + 10s), a_copy("4@x", noon + 1h), dropped});
  hold(2, noon + 1s, "b");
  ASSERT_TRUE(store->set_batch("b", BatchStatus::pause, noon));
  auto copies = claim(noon, 2);
  settle({copies[0]}, Outcome::Kind::sent, noon);
  settle({copies[1]}, Outcome::Kind::failed, noon);
  const auto counts = store->counts(noon + 1min);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->waiting, 4u);
  EXPECT_EQ(counts->due, 1u);
  EXPECT_EQ(counts->paused, 2u);
  EXPECT_EQ(counts->sent, 1u);
  EXPECT_EQ(counts->failed, 1u);
  EXPECT_EQ(counts->other, 1u);
  EXPECT_EQ(counts->oldest_due, noon + 10s);
  EXPECT_EQ(counts->runners, 0u) << "its lease is over";
  claim(noon + 1min, 1);
  EXPECT_EQ(store->counts(noon + 1min)->runners, 1u);
}

TEST_P(StoreContract, ASuppressionAtReleaseDropsTheCopy) {  // SCH-10
  const std::string id = hold(1);
  auto copies = claim(noon);
  ASSERT_EQ(copies.size(), 1u);
  Outcome outcome = an_outcome(copies[0].id, Outcome::Kind::dropped);
  outcome.reply = "Bounced Address";
  ASSERT_TRUE(store->settle("r1", std::vector{outcome}, noon));
  EXPECT_EQ(state_of(id), CopyState::dropped);
  EXPECT_EQ(copies_of(id)[0].reply, "Bounced Address");
  EXPECT_TRUE(offered(noon + lease * 10).empty());
  EXPECT_TRUE(unreported(noon + lease * 100).empty()) << "no failure, so no notice";
  sweep(noon);
  EXPECT_FALSE(has_message(id));
}

TEST_P(StoreContract, WhatWentOnInPlaceIsKeptAsSent) {
  Submission submission = a_submission();
  submission.message = nullptr;
  NewCopy copy = a_copy("ann@example.org");
  copy.queue_id = "4XyZ12";
  const auto id = store->hold(submission, std::vector{copy});
  ASSERT_TRUE(id) << id.error().text;
  reopen();
  EXPECT_EQ(state_of(*id), CopyState::sent);
  EXPECT_EQ(copies_of(*id)[0].queue_id, "4XyZ12");
  EXPECT_FALSE(has_message(*id));
  EXPECT_TRUE(offered(noon + lease).empty());
  sweep(noon + lease, noon + lease);
  EXPECT_FALSE(is_known(*id)) << "it ages out like the others";
}

}  // namespace
}  // namespace smtpapi
