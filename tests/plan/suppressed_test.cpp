// Who gets no mail because of a list (SUPP-1 to SUPP-4, BYP-1 to BYP-4, BCC-3).
#include "plan/suppressed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using enum SuppressionList;

Delivery to(std::string recipient, std::size_t index, CopyKind kind = CopyKind::normal) {
  Delivery delivery;
  delivery.index = index;
  delivery.kind = kind;
  delivery.recipient = std::move(recipient);
  return delivery;
}

Filters on(std::initializer_list<const char*> names) {
  Filters filters;
  for (const char* name : names) filters[name] = {true, {}};
  return filters;
}

Filters always_sent_to(std::string list) {
  return {{"addresswhitelist", {true, {{"list", std::move(list)}}}}};
}

TEST(SuppressionRulesTest, SaysWhichListStopsMail) {
  const struct {
    const char* why;
    std::vector<SuppressionList> listed;
    Filters filters;
    Filters account;
    std::optional<SuppressionList> want;
  } cases[] = {
      {"on no list", {}, {}, {}, {}},
      {"SUPP-1: blocked ones are still sent to", {blocks}, {}, {}, {}},
      {"SUPP-2: the first list", {bounces, global}, {}, {}, bounces},
      {"SUPP-2: invalid comes first", {invalid, group}, {}, {}, invalid},
      {"BYP-1",
       {invalid, bounces, spam_reports, global, group},
       on({"bypass_list_management"}),
       {},
       {}},
      {"BYP-3: bounces", {bounces, global}, on({"bypass_bounce_management"}), {}, global},
      {"BYP-3: spam reports", {bounces, spam_reports}, on({"bypass_spam_management"}), {}, bounces},
      {"BYP-3: global, not groups",
       {global, group},
       on({"bypass_unsubscribe_management"}),
       {},
       group},
      {"BYP-4: together",
       {bounces, spam_reports, global},
       on({"bypass_bounce_management", "bypass_spam_management", "bypass_unsubscribe_management"}),
       {},
       {}},
      {"SUPP-4: an address",
       {bounces, global, group},
       {},
       always_sent_to("x@a, Ann@Example.ORG"),
       {}},
      {"SUPP-4: a domain", {bounces}, {}, always_sent_to("example.org"), {}},
      {"SUPP-4: a domain with @", {bounces}, {}, always_sent_to("@example.org"), {}},
      {"SUPP-4: not spam reports and invalid ones",
       {spam_reports},
       {},
       always_sent_to("example.org"),
       spam_reports},
      {"SUPP-4: no part of a domain",
       {bounces},
       {},
       always_sent_to("ample.org sub.example.org"),
       bounces},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<Listing> listings;
    for (const SuppressionList list : c.listed) listings.push_back({"ann@example.org", list});
    EXPECT_EQ(SuppressionRules(c.filters, c.account).stops("Ann@example.org", listings), c.want);
  }
}

TEST(SuppressedTest, DeliveriesBecomeDrops) {
  Plan plan;
  plan.deliveries = {to("Ann@example.org", 0), to("bob@example.org", 1), to("eve@example.org", 2)};
  plan.deliveries[0].due = from_unix(100);
  plan.scheduled = true;
  plan.drops = {{3, "no address", "Invalid"}};
  EXPECT_THAT(suppression_keys(plan),
              ElementsAre("ann@example.org", "bob@example.org", "eve@example.org"));
  const std::vector<Listing> listings = {{"ann@example.org", global}, {"eve@example.org", bounces}};
  drop_suppressed(plan, SuppressionRules({}, {}), listings);
  ASSERT_EQ(plan.deliveries.size(), 1u);
  EXPECT_EQ(plan.deliveries[0].recipient, "bob@example.org");
  EXPECT_FALSE(plan.scheduled) << "what was scheduled is gone";
  ASSERT_EQ(plan.drops.size(), 3u);
  EXPECT_EQ(plan.drops[0].index, 0u);
  EXPECT_EQ(plan.drops[0].recipient, "Ann@example.org");
  EXPECT_EQ(plan.drops[0].reason, "Unsubscribed Address");
  EXPECT_EQ(plan.drops[1].index, 2u);
  EXPECT_EQ(plan.drops[1].reason, "Bounced Address");
  EXPECT_EQ(plan.drops[2].index, 3u);
}

TEST(SuppressedTest, BlindCopies) {
  const auto planned = [] {
    Plan plan;
    plan.deliveries = {to("ann@example.org", 0), to("audit@example.org", 0, CopyKind::bcc),
                       to("bob@example.org", 1), to("audit@example.org", 1, CopyKind::bcc)};
    return plan;
  };
  Plan plan = planned();
  EXPECT_EQ(suppression_keys(plan).size(), 3u) << "each once";
  drop_suppressed(plan, SuppressionRules({}, {}),
                  std::vector<Listing>{{"ann@example.org", global}});
  ASSERT_EQ(plan.deliveries.size(), 2u) << "BCC-1: no message, no copy of it";
  EXPECT_EQ(plan.deliveries[0].index, 1u);
  EXPECT_EQ(plan.drops.size(), 1u);

  plan = planned();
  drop_suppressed(plan, SuppressionRules({}, {}),
                  std::vector<Listing>{{"audit@example.org", bounces}});
  EXPECT_EQ(plan.deliveries.size(), 2u) << "BCC-3";
  EXPECT_EQ(plan.drops.size(), 2u);
}

}  // namespace
}  // namespace smtpapi
