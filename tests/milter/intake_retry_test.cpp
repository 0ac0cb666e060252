// smtpapi-intake when the MTA tries again, splits a message, or something is wrong with us.
#include <gmock/gmock.h>

#include "tests/milter/intake_program.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using IntakeRetryTest = IntakeProgramTest;

// --- at least once, and seldom twice ---

TEST_F(IntakeRetryTest, KeepsADeliveryThatIsTriedAgainOnce) {
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_EQ(pipe_in(message_with(two_copies)).status, 0);
  EXPECT_THAT(copies(), SizeIs(2)) << "RI-14";
  EXPECT_EQ(pipe_in(message_with(two_copies, "other\r\n")).status, 0);
  EXPECT_THAT(copies(), SizeIs(4)) << "a queue ID may come again";
}

TEST_F(IntakeRetryTest, KeepsOneMessageWhoseRecipientsTheMtaSplit) {
  EXPECT_EQ(pipe_in(message_with(two_copies), {"a@example.org"}).status, 0);
  EXPECT_EQ(pipe_in(message_with(two_copies), {"b@example.org"}).status, 0);
  EXPECT_THAT(copies(), SizeIs(2)) << "TO-3: recipients come from `to` alone";

  EXPECT_EQ(pipe_in(message_with(""), {"a@example.org"}).status, 0);
  EXPECT_EQ(pipe_in(message_with(""), {"b@example.org"}).status, 0);
  EXPECT_THAT(copies(), SizeIs(4)) << "without `to` each part is its own job";
  EXPECT_EQ(pipe_in(message_with(two_copies), {"a@example.org"}, "192.0.2.1").status, 0);
  EXPECT_EQ(pipe_in(message_with(two_copies), {"b@example.org"}, "192.0.2.1").status, 0);
  EXPECT_THAT(copies(), SizeIs(6)) << "and so where `to` is not obeyed";
}

TEST_F(IntakeRetryTest, GivesNobodyWhatIsAnothers) {
  // Postfix's queue manager sorts recipients, so their order says nothing (TO-12).
  const char* const values = R"({"sub": {"-n-": ["Zoe", "Ann"]}})";
  const std::string unknown = message_with(values);
  const Ended refused = pipe_in(unknown, {"ann@example.org", "zoe@example.org"});
  EXPECT_EQ(refused.status, 65);
  EXPECT_THAT(refused.errors, StartsWith("5.6.0 "));
  EXPECT_THAT(copies(), IsEmpty());

  std::string known = unknown;
  known.replace(known.find("sink@example.org"), 16, "zoe@example.org, ann@example.org");
  EXPECT_EQ(pipe_in(known, {"ann@example.org", "zoe@example.org"}).status, 0);
  const auto held = copies();
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].recipient, "zoe@example.org");
  EXPECT_EQ(held[0].index, 0u);

  EXPECT_EQ(run({"--from", "app@example.org", "--", "zoe@example.org", "ann@example.org"}, unknown)
                .status,
            0)
      << "by hand they stand in the order that is meant";
}

TEST_F(IntakeRetryTest, SendsOneNoticeForAMessageThatTheMtaSplit) {
  EXPECT_EQ(pipe_in(message_with("{nonsense"), {"a@example.org"}).status, 0);
  EXPECT_EQ(pipe_in(message_with("{nonsense"), {"b@example.org"}).status, 0);
  std::size_t notices = 0;
  for (const Copy& copy : copies()) notices += copy.kind == CopyKind::notice;
  EXPECT_EQ(notices, 1u);
}

TEST_F(IntakeRetryTest, SendsTwiceWhatIsGivenTwiceByHand) {
  for (int i = 0; i < 2; ++i)
    run({"--from", "app@example.org", "--", "sink@example.org"}, message_with(two_copies));
  EXPECT_THAT(copies(), SizeIs(4));
}

// --- senders and recipients ---

TEST_F(IntakeRetryTest, TakesNullSendersAndOddAddresses) {
  for (const char* from : {"", "<>", "MAILER-DAEMON"}) {
    SCOPED_TRACE(from);
    EXPECT_EQ(pipe_in(message_with(two_copies, std::string("body ") + from), {"sink@example.org"},
                      "127.0.0.1", from)
                  .status,
              0);
    EXPECT_EQ(submission(copies().back().submission_id).reverse_path, "");
  }
  const std::string evil = "--config=/no/such/file@example.org";
  EXPECT_EQ(pipe_in(message_with(""), {"--help", evil}, "127.0.0.1", evil).status, 0);
  const auto all = copies();
  EXPECT_EQ(all.back().recipient, evil);
  EXPECT_EQ(submission(all.back().submission_id).reverse_path, evil);
}

// --- what must never bounce mail ---

TEST_F(IntakeRetryTest, AsksToTryAgainWhateverIsWrongWithUs) {
  const struct {
    const char* why;
    std::vector<std::string> words;
    const char* want;
  } cases[] = {
      {"no recipient", {"--from", "a@example.org", "--"}, "no recipient"},
      {"no sender", {"--", "b@example.org"}, "--from is missing"},
      {"an option without value", {"--from"}, "needs a value"},
      {"an unknown option", {"--form", "a@example.org", "--", "b@example.org"}, "--form"},
      {"an option twice", {"--from", "a", "--from", "b", "--", "c@example.org"}, "twice"},
      {"a bad setting", {"--error.mode=maybe", "--from", "a", "--", "b"}, "error.mode"},
      {"no store folder",
       {"--store.url=sqlite:///no/such/folder/x", "--from", "a", "--", "b@example.org"},
       "/no/such/folder"},
      {"a store of another kind",
       {"--store.url=postgresql://none", "--from", "a", "--", "b@example.org"},
       "postgresql"},
      {"no account file",
       {"--account.settings=/no/such/file", "--from", "a", "--", "b@example.org"},
       "/no/such/file"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Ended done = run(c.words, message_with(two_copies));
    EXPECT_EQ(done.status, 75) << "EX_TEMPFAIL";
    EXPECT_THAT(done.errors, HasSubstr(c.want));
  }
  EXPECT_EQ(pipe_in("").status, 75) << "nothing on standard input";
  std::ofstream(folder / "smtpapi.conf") << "[nonsense\n";
  EXPECT_EQ(pipe_in(message_with(two_copies)).status, 75);
  std::filesystem::remove(folder / "smtpapi.conf");
  EXPECT_EQ(pipe_in(message_with(two_copies)).status, 75);
}

TEST_F(IntakeRetryTest, AsksToTryAgainWhenTheStoreIsNoStore) {
  std::ofstream(folder / "store.db") << std::string(100'000, 'x');
  const Ended done = pipe_in(message_with(two_copies));
  EXPECT_EQ(done.status, 75);
  EXPECT_THAT(done.errors, StartsWith("4.3.0 "));
  EXPECT_THAT(done.errors, HasSubstr("store.db"));
}

TEST_F(IntakeRetryTest, TellsItsNameAndUse) {
  for (const char* option : {"--help", "--version"}) {
    ChildProcess program({INTAKE_PROGRAM, option}, folder.path().string());
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(program.output(), HasSubstr("smtpapi-intake"));
  }
}

}  // namespace
}  // namespace smtpapi
