#include "milter/recipient_order.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

std::vector<EnvelopeRecipient> recipients(const std::vector<std::string>& addresses) {
  std::vector<EnvelopeRecipient> out;
  for (const std::string& address : addresses) out.push_back({address, {}, address});
  return out;
}

TEST(RecipientOrderTest, FindsTheOrderOfToAndCc) {
  const struct {
    const char* why;
    const char* header;
    std::vector<std::string> sorted;
    std::vector<std::string> want;  ///< empty: not known
  } cases[] = {
      {"one field",
       "To: zoe@x.example, ann@x.example\r\n",
       {"ann@x.example", "zoe@x.example"},
       {"zoe@x.example", "ann@x.example"}},
      {"names, quotes and folds",
       "To: \"Lee, Zoe\" <zoe@x.example>,\r\n\tAnn <Ann@X.example>\r\n",
       {"ann@x.example", "zoe@x.example"},
       {"zoe@x.example", "ann@x.example"}},
      {"To before Cc, wherever they stand",
       "Cc: ann@x.example\r\nSubject: a\r\nTO: zoe@x.example\r\n",
       {"ann@x.example", "zoe@x.example"},
       {"zoe@x.example", "ann@x.example"}},
      {"a part of another address is not it",
       "To: joann@x.example, ann@x.example.org\r\n",
       {"ann@x.example", "joann@x.example"},
       {}},
      {"a blind copy", "To: zoe@x.example\r\n", {"ann@x.example", "zoe@x.example"}, {}},
      {"no fields",
       "Subject: ann@x.example, zoe@x.example\r\n",
       {"ann@x.example", "zoe@x.example"},
       {}},
      {"empty fields", "To:\r\nCc: \r\n", {"ann@x.example", "zoe@x.example"}, {}},
      {"others stand there too",
       "To: a@x.example, zoe@x.example, b@x.example, ann@x.example\r\n",
       {"ann@x.example", "zoe@x.example"},
       {"zoe@x.example", "ann@x.example"}},
      {"the first of several places counts",
       "To: zoe@x.example, ann@x.example, zoe@x.example\r\n",
       {"ann@x.example", "zoe@x.example"},
       {"zoe@x.example", "ann@x.example"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto got =
        ordered_as_shown(recipients(c.sorted), Message(std::string(c.header) + "\r\nbody"));
    ASSERT_EQ(got.has_value(), !c.want.empty());
    if (!got) continue;
    std::vector<std::string> addresses;
    for (const auto& recipient : *got) addresses.push_back(recipient.address);
    EXPECT_EQ(addresses, c.want);
  }
}

TEST(RecipientOrderTest, KnowsWhenItMatters) {
  Document same;
  same.sub = {{"-n-", true, {"you"}}, {"-m-", false, {"a", "a"}}};
  EXPECT_FALSE(depends_on_order(same, 2));
  EXPECT_TRUE(depends_on_order(same, 3)) << "SUB-3: the third gets nothing";

  Document different;
  different.sub = {{"-n-", false, {"Ann", "Bob"}}};
  EXPECT_TRUE(depends_on_order(different, 2));
  EXPECT_FALSE(depends_on_order(different, 1));
  different.to = {"ann@x.example", "bob@x.example"};
  EXPECT_FALSE(depends_on_order(different, 2)) << "TO-2: the envelope does not count";

  Document one_value;
  one_value.sub = {{"-n-", false, {"Ann"}}};
  EXPECT_TRUE(depends_on_order(one_value, 2)) << "SUB-3";

  Document timed;
  timed.send_each_at = {1, 1};
  EXPECT_FALSE(depends_on_order(timed, 2));
  timed.send_each_at = {1, 2};
  EXPECT_TRUE(depends_on_order(timed, 2));
  EXPECT_FALSE(depends_on_order(Document(), 2));
}

}  // namespace
}  // namespace smtpapi
