// Store contract: what the MTA's log says of copies, and where its readers stand.
#include <gmock/gmock.h>

#include "store/store_contract.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Event an_event(EventKind kind, const std::string& submission_id, std::size_t index, Time time,
               const std::string& attempt = "") {
  Event event;
  event.kind = kind;
  event.time = time;
  event.submission_id = submission_id;
  event.index = index;
  event.recipient = "ann@example.org";
  event.id = event_id(kind, attempt, submission_id, index);
  return event;
}

std::vector<std::string> told(Store& store, EventKind kind) {
  EventQuery query;
  query.kind = kind;
  query.limit = 1'000;
  std::vector<std::string> out;
  const auto found = store.events(query);
  for (const auto& [number, event] : *found)
    out.push_back(event.recipient + (event.reason.empty() ? "" : ": " + event.reason));
  return out;
}

TEST_P(StoreContract, FindsCopiesByTheQueueIdUnderWhichTheyWentOut) {
  NewCopy in_place = a_copy("ann@example.org", {}, 2);
  in_place.queue_id = "4InPlace";
  NewCopy blind = a_copy("audit@example.com", {}, 2);
  blind.kind = CopyKind::bcc;
  blind.queue_id = "4InPlace";
  const std::string first = hold({in_place, blind});
  const std::string second = hold(1);
  hold(1);
  settle(claim(noon, 1), Outcome::Kind::sent, noon);  // as 4Abc34
  const std::vector<std::string> ids = {"4InPlace", "", "4Unknown", "4Abc34"};
  const auto found = store->copies_in(ids);
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(3));
  EXPECT_EQ((*found)[0].submission_id, first);
  EXPECT_EQ((*found)[0].index, 2u);
  EXPECT_EQ((*found)[0].recipient, "ann@example.org");
  EXPECT_EQ((*found)[0].queue_id, "4InPlace");
  EXPECT_EQ((*found)[0].kind, CopyKind::normal);
  EXPECT_EQ((*found)[1].kind, CopyKind::bcc);
  EXPECT_EQ((*found)[2].submission_id, second);
  EXPECT_THAT(*store->copies_in({}), IsEmpty());
}

TEST_P(StoreContract, FindsCopiesWhereTheyWerePassedOn) {
  NewCopy copy = a_copy("ann@example.org");
  copy.queue_id = "4InPlace";
  const std::string id = hold({copy});
  const std::vector<std::string> first = {"4InPlace"}, all = {"4InPlace", "4Next1", "4Next2"};
  const auto before = store->copies_in(all);
  ASSERT_THAT(*before, SizeIs(1));
  EXPECT_EQ((*before)[0].passed_on_to, "");
  EXPECT_EQ((*before)[0].since, noon);
  const std::int64_t number = (*before)[0].copy_id;
  const std::vector<PassedOn> steps = {{number, "4Next2", noon + 1s},
                                       {number, "4Next1", noon + 2s}};
  ReportStep step;
  step.passed_on = steps;
  ASSERT_TRUE(store->keep(step));
  ASSERT_TRUE(store->keep(step)) << "told again";
  const auto after = store->copies_in(all);
  ASSERT_THAT(*after, SizeIs(3));
  EXPECT_EQ((*after)[1].queue_id, "4Next1");
  EXPECT_EQ((*after)[1].submission_id, id);
  EXPECT_EQ((*after)[1].copy_id, number);
  EXPECT_EQ((*after)[1].since, noon + 2s);
  for (const CopyPlace& place : *after) EXPECT_EQ(place.passed_on_to, "4Next1") << "the last";
  ASSERT_TRUE(store->record(std::vector{an_event(EventKind::delivered, id, 0, noon),
                                        an_event(EventKind::delivered, id, 1, noon)}));
  for (const std::string& queue_id : all)
    EXPECT_THAT(*store->events({.queue_id = queue_id}), SizeIs(1)) << queue_id;
  ASSERT_TRUE(store->sweep(noon + 240h, noon + 240h, 100));
  ASSERT_TRUE(store->sweep(noon + 240h, noon + 240h, 100));
  EXPECT_THAT(*store->copies_in(all), IsEmpty()) << "forgotten with the copy";
}

TEST_P(StoreContract, KnowsWhatWasToldOfACopy) {
  const std::string id = hold(2);
  EXPECT_THAT(store->history(id, 0)->deferral_ids, IsEmpty());
  EXPECT_FALSE(store->history(id, 0)->is_finished);
  Event first = an_event(EventKind::deferred, id, 0, noon + 10s, "a");
  Event second = an_event(EventKind::deferred, id, 0, noon, "b");
  second.status = "4.2.0";
  second.response = "450 later";
  ASSERT_TRUE(store->record(std::vector{first, second, an_event(EventKind::open, id, 0, noon, "1"),
                                        an_event(EventKind::deferred, id, 1, noon, "c")}));
  const auto history = store->history(id, 0);
  EXPECT_THAT(history->deferral_ids, ElementsAre(first.id, second.id));
  EXPECT_EQ(history->first_deferral, noon);
  EXPECT_EQ(history->status, "4.2.0");
  EXPECT_EQ(history->response, "450 later");
  EXPECT_FALSE(history->is_finished);
  for (const EventKind end : {EventKind::delivered, EventKind::bounce}) {
    const std::string other = hold(1);
    ASSERT_TRUE(store->record(std::vector{an_event(end, other, 0, noon)}));
    EXPECT_TRUE(store->history(other, 0)->is_finished);
  }
  EXPECT_THAT(store->history("no such id!", 0)->deferral_ids, IsEmpty());
}

