// Store: suppression lists and unsubscribe groups.
#include <gmock/gmock.h>

#include "store_contract.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum SuppressionList;

Suppression on(SuppressionList list, std::string address, std::int64_t group = 0,
               Time created = noon) {
  Suppression entry;
  entry.list = list;
  entry.group = group;
  entry.address = std::move(address);
  entry.created = created;
  return entry;
}

Event told(EventKind kind, std::string recipient, const std::string& attempt = "") {
  Event event;
  event.kind = kind;
  event.time = noon;
  event.submission_id = "AAAAAAAAAAAAAAAAAAAAAA";
  event.recipient = std::move(recipient);
  event.id = event_id(kind, attempt, event.submission_id, 0);
  return event;
}

Group named(std::string name, std::int64_t id = 0, bool is_default = false) {
  Group group;
  group.id = id;
  group.name = std::move(name);
  group.is_default = is_default;
  return group;
}

/// "key list" of each.
std::vector<std::string> show(const Result<std::vector<Listing>>& listings) {
  EXPECT_TRUE(listings);
  std::vector<std::string> out;
  for (const Listing& listing : *listings)
    out.push_back(listing.key + " " + std::string(to_string(listing.list)));
  return out;
}

std::vector<std::string> addresses(const Result<std::vector<ListedSuppression>>& found) {
  EXPECT_TRUE(found);
  std::vector<std::string> out;
  for (const ListedSuppression& listed : *found) out.push_back(listed.suppression.address);
  return out;
}

TEST_P(StoreContract, SaysWhoIsOnWhichList) {
  const std::vector<std::string> keys = {"ann@example.org", "bob@example.org", "eve@example.org"};
  EXPECT_THAT(show(store->listings(keys, 7)), IsEmpty());
  EXPECT_EQ(
      *store->suppress(std::vector{on(group, "Ann@Example.org", 7), on(bounces, "ann@example.org"),
                                   on(group, "bob@example.org", 8), on(blocks, "eve@example.org"),
                                   on(global, "other@example.org")}),
      5u);
  EXPECT_THAT(show(store->listings(keys, 7)),
              ElementsAre("ann@example.org bounces", "ann@example.org group"))
      << "SUPP-2, SUPP-3";
  EXPECT_THAT(show(store->listings(keys, 8)),
              ElementsAre("ann@example.org bounces", "bob@example.org group"));
  EXPECT_THAT(show(store->listings(keys, {})), ElementsAre("ann@example.org bounces"));
  EXPECT_THAT(show(store->listings({}, 7)), IsEmpty());
}

TEST_P(StoreContract, KeepsAnAddressOnceOnAList) {
  Suppression first = on(bounces, "Ann@example.org");
  first.reason = "550 \xff no such user";
  first.status = "5.1.1";
  EXPECT_EQ(*store->suppress(std::vector{first, on(bounces, "ANN@example.org", 0, noon + lease)}),
            1u);
  EXPECT_EQ(*store->suppress(std::vector{first}), 0u);
  EXPECT_EQ(*store->suppress({}), 0u);
  reopen();
  const auto found = store->suppressed({});
  ASSERT_THAT(*found, SizeIs(1));
  const Suppression& kept = found->front().suppression;
  EXPECT_EQ(kept.address, "Ann@example.org");
  EXPECT_EQ(kept.created, noon);
  EXPECT_EQ(kept.reason, first.reason);
  EXPECT_EQ(kept.status, "5.1.1");
}

