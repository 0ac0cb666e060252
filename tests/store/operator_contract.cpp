// Store: what the operator sees and does.
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

CopyQuery query_for(const std::string& submission_id, const std::string& recipient = "",
                    const std::string& batch_id = "", std::optional<CopyState> state = {}) {
  CopyQuery query;
  query.submission_id = submission_id;
  query.recipient = recipient;
  query.batch_id = batch_id;
  query.state = state;
  return query;
}

TEST_P(StoreContract, ListsTheCopiesOfARow) {
  NewCopy blind = a_copy("archive@example.com", {}, 1);
  blind.kind = CopyKind::bcc;
  const std::string id =
      hold({a_copy("ann@example.org", {}, 0), a_copy("bob@example.org", {}, 1), blind});
  hold(3);
  CopyQuery query;
  query.submission_id = id;
  query.index = 1;
  ASSERT_EQ(list(query).size(), 2u);
  EXPECT_EQ(list(query)[0].recipient, "bob@example.org");
  EXPECT_EQ(list(query)[1].kind, CopyKind::bcc);
  query.index = 2;
  EXPECT_TRUE(list(query).empty());
}

TEST_P(StoreContract, ListsWhatIsAskedFor) {
  const std::string one = hold({a_copy("Ann@Example.org"), a_copy("bob@example.org")}, "b1");
  const std::string two =
      hold({a_copy("ann@example.org"), a_copy("m\xc3\xbcl@x"), a_copy("\xff@x")});
  settle(claim(noon, 1), Outcome::Kind::sent, noon);
  const struct {
    const char* why;
    CopyQuery query;
    std::size_t want;
  } cases[] = {
      {"all", {}, 5},
      {"of one submission", query_for(one), 2},
      {"of one recipient, case ignored", query_for("", "ANN@example.ORG"), 2},
      {"UTF-8 as it is", query_for("", "m\xc3\xbcl@x"), 1},
      {"not UTF-8", query_for("", "\xff@x"), 1},
      {"of a batch", query_for("", "", "b1"), 2},
      {"waiting", query_for("", "", "", CopyState::waiting), 4},
      {"sent", query_for("", "", "", CopyState::sent), 1},
      {"all conditions hold", query_for(one, "ann@example.org", "b1", CopyState::sent), 1},
      {"one condition fails", query_for(two, "ann@example.org", "b1"), 0},
      {"unknown submission", query_for("nothing"), 0},
      {"part of an address", query_for("", "ann"), 0},
      {"pattern", query_for("", "%"), 0},
      {"quote", query_for("", "' OR 1=1 --"), 0},
      {"not an id", query_for("\xff' OR 1=1 --"), 0},
      {"not a batch id", query_for("", "", "%"), 0},
      {"none such", query_for("", "", "", CopyState::expired), 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(list(c.query), SizeIs(c.want));
  }
}

TEST_P(StoreContract, ListsPageByPage) {
  hold(7);
  CopyQuery query;
  query.limit = 3;
  std::vector<std::size_t> seen;
  for (auto page = list(query); !page.empty(); page = list(query)) {
    EXPECT_LE(page.size(), 3u);
    for (const Copy& copy : page) seen.push_back(copy.index);
    query.after = page.back().id;
  }
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5, 6));
  query.after = 0;
  query.limit = 0;
  EXPECT_THAT(list(query), IsEmpty());
}

TEST_P(StoreContract, CancelsWhatWaits) {
  const std::string one = hold(3, noon + 1h), two = hold(1, noon + 1h);
  EXPECT_EQ(*store->cancel(query_for(one, "user1@example.org"), noon), 1u);
  EXPECT_EQ(*store->cancel(query_for(one, "user1@example.org"), noon), 0u) << "once";
  EXPECT_EQ(copies_of(one)[1].state, CopyState::cancelled);
  sweep(noon);
  EXPECT_TRUE(has_message(one));
  EXPECT_EQ(*store->cancel(query_for(one), noon), 2u) << "not limited to a page";
  sweep(noon);
  EXPECT_FALSE(has_message(one));
  EXPECT_THAT(offered(noon + 1h), SizeIs(1));
  EXPECT_EQ(state_of(two), CopyState::waiting);
}

