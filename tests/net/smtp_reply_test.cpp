#include "net/smtp_reply.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

SmtpReply read(const std::vector<std::string>& lines) {
  SmtpReply out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto last = add_reply_line(out, lines[i]);
    EXPECT_TRUE(last && *last == (i + 1 == lines.size())) << lines[i];
  }
  return out;
}

TEST(SmtpReply, JoinsItsLines) {
  const struct {
    const char* why;
    std::vector<std::string> lines;
    int code;
    const char* status_code;
    const char* text;
  } cases[] = {
      {"one line", {"250 2.1.0 Ok"}, 250, "2.1.0", "2.1.0 Ok"},
      {"no text", {"354"}, 354, "", ""},
      {"no status code", {"550 No such user"}, 550, "", "No such user"},
      {"several lines, status code once",
       {"550-5.1.1 The account", "550-5.1.1 does not exist.", "550 5.1.1 Try another"},
       550,
       "5.1.1",
       "5.1.1 The account does not exist. Try another"},
      {"status code on the last line only",
       {"452-Full", "452 4.2.2 Later"},
       452,
       "4.2.2",
       "Full 4.2.2 Later"},
      {"a status code of another class is not one", {"550 2.1.1 Odd"}, 550, "", "2.1.1 Odd"},
      {"looks like one and is not", {"550 5.1 Odd"}, 550, "", "5.1 Odd"},
      {"four digits", {"550 5.1000.1 Odd"}, 550, "", "5.1000.1 Odd"},
      {"glued to a word", {"550 5.1.1x Odd"}, 550, "", "5.1.1x Odd"},
      {"empty lines in between", {"250-", "250-  ", "250 Ok"}, 250, "", "Ok"},
      {"control characters", {"550 5.1.1 a\tb\033[31m"}, 550, "5.1.1", "5.1.1 a?b?[31m"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const SmtpReply reply = read(c.lines);
    EXPECT_EQ(reply.code, c.code);
    EXPECT_EQ(reply.status_code(), c.status_code);
    EXPECT_EQ(reply.text(), c.text);
  }
}

TEST(SmtpReply, TextHasALimit) {
  const SmtpReply reply = read({"550 " + std::string(4'000, 'x')});
  EXPECT_LE(reply.text().size(), 503u);
}

TEST(SmtpReply, RefusesWhatIsNoReply) {
  for (const char* line : {"", "2", "25", "HTTP/1.1 400 Bad Request", "SSH-2.0-OpenSSH", "2500 Ok",
                           "250+Ok", "150 Ok", "650 Ok", "2x0 Ok", " 250 Ok", "-50 Ok"}) {
    SmtpReply reply;
    const auto result = add_reply_line(reply, line);
    ASSERT_FALSE(result) << line;
    EXPECT_EQ(result.error().fault, Fault::unavailable);
  }
}

TEST(SmtpReply, EndsAReplyWithoutEnd) {
  SmtpReply reply;
  int lines = 0;
  while (lines < 1'000 && add_reply_line(reply, "250-more")) ++lines;
  EXPECT_EQ(lines, 200);
}

TEST(SmtpReply, FindsTheQueueId) {
  const struct {
    const char* why;
    const char* text;
    const char* want;
  } cases[] = {
      {"Postfix, long id", "2.0.0 Ok: queued as 4XyZ12bcDfz1", "4XyZ12bcDfz1"},
      {"Postfix, short id", "2.0.0 Ok: queued as 0A1B2C3D4E", "0A1B2C3D4E"},
      {"more behind it", "2.0.0 from MTA(smtp:[::1]:25): 250 queued as AB12.", "AB12"},
      {"Sendmail", "2.0.0 5B43lqTx012345 Message accepted for delivery", "5B43lqTx012345"},
      {"Sendmail without status code", "5B43lqTx012345 Message accepted for delivery",
       "5B43lqTx012345"},
      {"none told", "2.0.0 Ok", ""},
      {"no id behind the words", "2.0.0 Ok: queued as ", ""},
      {"a status code is no id", "2.0.0 Message accepted for delivery", ""},
      {"nothing before the words", " Message accepted for delivery", ""},
      {"odd octets are no id",
       "2.0.0 a\xFF"
       "b Message accepted",
       ""},
      {"empty", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(parse_queue_id(c.text), c.want);
  }
}

}  // namespace
}  // namespace smtpapi
