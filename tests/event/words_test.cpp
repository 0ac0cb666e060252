// The words of events and suppression lists.
#include <gtest/gtest.h>

#include "event/event.h"
#include "event/suppression.h"

namespace smtpapi {
namespace {

TEST(EventTest, KindsHaveTheNamesOfTheWebhook) {
  for (const EventKind kind : event_kinds) EXPECT_EQ(event_kind(to_string(kind)), kind);
  EXPECT_EQ(to_string(EventKind::spam_report), "spamreport") << "EVT-8";
  for (const char* wrong : {"", "Click", "spam_report", "clicks"})
    EXPECT_FALSE(event_kind(wrong)) << wrong;
}

TEST(EventTest, LinkTypesHaveTheNamesOfTheWebhook) {  // CLICK-11
  EXPECT_EQ(to_string(LinkType::html), "html");
  EXPECT_EQ(to_string(LinkType::text), "text");
  EXPECT_EQ(to_string(LinkType::amp), "amp");
}

TEST(EventTest, IdsAreStableAndDiffer) {
  const std::string id = event_id(EventKind::processed, "", "AAAAAAAAAAAAAAAAAAAAAA", 7);
  EXPECT_EQ(id, "cHJvY2Vzc2VkLUFBQUFBQUFBQUFBQUFBQUFBQUFBQUEtNw") << "EVT-13";
  EXPECT_LE(
      event_id(EventKind::group_resubscribe, "1234567890123456", "AAAAAAAAAAAAAAAAAAAAAA", 9999)
          .size(),
      100u)
      << "EVT-10";
  EXPECT_NE(event_id(EventKind::click, "1", "AAAAAAAAAAAAAAAAAAAAAA", 7),
            event_id(EventKind::click, "2", "AAAAAAAAAAAAAAAAAAAAAA", 7));
}

TEST(SuppressionTest, ListsHaveNamesAndReasons) {
  for (const SuppressionList list : all_suppression_lists)
    EXPECT_EQ(suppression_list(to_string(list)), list);
  for (const char* wrong : {"", "Global", "spam_reports", "unsubscribes"})
    EXPECT_FALSE(suppression_list(wrong)) << wrong;
  EXPECT_EQ(drop_reason(SuppressionList::group), "Unsubscribed Address") << "SUPP-1";
  EXPECT_EQ(drop_reason(SuppressionList::blocks), "") << "later mail is still sent";
}

TEST(SuppressionTest, KeysFoldCaseOnly) {
  EXPECT_EQ(suppression_key("Ann+News@Example.ORG"), "ann+news@example.org") << "SUPP-3";
  EXPECT_NE(suppression_key("a.nn@example.org"), suppression_key("ann@example.org"));
}

}  // namespace
}  // namespace smtpapi
