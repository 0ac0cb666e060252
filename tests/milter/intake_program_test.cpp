// smtpapi-intake as Postfix's pipe(8) calls it: what becomes of a message.
#include "tests/milter/intake_program.h"

#include <gmock/gmock.h>

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// --- what becomes of a message ---

TEST_F(IntakeProgramTest, HoldsCopies) {
  const Ended done = pipe_in(message_with(two_copies));
  EXPECT_EQ(done.status, 0) << done.errors;
  EXPECT_THAT(done.errors, IsEmpty());
  const auto held = copies();
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].recipient, "ann@example.org");
  const Submission kept = submission(held[0].submission_id);
  EXPECT_EQ(kept.queue_id, "4XyZ12");
  EXPECT_EQ(kept.reverse_path, "app@example.org");
  EXPECT_THAT(*kept.message, Not(HasSubstr("X-SMTPAPI")));
}

TEST_F(IntakeProgramTest, HoldsTenThousandRecipients) {
  // KEY-1, KEY-4: no limit of 60,000 octets on this way.
  std::string value = "{\"to\": [";
  for (int i = 0; i < 10'000; ++i)
    value += (i ? ",\r\n \"r" : "\"r") + std::to_string(i) + "@subdomain.example.org\"";
  value += "]}";
  ASSERT_GT(value.size(), 300'000u);
  EXPECT_EQ(pipe_in(message_with(value)).status, 0);
  EXPECT_THAT(copies(), SizeIs(10'000));
}

TEST_F(IntakeProgramTest, KeepsWhatAMilterWouldLetGoOn) {
  const struct {
    const char* why;
    const char* smtpapi;
    const char* client;
    std::vector<std::string> recipients;  ///< of the copies
    const char* header;                   ///< that is kept
  } cases[] = {
      {"pass", "", "127.0.0.1", {"a@example.org", "b@example.org"}, ""},
      {"pass, whoever it is", "", "192.0.2.1", {"a@example.org", "b@example.org"}, ""},
      {"strip", two_copies, "192.0.2.1", {"a@example.org", "b@example.org"}, ""},
      {"strip: an empty value is no known client",
       two_copies,
       "",
       {"a@example.org", "b@example.org"},
       ""},
      {"there is no MTA to rewrite it: same for all",
       R"({"sub": {"-n-": "You"}})",
       "127.0.0.1",
       {"a@example.org", "b@example.org"},
       R"({"sub": {"-n-": "You"}})"},
      {"there is no MTA to rewrite it: another recipient",
       R"({"to": ["c@example.org"], "sub": {"-n-": ["C"]}})",
       "127.0.0.1",
       {"c@example.org"},
       R"({"to": ["c@example.org"], "sub": {"-n-": ["C"]}})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto before = copies().size();
    const Ended done =
        pipe_in(message_with(c.smtpapi), {"a@example.org", "b@example.org"}, c.client);
    EXPECT_EQ(done.status, 0) << done.errors;
    auto all = copies();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    std::vector<std::string> recipients;
    for (const Copy& copy : all) recipients.push_back(copy.recipient);
    EXPECT_EQ(recipients, c.recipients);
    const Submission kept = submission(all.at(0).submission_id);
    EXPECT_THAT(*kept.message, HasSubstr("Subject: Hello -n-\r\n"));
    EXPECT_THAT(*kept.message, Not(HasSubstr("X-SMTPAPI")));
    EXPECT_EQ(kept.header, c.header);
    // Each is another job for the store though the MTA gave it the same name.
    std::filesystem::remove(folder / "store.db");
    std::filesystem::remove(folder / "store.db-wal");
    std::filesystem::remove(folder / "store.db-shm");
  }
}

TEST_F(IntakeProgramTest, PassesByteForByte) {
  const std::string message = message_with("", std::string("8-bit \xE9\r\n\0.\r\n\r\nend", 18));
  EXPECT_EQ(pipe_in(message).status, 0);
  const auto kept = submission(copies().at(0).submission_id);
  EXPECT_EQ(*kept.message, message);
  EXPECT_TRUE(kept.eight_bit);
}

TEST_F(IntakeProgramTest, TakesAnyLineEndAndTheMboxLine) {
  const struct {
    const char* why;
    const char* input;
    const char* want;
  } cases[] = {
      {"LF, as pipe(8) writes", "Subject: a\nX-SMTPAPI: {\"category\":\n \"c\"}\n\nbody\n",
       "Subject: a\r\n"},
      {"mixed", "Subject: a\r\nX-SMTPAPI: {}\n\r\nbody\n", "Subject: a\r\n"},
      {"the mbox envelope", "From app@example.org Mon Jan  1 00:00:00 2024\nSubject: a\n\nbody\n",
       "Subject: a\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(pipe_in(c.input).status, 0);
    const auto kept = submission(copies().back().submission_id);
    EXPECT_THAT(*kept.message, StartsWith(c.want));
    EXPECT_THAT(*kept.message, testing::EndsWith("\r\n\r\nbody\r\n"));
  }
}

TEST_F(IntakeProgramTest, BouncesByANotice) {
  const Ended done = pipe_in(message_with("{nonsense"));
  EXPECT_EQ(done.status, 0) << "kept: " << done.errors;
  const auto kept = copies();
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(kept[0].kind, CopyKind::notice);
  EXPECT_EQ(kept[0].recipient, "app@example.org");
}

TEST_F(IntakeProgramTest, RefusesWithEveryProblemInRejectMode) {
  configure("[error]\nmode = reject\n");
  const Ended done = pipe_in(message_with(R"({"to": 5, "sub": 6, "section": 7})"));
  EXPECT_EQ(done.status, 65) << "EX_DATAERR: Postfix returns the message";
  EXPECT_THAT(done.errors, StartsWith("5.6.0 X-SMTPAPI header: "));
  for (const char* what : {"to", "sub", "section"}) EXPECT_THAT(done.errors, HasSubstr(what));
  const auto kept = copies();
  ASSERT_EQ(kept.size(), 1u) << "for its event (ERR-3)";
  EXPECT_EQ(kept[0].state, CopyState::dropped);
}

TEST_F(IntakeProgramTest, RefusesWhatIsTooLarge) {
  configure("[limits]\nmessage-bytes = 100k\nheader-bytes = 50k\n");
  const struct {
    const char* why;
    std::string input;
    int status;
  } cases[] = {
      {"a body", message_with(two_copies, std::string(110'000, 'x')), 65},
      {"a body without header of ours", message_with("", std::string(110'000, 'x')), 65},
      {"anything at all", message_with("", std::string(5'000'000, 'x')), 65},
      {"small", message_with(two_copies), 0},
      {"HDR-10: a header of ours: a notice says so",
       message_with("{\"category\": \"" + std::string(60'000, 'x') + "\"}"), 0},
      {"a header of ours by far", message_with("{\"category\": \"" + std::string(900'000, 'x')),
       65},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Ended done = pipe_in(c.input);
    EXPECT_EQ(done.status, c.status) << done.errors;
    if (c.status) {
      EXPECT_EQ(done.errors, "5.3.4 the message is larger than 102400 octets\n");
    }
  }
}

// --- who may ---

TEST_F(IntakeProgramTest, TrustsWhoRunsItByHand) {
  EXPECT_EQ(
      run({"--from", "app@example.org", "--", "sink@example.org"}, message_with(two_copies)).status,
      0);
  EXPECT_THAT(copies(), SizeIs(2));
}

TEST_F(IntakeProgramTest, TrustsALogin) {
  EXPECT_EQ(run({"--from", "app@example.org", "--login", "app", "--client", "192.0.2.1", "--",
                 "sink@example.org"},
                message_with(two_copies))
                .status,
            0);
  EXPECT_THAT(copies(), SizeIs(2));
}

TEST_F(IntakeProgramTest, DoesNotTrustAnEmptyLogin) {
  EXPECT_EQ(run({"--from", "app@example.org", "--login", "", "--", "sink@example.org"},
                message_with(two_copies))
                .status,
            0);
  EXPECT_THAT(copies(), SizeIs(1)) << "stripped";
}

}  // namespace
}  // namespace smtpapi
