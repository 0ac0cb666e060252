// Store: batches held back and discarded (SCH-11 to SCH-14), and what is forgotten when.
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreContract, HoldsAPausedBatchBackAndResumesIt) {  // SCH-12
  const std::string id = hold(1, noon + 10s, "b");
  const std::string other = hold(1, noon + 10s, "c");
  ASSERT_TRUE(store->set_batch("b", BatchStatus::pause, noon));
  EXPECT_TRUE(copies_of(id)[0].paused);
  EXPECT_FALSE(copies_of(other)[0].paused);
  EXPECT_THAT(offered(noon + 1h), SizeIs(1)) << "only the other batch";
  sweep(noon + 72h + 10s);
  EXPECT_EQ(state_of(id), CopyState::waiting) << "not more than 72 hours yet";
  ASSERT_TRUE(store->set_batch("b", BatchStatus::none, noon + 72h));
  EXPECT_FALSE(copies_of(id)[0].paused);
  EXPECT_THAT(offered(noon + 72h), SizeIs(2)) << "past due: goes out at once";
}

TEST_P(StoreContract, LetsAPausedBatchExpireAfter72Hours) {  // SCH-12
  const std::string id = hold(1, noon + 10s, "b");
  ASSERT_TRUE(store->set_batch("b", BatchStatus::pause, noon));
  sweep(noon + 72h + 11s);
  EXPECT_EQ(state_of(id), CopyState::expired);
  EXPECT_FALSE(has_message(id));
  EXPECT_THAT(unreported(noon + 100h), IsEmpty()) << "discarded without a word";
}

TEST_P(StoreContract, DiscardsACancelledBatchWhenDue) {  // SCH-12
  const std::string id = hold(1, noon + 10s, "b");
  ASSERT_TRUE(store->set_batch("b", BatchStatus::cancel, noon));
  sweep(noon + 9s);
  EXPECT_EQ(state_of(id), CopyState::waiting) << "stays until its time";
  EXPECT_TRUE(copies_of(id)[0].cancelling);
  EXPECT_THAT(offered(noon + 10s), IsEmpty());
  sweep(noon + 10s);
  EXPECT_EQ(state_of(id), CopyState::cancelled);
  EXPECT_FALSE(has_message(id));
  ASSERT_TRUE(store->set_batch("b", BatchStatus::none, noon + 11s));
  EXPECT_EQ(state_of(id), CopyState::cancelled) << "for good";
}

TEST_P(StoreContract, ResumesACancelledBatchBeforeItsTime) {  // SCH-12, SCH-13
  hold(1, noon + 10s, "b");
  ASSERT_TRUE(store->set_batch("b", BatchStatus::cancel, noon));
  ASSERT_TRUE(store->set_batch("b", BatchStatus::none, noon + 9s));
  sweep(noon + 10s);
  EXPECT_THAT(offered(noon + 10s), SizeIs(1));
}

TEST_P(StoreContract, ResumesNothingWhoseEndHasCome) {  // SCH-12: whenever it is swept
  const std::string cancelled = hold(1, noon + 10s, "c"), paused = hold(1, noon + 10s, "p");
  const std::string later = hold(1, noon + 1h, "c");
  ASSERT_TRUE(store->set_batch("c", BatchStatus::cancel, noon));
  ASSERT_TRUE(store->set_batch("p", BatchStatus::pause, noon));
  ASSERT_TRUE(store->set_batch("c", BatchStatus::none, noon + 10s));
  EXPECT_EQ(state_of(cancelled), CopyState::cancelled);
  EXPECT_EQ(state_of(later), CopyState::waiting) << "has not come to its time";
  ASSERT_TRUE(store->set_batch("p", BatchStatus::none, noon + 72h + 11s));
  EXPECT_EQ(state_of(paused), CopyState::expired);
  EXPECT_THAT(offered(noon + 100h), SizeIs(1));
}