TEST_P(StoreContract, KeepsAStepWithItsBookmarkOrNothing) {
  const std::string id = hold(1);
  EXPECT_EQ(*store->bookmark("log:/x"), std::nullopt);
  const std::vector events = {an_event(EventKind::bounce, id, 0, noon)};
  Suppression entry;
  entry.list = SuppressionList::bounces;
  entry.address = "Ann@example.org";
  entry.created = noon;
  entry.reason = "550 no";
  const std::vector entries = {entry};
  EXPECT_EQ(*store->keep({events, entries, "log:/x", "17"}), 1u);
  reopen();
  EXPECT_EQ(*store->bookmark("log:/x"), "17");
  EXPECT_EQ(*store->bookmark("log:/y"), std::nullopt);

  std::vector entries_again = entries;
  entries_again[0].reason = "another";
  EXPECT_EQ(*store->keep({events, entries_again, "log:/x", "\xff\0 18"}), 0u) << "told again";
  EXPECT_EQ(*store->bookmark("log:/x"), "\xff") << "any octets";
  SuppressionQuery query;
  ASSERT_THAT(*store->suppressed(query), SizeIs(1));
  EXPECT_EQ((*store->suppressed(query))[0].suppression.reason, "550 no") << "stays as it is";

  std::vector broken = {an_event(EventKind::delivered, id, 0, noon),
                        an_event(EventKind::delivered, "not an id", 0, noon)};
  EXPECT_FALSE(store->keep({broken, {}, "log:/x", "19"}));
  EXPECT_EQ(*store->bookmark("log:/x"), "\xff");
  EXPECT_THAT(told(*store, EventKind::delivered), IsEmpty());
  EXPECT_EQ(*store->keep({}), 0u);
}

TEST_P(StoreContract, TellsWhatWasTakenInOnce) {
  NewCopy dropped = a_copy("bad@example.org", {}, 1);
  dropped.drop_reason = "Bounced Address";
  NewCopy blind = a_copy("audit@example.com", {}, 0);
  blind.kind = CopyKind::bcc;
  NewCopy notice = a_copy("app@example.com", {}, 0);
  notice.kind = CopyKind::notice;
  NewCopy in_place = a_copy("bob@example.org", {}, 0);
  in_place.queue_id = "4InPlace";
  hold({a_copy("ann@example.org", noon + 1h), dropped, blind});
  hold({notice});
  hold({in_place});
  EXPECT_EQ(*store->tell_taken_in(2), 2u);
  EXPECT_EQ(*store->tell_taken_in(100), 3u);
  EXPECT_EQ(*store->tell_taken_in(100), 0u);
  EXPECT_THAT(told(*store, EventKind::processed),
              ElementsAre("ann@example.org", "bob@example.org"));
  EXPECT_THAT(told(*store, EventKind::dropped), ElementsAre("bad@example.org: Bounced Address"));
  reopen();
  hold({a_copy("cat@example.org")});
  EXPECT_EQ(*store->tell_taken_in(100), 1u);
  EXPECT_THAT(told(*store, EventKind::processed), SizeIs(3));
}

TEST_P(StoreContract, TellsTheEndOfCopiesThatTheMtaNeverTook) {  // EVT-11, SCH-10
  const struct {
    Outcome::Kind kind;
    const char* reply;
    const char* recipient;
  } ends[] = {
      {Outcome::Kind::failed, "550 5.1.1 no such user", "gone@example.org"},
      {Outcome::Kind::failed, "554 5.7.1 go away", "blocked@example.org"},
      {Outcome::Kind::failed, "450 4.3.0 try again", "late@example.org"},
      {Outcome::Kind::failed, "5.6.0 cannot be rendered", "odd@example.org"},
      {Outcome::Kind::dropped, "Unsubscribed Address", "left@example.org"},
      {Outcome::Kind::deferred, "450 4.3.0 try again", "waits@example.org"},
      {Outcome::Kind::sent, "250 ok", "sent@example.org"},
  };
  for (const auto& end : ends) {
    const std::string id = hold({a_copy(end.recipient)});
    const auto copies = claim(noon);
    ASSERT_THAT(copies, SizeIs(1));
    Outcome outcome = an_outcome(copies[0].id, end.kind, noon + 24h);
    outcome.reply = end.reply;
    const std::vector outcomes = {outcome, outcome};
    ASSERT_TRUE(store->settle("r1", outcomes, noon + 1s));
  }
  std::vector<std::string> bounces;
  const auto found = store->events({.kind = EventKind::bounce});
  for (const auto& [number, event] : *found)
    bounces.push_back(event.recipient + " " + event.bounce_type + " " + event.status + " " +
                      event.classification + ": " + event.reason);
  EXPECT_THAT(bounces,
              ElementsAre("gone@example.org bounce 5.1.1 Invalid Address: 550 5.1.1 no such user",
                          "blocked@example.org blocked 5.7.1 Unclassified: 554 5.7.1 go away",
                          "late@example.org expired 4.3.0 Technical Failure: 450 4.3.0 try again",
                          "odd@example.org blocked 5.6.0 Content: 5.6.0 cannot be rendered"));
  EXPECT_THAT(told(*store, EventKind::dropped),
              ElementsAre("left@example.org: Unsubscribed Address"));
  std::vector<std::string> listed;
  const auto entries = store->suppressed({});
  for (const auto& [id, entry] : *entries)
    listed.push_back(entry.address + " " + std::string(to_string(entry.list)));
  EXPECT_THAT(listed, ElementsAre("gone@example.org bounces", "blocked@example.org blocks",
                                  "late@example.org blocks"));
}

}  // namespace
}  // namespace smtpapi