TEST_P(StoreContract, CancelsNothingThatIsFinishedOrUnknown) {
  const std::string id = hold(1);
  EXPECT_EQ(*store->cancel(query_for("nothing"), noon), 0u);
  EXPECT_EQ(*store->cancel(query_for("not an id"), noon), 0u);
  EXPECT_EQ(*store->cancel(query_for("", "", "", CopyState::failed), noon), 0u);
  settle(claim(noon), Outcome::Kind::sent, noon);
  EXPECT_EQ(*store->cancel(query_for(id), noon), 0u);
  EXPECT_EQ(state_of(id), CopyState::sent);
}

TEST_P(StoreContract, CancelsACopyInARunnersHandOnlyIfItComesBack) {  // SCH-13
  const std::string id = hold(3);
  const auto copies = claim(noon, 2);
  EXPECT_EQ(*store->cancel(query_for(id), noon + 1s), 1u) << "two are under way";
  settle({copies[0]}, Outcome::Kind::sent, noon + 2s);
  settle({copies[1]}, Outcome::Kind::returned, noon + 2s);
  EXPECT_THAT(offered(noon + 1h), IsEmpty());
  sweep(noon + 3s);
  const auto now = copies_of(id);
  EXPECT_EQ(now[0].state, CopyState::sent);
  EXPECT_EQ(now[1].state, CopyState::cancelled);
  EXPECT_EQ(now[2].state, CopyState::cancelled);
}

TEST_P(StoreContract, CancelsWhatADeadRunnerLeft) {
  const std::string id = hold(1);
  ASSERT_THAT(claim(noon), SizeIs(1));
  EXPECT_EQ(*store->cancel(query_for(id), noon + lease), 1u);
}

TEST_P(StoreContract, ReleasesByHand) {
  const std::string later = hold(2, noon + 1h), paused = hold(1, noon - 1h, "p"),
                    cancelled = hold(1, noon + 1h, "c");
  ASSERT_TRUE(store->set_batch("p", BatchStatus::pause, noon));
  ASSERT_TRUE(store->set_batch("c", BatchStatus::cancel, noon));
  EXPECT_EQ(*store->release(query_for(later, "user1@example.org"), noon + 1s), 1u);
  EXPECT_EQ(copies_of(later)[1].due, noon + 1s);
  EXPECT_THAT(offered(noon + 1s), ElementsAre("user1@example.org"));
  EXPECT_EQ(*store->release(query_for(paused), noon + 1s), 1u);
  EXPECT_FALSE(copies_of(paused)[0].paused);
  EXPECT_EQ(copies_of(paused)[0].due, noon) << "was due before: stays so";
  EXPECT_THAT(offered(noon + 1s), SizeIs(2));
  EXPECT_EQ(*store->release(query_for(cancelled), noon), 0u) << "resume its batch first";
  EXPECT_EQ(*store->release(query_for("nothing"), noon), 0u);
}

TEST_P(StoreContract, ReleasesADeferredCopyAndNoneInARunnersHand) {
  const std::string id = hold(2);
  const auto copies = claim(noon);
  settle({copies[0]}, Outcome::Kind::deferred, noon, noon + 1h);
  EXPECT_EQ(*store->release(query_for(id), noon + 1s), 1u);
  EXPECT_THAT(offered(noon + 1s), ElementsAre("user0@example.org"));
}

TEST_P(StoreContract, NamesTheStates) {
  EXPECT_EQ(to_string(CopyState::waiting), "waiting");
  EXPECT_EQ(to_string(CopyState::dropped), "dropped");
}

}  // namespace
}  // namespace smtpapi