TEST_P(StoreContract, FindsSuppressions) {
  ASSERT_TRUE(store->suppress(std::vector{
      on(global, "ann@example.org", 0, noon), on(global, "b%b@example.net", 0, noon + lease),
      on(group, "ann@example.org", 3), on(group, "Eve@Example.ORG", 4), on(bounces, "\xff@x")}));
  const struct {
    const char* why;
    SuppressionQuery query;
    std::size_t want;
  } cases[] = {
      {"all", {}, 5},
      {"a list", {.list = global}, 2},
      {"all groups", {.list = group}, 2},
      {"one group", {.list = group, .group = 4}, 1},
      {"an address", {.address = "ANN@example.org"}, 2},
      {"part of an address", {.contains = "EXAMPLE.org"}, 3},
      {"no pattern", {.contains = "%"}, 1},
      {"not UTF-8", {.contains = "\xff"}, 1},
      {"from", {.from = noon + seconds(1)}, 1},
      {"before", {.list = global, .before = noon + seconds(1)}, 1},
      {"a page", {.limit = 2}, 2},
      {"nobody", {.list = blocks}, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(addresses(store->suppressed(c.query)), SizeIs(c.want));
  }
  const auto first = store->suppressed({.limit = 3});
  EXPECT_THAT(addresses(store->suppressed({.after = first->back().id})), SizeIs(2)) << "next page";
  const auto counts = store->suppression_counts();
  for (const auto& [list, count] : *counts)
    EXPECT_EQ(count, list == global || list == group ? 2u : list == bounces ? 1u : 0u);
}

TEST_P(StoreContract, TakesAddressesOffLists) {
  ASSERT_TRUE(
      store->suppress(std::vector{on(global, "ann@example.org"), on(bounces, "ann@example.org"),
                                  on(global, "bob@example.org")}));
  EXPECT_EQ(*store->unsuppress({.list = global, .address = "Ann@Example.org", .limit = 0}), 1u);
  EXPECT_EQ(*store->unsuppress({.list = global, .address = "ann@example.org"}), 0u);
  EXPECT_THAT(addresses(store->suppressed({})), SizeIs(2));
  EXPECT_EQ(*store->unsuppress({}), 2u);
}

TEST_P(StoreContract, LeavingAndJoiningLeaveEventsOnce) {  // TRK-8, ASM-11
  const std::int64_t id = *store->add_group(named("news"));
  const auto leave = [&](std::int64_t group_id, const std::string& attempt) {
    return *store->change_subscription(
        std::vector{on(group, "ann@example.org", group_id)}, false,
        std::vector{told(EventKind::group_unsubscribe, "ann@example.org", attempt)});
  };
  EXPECT_EQ(leave(id, "1"), 1u);
  EXPECT_EQ(leave(id, "2"), 0u);
  EXPECT_THAT(*store->events({}), SizeIs(1));
  EXPECT_EQ(*store->change_subscription(
                std::vector{on(group, "Ann@example.org", id)}, true,
                std::vector{told(EventKind::group_resubscribe, "ann@example.org", "3")}),
            1u);
  EXPECT_THAT(addresses(store->suppressed({})), IsEmpty());
  EXPECT_EQ(leave(99, "4"), 1u);
  const auto found = store->suppressed({});
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().suppression.list, global) << "ASM-3: no such group";
  const auto events = store->events({});
  ASSERT_THAT(*events, SizeIs(3));
  EXPECT_EQ(events->back().event.kind, EventKind::unsubscribe);
  EXPECT_FALSE(store->change_subscription(std::vector{on(global, "x@y")}, false, {}));
}

TEST_P(StoreContract, KeepsGroups) {
  EXPECT_THAT(*store->groups(), IsEmpty());
  const std::int64_t first = *store->add_group(named("news"));
  EXPECT_GT(first, 0);
  EXPECT_EQ(*store->add_group(named("offers", 4711, true)), 4711) << "ASM-12: ids may be chosen";
  EXPECT_GT(*store->add_group(named("digest")), 4711);
  ASSERT_TRUE(store->suppress(std::vector{on(group, "ann@example.org", 4711),
                                          on(group, "bob@example.org", 4711),
                                          on(group, "bob@example.org", first)}));
  Group changed = named("news weekly", first);
  changed.description = "once a week";
  ASSERT_TRUE(store->change_group(changed));
  reopen();
  const auto groups = store->groups();
  ASSERT_THAT(*groups, SizeIs(3));
  EXPECT_EQ((*groups)[0].name, "news weekly");
  EXPECT_EQ((*groups)[0].description, "once a week");
  EXPECT_EQ((*groups)[0].unsubscribes, 1);
  EXPECT_TRUE((*groups)[1].is_default);
  EXPECT_EQ((*groups)[1].unsubscribes, 2);

  ASSERT_TRUE(store->remove_group(4711));
  EXPECT_THAT(*store->groups(), SizeIs(2));
  EXPECT_THAT(addresses(store->suppressed({})), SizeIs(1)) << "with its unsubscribes";
}

TEST_P(StoreContract, RefusesBadGroups) {
  ASSERT_TRUE(store->add_group(named("news", 5)));
  const std::string umlauts31 = [] {
    std::string out;
    for (int i = 0; i < 31; ++i) out += "\xC3\xBC";
    return out;
  }();
  Group long_description = named("x");
  long_description.description = std::string(101, 'x');
  const struct {
    const char* why;
    Group group;
    const char* text;
  } cases[] = {
      {"no name", named(" "), "has a name"},
      {"name taken", named("news"), "a group 'news' already"},
      {"id taken", named("x", 5), "a group 5 already"},
      {"negative id", named("x", -1), "positive"},
      {"31 characters", named(umlauts31), "30 characters"},
      {"description", long_description, "100 characters"},
      {"two lines", named("a\nb"), "one line"},
      {"not UTF-8", named("\xff"), "UTF-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto added = store->add_group(c.group);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().fault, Fault::invalid);
    EXPECT_THAT(added.error().text, HasSubstr(c.text));
  }
  EXPECT_TRUE(store->add_group(named(umlauts31.substr(2)))) << "characters, not octets";
  EXPECT_FALSE(store->change_group(named("x", 99)));
  EXPECT_FALSE(store->remove_group(99));
  const std::int64_t other = *store->add_group(named("other"));
  EXPECT_FALSE(store->change_group(named("news", other)));
  EXPECT_TRUE(store->change_group(named("other", other, true))) << "its own name";
}

}  // namespace
}  // namespace smtpapi
