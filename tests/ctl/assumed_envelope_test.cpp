#include "milter/ctl/assumed_envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

TEST(AssumedEnvelopeTest, FindsTheAddressesOfAList) {
  const struct {
    const char* why;
    const char* value;
    std::vector<std::string> want;
  } cases[] = {
      {"bare", " a@example.org", {"a@example.org"}},
      {"names",
       " Ann <a@example.org>, Bob Lee <b@example.org>",
       {"a@example.org", "b@example.org"}},
      {"comma in quotes", " \"Lee, Ann\" <a@example.org>", {"a@example.org"}},
      {"quote in quotes",
       " \"Ann \\\", x\" <a@example.org>, b@example.org",
       {"a@example.org", "b@example.org"}},
      {"comment",
       " a@example.org (that, is Ann), b@example.org",
       {"a@example.org", "b@example.org"}},
      {"nested comment", " (x (y, \\) z), w) a@example.org", {"a@example.org"}},
      {"group",
       " Team: a@example.org, B <b@example.org>;, c@example.org",
       {"a@example.org", "b@example.org", "c@example.org"}},
      {"empty group", " undisclosed-recipients:;", {}},
      {"folded", " a@example.org,\r\n\tb@example.org", {"a@example.org", "b@example.org"}},
      {"empty entries", " ,, a@example.org ,", {"a@example.org"}},
      {"no address among them", " Ann, b@example.org", {"b@example.org"}},
      {"encoded name", " =?utf-8?Q?Z=C3=B6,?= <a@example.org>", {"a@example.org"}},
      {"unclosed quote", " \"Ann <a@example.org>, b@example.org", {}},
      {"unclosed comment", " a@example.org (Ann, b@example.org", {"a@example.org"}},
      {"empty", "", {}},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(addresses_in(c.value), ElementsAreArray(c.want)) << c.why;
  }
}

TEST(AssumedEnvelopeTest, SenderGoesBeforeFrom) {
  EXPECT_EQ(assumed_reverse_path(Message("From: a@example.org\r\nSender: b@example.org\r\n\r\n")),
            "b@example.org");
  EXPECT_EQ(assumed_reverse_path(Message("From: A <a@example.org>, c@example.org\r\n\r\n")),
            "a@example.org");
  EXPECT_EQ(assumed_reverse_path(Message("Sender: nobody\r\nFrom: a@example.org\r\n\r\n")),
            "a@example.org");
  EXPECT_EQ(assumed_reverse_path(Message("Subject: x\r\n\r\n")), "");
}

TEST(AssumedEnvelopeTest, RecipientsComeFromToCcAndBccOnceEach) {
  EXPECT_THAT(assumed_recipients(Message("To: a@example.org\r\nCC: b@example.org, A@Example.org\r\n"
                                         "bcc: c@example.org\r\nResent-To: d@example.org\r\n"
                                         "To: e@example.org\r\n\r\nTo: f@example.org\r\n")),
              ElementsAre("a@example.org", "b@example.org", "c@example.org", "e@example.org"));
  EXPECT_THAT(assumed_recipients(Message("\r\n")), IsEmpty());
}

}  // namespace
}  // namespace smtpapi::ctl