TEST_P(StoreContract, GivesNewCopiesTheirBatchsStatus) {  // SCH-11
  ASSERT_TRUE(store->set_batch("p", BatchStatus::pause, noon));
  ASSERT_TRUE(store->set_batch("c", BatchStatus::cancel, noon));
  const std::string paused = hold(1, noon + 10s, "p"), cancelled = hold(1, noon + 10s, "c");
  hold(1, noon + 10s);
  EXPECT_TRUE(copies_of(paused)[0].paused);
  EXPECT_TRUE(copies_of(cancelled)[0].cancelling);
  EXPECT_THAT(offered(noon + 1h), SizeIs(1)) << "no batch, not concerned";
}

TEST_P(StoreContract, StopsACopyInARunnersHandOnlyIfItComesBack) {  // SCH-13
  const std::string sent = hold(1, noon, "b"), returned = hold(1, noon + 1s, "b");
  const auto copies = claim(noon + 1s);
  ASSERT_EQ(copies.size(), 2u);
  ASSERT_TRUE(store->set_batch("b", BatchStatus::cancel, noon + 1s));
  sweep(noon + 2s);
  EXPECT_EQ(state_of(sent), CopyState::waiting) << "still in its hand";
  settle({copies[0]}, Outcome::Kind::sent, noon + 2s);
  settle({copies[1]}, Outcome::Kind::deferred, noon + 2s, noon + 1h);
  sweep(noon + 3s);
  EXPECT_EQ(state_of(sent), CopyState::sent);
  EXPECT_EQ(state_of(returned), CopyState::cancelled);
}

TEST_P(StoreContract, LimitsBatchesWithAStatus) {  // SCH-14
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(store->set_batch("b" + std::to_string(i), BatchStatus::pause, noon));
  const Status refused = store->set_batch("one-more", BatchStatus::cancel, noon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::invalid);
  EXPECT_TRUE(store->set_batch("b7", BatchStatus::cancel, noon)) << "has one already";
  EXPECT_TRUE(store->set_batch("one-more", BatchStatus::none, noon)) << "nothing to remove";
  EXPECT_TRUE(store->set_batch("b8", BatchStatus::none, noon));
  EXPECT_TRUE(store->set_batch("one-more", BatchStatus::cancel, noon));
}

TEST_P(StoreContract, RefusesWhatIsNoBatchId) {  // SCH-11
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string("a\0", 2), std::string("\xc3\xbc"),
        std::string("a/b"), std::string(101, 'a')}) {
    const Status refused = store->set_batch(id, BatchStatus::pause, noon);
    ASSERT_FALSE(refused) << id;
    EXPECT_EQ(refused.error().fault, Fault::invalid);
  }
  EXPECT_TRUE(store->set_batch(std::string(100, 'a'), BatchStatus::pause, noon));
}

TEST_P(StoreContract, ListsBatchesWithTheirWaitingCopies) {
  hold(3, noon, "waits");
  hold(2, noon + 1h, "paused");
  hold(1);
  ASSERT_TRUE(store->set_batch("paused", BatchStatus::pause, noon + 5s));
  ASSERT_TRUE(store->set_batch("nothing", BatchStatus::cancel, noon));
  settle(claim(noon, 1), Outcome::Kind::sent, noon);
  const auto batches = store->batches();
  ASSERT_TRUE(batches) << batches.error().text;
  ASSERT_EQ(batches->size(), 3u);
  EXPECT_EQ((*batches)[0].id, "nothing");
  EXPECT_EQ((*batches)[0].waiting, 0u);
  EXPECT_EQ((*batches)[1].id, "paused");
  EXPECT_EQ((*batches)[1].status, BatchStatus::pause);
  EXPECT_EQ((*batches)[1].since, noon + 5s);
  EXPECT_EQ((*batches)[1].waiting, 2u);
  EXPECT_EQ((*batches)[2].id, "waits");
  EXPECT_EQ((*batches)[2].status, BatchStatus::none);
  EXPECT_EQ((*batches)[2].waiting, 2u);
}

