// What a session keeps of a message, octet by octet, and how much of it.
#include <gmock/gmock.h>

#include "tests/milter/session_fixture.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using SessionContentTest = SessionTest;

// --- the octets ---

TEST_F(SessionContentTest, KeepsTheMessageByteForByte) {
  connect();
  mail();
  rcpt();
  session.header("Subject", "no blank");
  session.header("X-A", " one");
  session.header("X-B", "  two");
  session.header("X-C", "\ttab");
  session.header("X-D", "");
  session.header("X-E", " folded\n\tonce\n  twice");
  session.header("X-F", " 8-bit \xE9");
  session.header("X-SMTPAPI", two_copies);
  session.header("Date", " x");
  session.header("Message-ID", " x");
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  const std::string body("one\r\n\0\xFFtwo\r\n.\r\nno line end", 26);
  session.body(body.substr(0, 4));  // LM-25: cut between CR and LF
  session.body(body.substr(4));
  EXPECT_EQ(session.end_of_message().answer, Answer::discard);
  EXPECT_EQ(*submission(copies()[0].submission_id).message,
            "Subject:no blank\r\nX-A: one\r\nX-B:  two\r\nX-C:\ttab\r\nX-D:\r\n"
            "X-E: folded\r\n\tonce\r\n  twice\r\nX-F: 8-bit \xE9\r\nDate: x\r\nMessage-ID: x\r\n"
            "\r\n" +
                body);
}

TEST_F(SessionContentTest, TakesAnEmptyBody) {
  connect();
  mail();
  rcpt();
  headers(two_copies);
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.end_of_message().answer, Answer::discard);
  EXPECT_THAT(*submission(copies()[0].submission_id).message, testing::EndsWith("\r\n\r\n"));
}

TEST_F(SessionContentTest, LetsNoFieldBecomeTwo) {
  // What the MTAs do not send, but a field by itself must not forge the next one.
  connect();
  mail();
  rcpt();
  session.header("X-A", " one\nX-SMTPAPI: {\"to\": [\"evil@example.org\"]}");
  session.header("X-B", " one\r\n\r\nbody");
  session.header("Na me", " x");
  session.header("N\xE4me", " x");
  session.header("", " x");
  session.header("X-C ", " x");
  session.header("X-SMTPAPI", two_copies);
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.end_of_message().answer, Answer::discard);
  const auto held = copies();
  EXPECT_THAT(held, SizeIs(2));
  EXPECT_THAT(*submission(held[0].submission_id).message,
              HasSubstr("X-A: one\r\n X-SMTPAPI: {\"to\": [\"evil@example.org\"]}\r\n"
                        "X-B: one\r\n \r\n body\r\nNa?me: x\r\nN?me: x\r\n?: x\r\nX-C: x\r\n"));
}

// --- how much (LM-26) ---

TEST_F(SessionContentTest, RefusesWhatIsTooLarge) {
  settings.limits.message_bytes = 1000;
  settings.limits.header_bytes = 200;
  use_settings();
  const std::string large_field(900, 'x');
  const struct {
    const char* why;
    std::string smtpapi;
    std::string field;
    std::size_t body;
    Answer want;
    const char* code;
  } cases[] = {
      {"small", two_copies, "", 100, Answer::discard, ""},
      {"just fits", two_copies, "", 1000 - 140 - 9, Answer::discard, ""},
      {"the body is too large", two_copies, "", 1000, Answer::reject, "552"},
      {"header and body together", two_copies, large_field, 200, Answer::reject, "552"},
      {"the header alone", two_copies, large_field + large_field, 0, Answer::reject, "552"},
      {"HDR-10: ours is too large: the sender is told in a notice",
       " {\"category\": \"" + std::string(200, 'x') + "\"}", "", 0, Answer::discard, ""},
      {"ours is too large by far", " {\"category\": \"" + std::string(400, 'x') + "\"}", "", 0,
       Answer::reject, "552"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    connect();
    mail();
    rcpt();
    if (!c.field.empty()) session.header("X-A", c.field);
    const Ending ending = finish(c.smtpapi, std::string(c.body, 'x'));
    EXPECT_EQ(ending.answer, c.want);
    if (*c.code) {
      EXPECT_STREQ(ending.reply.code, c.code);
      EXPECT_STREQ(ending.reply.status, "5.3.4");
    }
  }
}

TEST_F(SessionContentTest, StopsTheTransferOfWhatIsTooLarge) {
  settings.limits.message_bytes = 1000;
  use_settings();
  connect();
  mail();
  rcpt();
  headers(two_copies);
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.body(std::string(2000, 'x')), Answer::skip_body);
  EXPECT_EQ(session.body("x"), Answer::skip_body);
  EXPECT_EQ(session.end_of_message().answer, Answer::reject);
}

TEST_F(SessionContentTest, IgnoresAMadSize) {
  for (const char* size : {"SIZE=99999999999999999999", "SIZE=18446744073709551615", "SIZE=-1",
                           "SIZE=", "SIZE=9223372036854775807"}) {
    connect();
    mail({"<app@example.org>", size});
    rcpt();
    EXPECT_EQ(finish(two_copies).answer, Answer::discard) << size;
  }
}

TEST_F(SessionContentTest, SharesTheMemoryWithOtherSessions) {
  Session other(service, quota);
  MemoryCharge taken(budget);
  ASSERT_TRUE(taken.raise_to((64u << 20) - 200'000));
  connect();
  mail();
  rcpt();
  headers(two_copies);
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.body(std::string(100'000, 'x')), Answer::go_on);
  EXPECT_EQ(session.body(std::string(150'000, 'x')), Answer::skip_body);
  const std::size_t used = budget.used();
  EXPECT_EQ(used, (64u << 20) - 200'000) << "given back at once";
  const Ending full = session.end_of_message();
  EXPECT_EQ(full.answer, Answer::tempfail);
  EXPECT_STREQ(full.reply.code, "452");
  EXPECT_STREQ(full.reply.status, "4.3.1");

  taken = {};
  EXPECT_EQ(deliver(two_copies, std::string(250'000, 'x')).answer, Answer::discard);
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(SessionContentTest, KeepsItsShareUntilTheChangesAreMade) {
  connect();
  {
    const Ending ending =
        deliver(R"( {"sub": {"-n-": ["Ann"]}})", "-n-" + std::string(100'000, 'x'));
    ASSERT_EQ(ending.answer, Answer::accept);
    EXPECT_GE(budget.used(), 100'000u);
  }
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace smtpapi
