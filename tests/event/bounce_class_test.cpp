// Refusals as servers word them, and what they mean.
#include "event/bounce_class.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(BounceClassTest, SaysWhoseFaultItIsAndWhatItIsAbout) {
  const struct {
    const char* why;
    const char* status;
    int reply;
    const char* text;
    const char* type;
    const char* classification;
    SuppressionList list = SuppressionList::blocks;
  } cases[] = {
      {"EVT-11: 5.1.1", "5.1.1", 550,
       "550-5.1.1 The email account that you tried to reach does not exist.", "bounce",
       "Invalid Address", SuppressionList::bounces},
      {"5.1.1 without a word", "5.1.1", 0, "", "bounce", "Invalid Address",
       SuppressionList::bounces},
      {"5.1.1 counts, whatever the text", "5.1.1", 550, "550 5.1.1 blocked using spamhaus",
       "bounce", "Invalid Address", SuppressionList::bounces},
      {"EVT-11: 5.2.1, disabled", "5.2.1", 550, "account disabled", "bounce", "Mailbox Unavailable",
       SuppressionList::bounces},
      {"a domain that takes no mail", "5.1.10", 0, "Recipient address has null MX", "bounce",
       "Invalid Address", SuppressionList::bounces},
      {"SUPP-1: malformed", "5.1.3", 501, "bad address syntax", "bounce", "Invalid Address",
       SuppressionList::invalid},
      {"EVT-11: a 550 in words", "5.0.0", 550, "550 No such user here", "bounce", "Invalid Address",
       SuppressionList::bounces},
      {"5.7.1 means little", "5.7.1", 550,
       "550 5.7.1 <x@example.org>: Recipient address rejected: User unknown in relay table",
       "bounce", "Invalid Address", SuppressionList::bounces},
      {"a 551 in words", "", 551, "551 User not found; try someone@example.com", "bounce",
       "Invalid Address", SuppressionList::bounces},
      {"a 553 in words", "", 553, "553 sorry, no mailbox here by that name (#5.7.1)", "bounce",
       "Invalid Address", SuppressionList::bounces},
      {"a local program's words", "5.0.0", 0, "user unknown", "bounce", "Invalid Address",
       SuppressionList::bounces},
      {"552 is not among the codes", "5.0.0", 552, "no such user", "blocked", "Invalid Address"},
      {"554 neither", "5.0.0", 554, "554 delivery error: user doesn't have an account", "blocked",
       "Invalid Address"},
      {"a 550 without such words", "5.0.0", 550, "550 go away", "blocked", "Unclassified"},
      {"the sender's address", "5.1.8", 550, "Sender address rejected: Domain not found", "blocked",
       "Reputation"},
      {"a list, though it says unknown user later", "5.7.1", 550,
       "550 blocked using zen.spamhaus.org; unknown user", "blocked", "Reputation"},
      {"full", "5.2.2", 552, "552 5.2.2 mailbox full", "blocked", "Mailbox Unavailable"},
      {"full, in words only", "5.0.0", 550, "550 Quota exceeded (mailbox for user is full)",
       "blocked", "Mailbox Unavailable"},
      {"Gmail on authentication", "5.7.26", 550,
       "550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC "
       "policy",
       "blocked", "Reputation"},
      {"5.7.26 without a word", "5.7.26", 550, "", "blocked", "Reputation"},
      {"Gmail on content", "5.7.1", 550,
       "550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail",
       "blocked", "Content"},
      {"too large", "5.3.4", 552, "552 5.3.4 Message size exceeds fixed limit", "blocked",
       "Content"},
      {"volume", "5.7.28", 421, "receiving mail at a rate that prevents delivery", "blocked",
       "Frequency or Volume Too High"},
      {"no host", "5.4.4", 0, "Host or domain name not found. Name service error", "blocked",
       "Technical Failure"},
      {"no host, no code", "", 0, "Host not found", "blocked", "Technical Failure"},
      {"loop", "5.4.6", 0, "mail for example.org loops back to myself", "blocked",
       "Technical Failure"},
      {"a protocol error", "", 503, "503 bad sequence", "blocked", "Technical Failure"},
      {"a command unknown", "5.5.1", 500, "what?", "blocked", "Technical Failure"},
      {"nothing known", "", 0, "", "blocked", "Unclassified"},
      {"no status code", "5.x.1", 0, "", "blocked", "Unclassified"},
      {"nor this", "5.1", 0, "", "blocked", "Unclassified"},
      {"nor with a star", "5.1.*", 0, "", "blocked", "Unclassified"},
      {"a success is no fault of the address", "2.1.1", 0, "unknown user", "blocked",
       "Invalid Address"},
      {"for a time", "4.1.1", 450, "450 user unknown", "blocked", "Invalid Address"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const BounceVerdict verdict = classify_bounce(c.status, c.reply, c.text);
    EXPECT_EQ(verdict.type, c.type);
    EXPECT_EQ(verdict.classification, c.classification);
    EXPECT_EQ(verdict.list, c.list);
  }
}

TEST(BounceClassTest, ReadsTheOperatorsTable) {
  const auto classes = BounceClasses::parse(
      "# ours\r\n\n  Content|*|*|Weekly Digest \nReputation | 5.7.* | 55* | *\n");
  ASSERT_TRUE(classes) << classes.error().text;
  EXPECT_EQ(classes->verdict("5.0.0", 0, "no weekly DIGEST please").classification, "Content");
  EXPECT_EQ(classes->verdict("5.7.9", 554, "").classification, "Reputation");
  EXPECT_EQ(classes->verdict("5.7.9", 450, "").classification, "Unclassified");
  EXPECT_EQ(classes->verdict("5.1.1", 0, "").type, "bounce") << "not the table's to say";
}

TEST(BounceClassTest, NamesEveryMistake) {
  const auto classes = BounceClasses::parse(
      "Content | * | * | spam\n"
      "Spam | * | * | x\n"
      "Content | 5.1 | * | x\n"
      "Content | 5.1.1.1 | * | x\n"
      "Content | five | * | x\n"
      "Content | * | 5x0 | x\n"
      "Content | * | | x\n"
      "Content | * | * |\n"
      "Content | * | *\n");
  ASSERT_FALSE(classes);
  EXPECT_EQ(classes.error().text,
            "line 2: 'Spam' is no classification\n"
            "line 3: '5.1' is no status code\n"
            "line 4: '5.1.1.1' is no status code\n"
            "line 5: 'five' is no status code\n"
            "line 6: '5x0' is no reply code\n"
            "line 7: '' is no reply code\n"
            "line 8: no text: * fits any\n"
            "line 9: wants four columns: CLASSIFICATION | STATUS | REPLY | TEXT");
}

}  // namespace
}  // namespace smtpapi