TEST_P(StoreContract, ForgetsABatchStatusThatNobodyWaitsFor) {
  hold(1, noon + 240h, "waits");
  ASSERT_TRUE(store->set_batch("waits", BatchStatus::pause, noon));
  ASSERT_TRUE(store->set_batch("idle", BatchStatus::pause, noon));
  sweep(noon + 240h, noon + 239h);
  EXPECT_EQ(store->batches()->size(), 2u) << "ids live 10 days (SCH-11)";
  sweep(noon + 241h, noon);
  EXPECT_EQ(store->batches()->size(), 2u) << "set at keep_after";
  sweep(noon + 241h, noon + 240h);
  ASSERT_EQ(store->batches()->size(), 1u);
  EXPECT_EQ(store->batches()->at(0).id, "waits");
}

TEST_P(StoreContract, DeletesTheMessageOnceNoCopyWaits) {
  const std::string id = hold(3);
  const auto copies = claim(noon);
  settle({copies[0]}, Outcome::Kind::sent, noon);
  settle({copies[1]}, Outcome::Kind::deferred, noon, noon + 1h);
  sweep(noon + 1s);
  EXPECT_TRUE(has_message(id));
  settle({copies[2]}, Outcome::Kind::failed, noon);
  settle(claim(noon + 1h), Outcome::Kind::sent, noon + 1h);
  sweep(noon + 1h);
  EXPECT_TRUE(has_message(id)) << "the notice about the failed one may quote it";
  ASSERT_TRUE(store->report(unreported(noon + 1h).at(0), nullptr, {}));
  sweep(noon + 1h);
  EXPECT_FALSE(has_message(id));
  EXPECT_EQ(copies_of(id).size(), 3u) << "the record stays";
}

TEST_P(StoreContract, ForgetsSubmissionsFinishedLongAgo) {
  const std::string old = hold(1), recent = hold(1, noon + 10s), waiting = hold(1, noon + 99h);
  settle(claim(noon), Outcome::Kind::sent, noon);
  settle(claim(noon + 10s), Outcome::Kind::sent, noon + 10s);
  sweep(noon + 1h, noon);
  EXPECT_TRUE(is_known(old)) << "finished at keep_after, not before";
  sweep(noon + 1h, noon + 1s);
  EXPECT_FALSE(is_known(old));
  EXPECT_THAT(copies_of(old), IsEmpty());
  EXPECT_TRUE(is_known(recent));
  sweep(noon + 1h, noon + 1h);
  EXPECT_FALSE(is_known(recent));
  EXPECT_TRUE(is_known(waiting)) << "however old";
}

TEST_P(StoreContract, NeverGivesAnIdToASecondCopy) {
  hold(1);
  const auto before = claim(noon);
  settle(before, Outcome::Kind::sent, noon);
  sweep(noon + 1h, noon + 1h);
  ASSERT_THAT(list(), IsEmpty());
  hold(1);
  EXPECT_GT(claim(noon).at(0).id, before[0].id);
}

TEST_P(StoreContract, SweepsALittleAtATime) {
  hold(5, noon, "cancelled");
  hold(5, noon, "paused");
  ASSERT_TRUE(store->set_batch("cancelled", BatchStatus::cancel, noon));
  ASSERT_TRUE(store->set_batch("paused", BatchStatus::pause, noon));
  const Time later = noon + 100h;
  int calls = 0;
  for (bool more = true; more; ++calls) {
    ASSERT_LT(calls, 20);
    const std::size_t before = list().size();
    const auto swept = store->sweep(later, later + 1s, 2);
    ASSERT_TRUE(swept) << swept.error().text;
    EXPECT_LE(before - list().size(), 2u);
    more = *swept;
  }
  EXPECT_GE(calls, 5);
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_FALSE(*store->sweep(later, later, 2)) << "nothing left";
}

}  // namespace
}  // namespace smtpapi
