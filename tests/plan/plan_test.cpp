#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Time noon = from_unix(1'800'000'000);

Envelope envelope_to(std::vector<std::string> recipients) {
  Envelope envelope;
  envelope.reverse_path = "app@example.org";
  for (std::string& r : recipients) envelope.recipients.push_back({r, "", "<" + r + ">"});
  return envelope;
}

std::vector<std::string> recipients(const Plan& plan) {
  std::vector<std::string> out;
  for (const Delivery& d : plan.deliveries) out.push_back(d.recipient);
  return out;
}

FilterSettings on(std::map<std::string, std::string, std::less<>> values = {}) {
  return {true, std::move(values)};
}

TEST(PlanTest, ToAloneSaysWhoReceives) {
  Document document;
  document.to = {"Ann Lee <ann@example.org>", "bob@example.net", "ann@example.org"};
  const Plan plan =
      make_plan(document, envelope_to({"sink@example.org", "x@example.org"}), {}, noon);
  EXPECT_THAT(recipients(plan),
              ElementsAre("ann@example.org", "bob@example.net", "ann@example.org"))
      << "TO-2, TO-3, TO-7";
  EXPECT_TRUE(plan.deliveries[0].replaces_to);
  EXPECT_EQ(plan.deliveries[0].mailbox.name, "Ann Lee") << "TO-5";
  EXPECT_FALSE(plan.scheduled);
}

TEST(PlanTest, ABadEntryIsDroppedAndKeepsItsIndex) {
  Document document;
  document.to = {"nobody", "bob@example.net"};
  const Plan plan = make_plan(document, envelope_to({"sink@example.org"}), {}, noon);
  ASSERT_EQ(plan.drops.size(), 1u);
  EXPECT_EQ(plan.drops[0].recipient, "nobody");
  EXPECT_EQ(plan.drops[0].reason, "Invalid");
  ASSERT_EQ(plan.deliveries.size(), 1u);
  EXPECT_EQ(plan.deliveries[0].index, 1u) << "TO-8: its position still counts";
  EXPECT_TRUE(plan.problems.empty());
}

TEST(PlanTest, WithoutToEveryRcptGetsACopyInItsOrder) {
  Envelope envelope = envelope_to({"ann@example.org", "bob@example.net"});
  envelope.recipients[1].parameters = "NOTIFY=NEVER";
  const Plan plan = make_plan({}, envelope, {}, noon);
  EXPECT_THAT(recipients(plan), ElementsAre("ann@example.org", "bob@example.net")) << "TO-12";
  EXPECT_FALSE(plan.deliveries[0].replaces_to);
  EXPECT_EQ(plan.deliveries[1].parameters, "NOTIFY=NEVER");
}

TEST(PlanTest, Schedule) {
  const std::int64_t later = to_unix(noon) + 60;
  const struct {
    const char* why;
    std::optional<std::int64_t> at;
    std::vector<std::int64_t> each;
    std::vector<std::int64_t> want;
    bool scheduled;
  } cases[] = {
      {"none", {}, {}, {0, 0}, false},
      {"SCH-1", later, {}, {later, later}, true},
      {"SCH-5: past", to_unix(noon) - 1, {}, {0, 0}, false},
      {"SCH-5: this very second has come", to_unix(noon), {}, {0, 0}, false},
      {"SCH-5: zero", 0, {}, {0, 0}, false},
      {"negative is past", -5, {}, {0, 0}, false},
      {"SCH-2", {}, {later, later + 1}, {later, later + 1}, true},
      {"SCH-6: past for that recipient", {}, {1, later}, {0, later}, true},
      {"SCH-2: surplus ignored", {}, {0, later, later}, {0, later}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Document document;
    document.send_at = c.at;
    document.send_each_at = c.each;
    const Plan plan =
        make_plan(document, envelope_to({"ann@example.org", "bob@example.net"}), {}, noon);
    EXPECT_EQ(to_unix(plan.deliveries[0].due), c.want[0]);
    EXPECT_EQ(to_unix(plan.deliveries[1].due), c.want[1]);
    EXPECT_EQ(plan.scheduled, c.scheduled);
    EXPECT_TRUE(plan.problems.empty());
  }
}

TEST(PlanTest, TooFewTimesAreAProblem) {
  Document document;
  document.to = {"ann@example.org", "invalid", "bob@example.net"};
  document.send_each_at = {1, 2};
  const Plan plan = make_plan(document, envelope_to({"sink@example.org"}), {}, noon);
  ASSERT_EQ(plan.problems.size(), 1u) << "SCH-2: invalid entries count";
  EXPECT_THAT(plan.problems[0].text, HasSubstr("2 times for 3 recipients"));
}

TEST(PlanTest, BlindCopies) {
  const struct {
    const char* why;
    std::string email;
    std::vector<std::string> want;
  } cases[] = {
      {"BCC-1: one per recipient message",
       "log@example.com",
       {"ann@example.org", "log@example.com", "bob@example.net", "log@example.com"}},
      {"BCC-3: none to the recipient itself",
       "BOB@example.net",
       {"ann@example.org", "BOB@example.net", "bob@example.net"}},
      {"BCC-3: invalid", "nobody", {"ann@example.org", "bob@example.net"}},
      {"BCC-3: missing", "", {"ann@example.org", "bob@example.net"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Document document;
    document.to = {"ann@example.org", "bob@example.net"};
    document.filters["bcc"] = on({{"email", c.email}});
    const Plan plan = make_plan(document, envelope_to({"sink@example.org"}), {}, noon);
    EXPECT_EQ(recipients(plan), c.want);
    EXPECT_EQ(plan.warnings.size(), c.want.size() == 2 ? 1u : 0u);
  }
}

TEST(PlanTest, ABlindCopyHasTheRowAndToOfItsRecipient) {
  Document document;
  document.to = {"Ann <ann@example.org>", "Bob <bob@example.net>"};
  document.filters["bcc"] = on({{"email", "log@example.com"}});
  const Plan plan = make_plan(document, envelope_to({"sink@example.org"}), {}, noon);
  const Delivery& copy = plan.deliveries.at(3);
  EXPECT_EQ(copy.kind, CopyKind::bcc);
  EXPECT_EQ(copy.index, 1u) << "BCC-2";
  EXPECT_EQ(copy.mailbox.address, "bob@example.net");
}

// The table of section 9.
TEST(PlanTest, FiltersOfTheHeaderReplaceTheAccounts) {
  const Filters account = {{"footer", on({{"text/plain", "account"}})},
                           {"bypass_list_management", on()},
                           {"template", {false, {{"text/html", "off"}}}}};
  const struct {
    const char* why;
    Filters header;
    std::optional<std::string> want;  // footer's text/plain
  } cases[] = {
      {"FLT-2: not named: the account's", {}, "account"},
      {"enable 0", {{"footer", {false, {}}}}, std::nullopt},
      {"header parameters", {{"footer", on({{"text/plain", "mine"}})}}, "mine"},
      {"FLT-3: nothing is inherited", {{"footer", on()}}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Filters resolved = resolve_filters(c.header, account);
    const auto footer = resolved.find("footer");
    ASSERT_EQ(footer != resolved.end(), c.want.has_value());
    if (c.want) {
      EXPECT_EQ(footer->second.value("text/plain"), *c.want);
    }
    EXPECT_FALSE(resolved.contains("bypass_list_management")) << "BYP-2";
    EXPECT_FALSE(resolved.contains("template")) << "off in the account";
  }
  EXPECT_TRUE(
      resolve_filters({{"bypass_list_management", on()}}, {}).contains("bypass_list_management"));
}

}  // namespace
}  // namespace smtpapi
