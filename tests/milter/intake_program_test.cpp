// smtpapi-intake as Postfix's pipe(8) calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "store/open_store.h"
#include "support/temporary_folder.h"
#include "tests/milter/child_process.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const char* const two_copies = R"({"to": ["ann@example.org", "bob@example.net"]})";

std::string message_with(const std::string& smtpapi, const std::string& body = "Dear -n-,\r\n") {
  std::string out =
      "From: app@example.org\r\nTo: sink@example.org\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
      "Message-ID: <1@example.org>\r\nSubject: Hello -n-\r\n";
  if (!smtpapi.empty()) out += "X-SMTPAPI: " + smtpapi + "\r\n";
  return out + "\r\n" + body;
}

struct Ended {
  int status;
  std::string errors;
};

class IntakeProgramTest : public testing::Test {
 protected:
  IntakeProgramTest() { configure(""); }

  void configure(const std::string& text) {
    std::ofstream(folder / "smtpapi.conf")
        << text << "\n[store]\nurl = sqlite://" << folder / "store.db"
        << "\n[daemon]\nhostname = mx.example.com\n[log]\nto = stderr\n";
  }

  /// `words` behind --config.
  Ended run(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), {INTAKE_PROGRAM, "--config=" + (folder / "smtpapi.conf")});
    ChildProcess program(words, folder.path().string(), input);
    const int status = program.wait();
    return {status, program.errors()};
  }
  /// The argv= of master.cf (design: big headers).
  Ended pipe_in(const std::string& input,
                std::vector<std::string> recipients = {"sink@example.org"},
                const std::string& client = "127.0.0.1",
                const std::string& from = "app@example.org") {
    std::vector<std::string> words = {"--from", from,       "--queue-id", "4XyZ12", "--login",
                                      "",       "--client", client,       "--"};
    words.insert(words.end(), recipients.begin(), recipients.end());
    return run(words, input);
  }

  std::vector<Copy> copies() {
    if (!std::filesystem::exists(folder / "store.db")) return {};
    CopyQuery query;
    query.limit = 100'000;
    auto list = store()->list(query);
    EXPECT_TRUE(list);
    return *std::move(list);
  }
  Submission submission(const std::string& id) {
    auto found = store()->submission(id);
    EXPECT_TRUE(found && *found);
    return **std::move(found);
  }
  std::unique_ptr<Store> store() {
    auto opened = open_store("sqlite://" + (folder / "store.db"), StoreAccess::existing);
    EXPECT_TRUE(opened) << opened.error().text;
    return *std::move(opened);
  }

  const TemporaryFolder folder;
};

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
    const char* subject;
  } cases[] = {
      {"pass", "", "127.0.0.1", {"a@example.org", "b@example.org"}, "Hello -n-"},
      {"pass, whoever it is", "", "192.0.2.1", {"a@example.org", "b@example.org"}, "Hello -n-"},
      {"strip", two_copies, "192.0.2.1", {"a@example.org", "b@example.org"}, "Hello -n-"},
      {"strip: an empty value is no known client",
       two_copies,
       "",
       {"a@example.org", "b@example.org"},
       "Hello -n-"},
      {"rewrite, same for all",
       R"({"sub": {"-n-": "You"}})",
       "127.0.0.1",
       {"a@example.org", "b@example.org"},
       "Hello You"},
      {"rewrite, another recipient",
       R"({"to": ["c@example.org"], "sub": {"-n-": ["C"]}})",
       "127.0.0.1",
       {"c@example.org"},
       "Hello C"},
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
    EXPECT_THAT(*kept.message, HasSubstr(std::string("Subject: ") + c.subject + "\r\n"));
    EXPECT_THAT(*kept.message, Not(HasSubstr("X-SMTPAPI")));
    EXPECT_EQ(kept.header, "");
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
  EXPECT_THAT(copies(), IsEmpty());
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

// --- at least once, and seldom twice ---

TEST_F(IntakeProgramTest, KeepsADeliveryThatIsTriedAgainOnce) {
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_EQ(pipe_in(message_with(two_copies)).status, 0);
  EXPECT_THAT(copies(), SizeIs(2)) << "RI-14";
  EXPECT_EQ(pipe_in(message_with(two_copies, "other\r\n")).status, 0);
  EXPECT_THAT(copies(), SizeIs(4)) << "a queue ID may come again";
}

TEST_F(IntakeProgramTest, KeepsOneMessageWhoseRecipientsTheMtaSplit) {
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

TEST_F(IntakeProgramTest, SendsOneNoticeForAMessageThatTheMtaSplit) {
  EXPECT_EQ(pipe_in(message_with("{nonsense"), {"a@example.org"}).status, 0);
  EXPECT_EQ(pipe_in(message_with("{nonsense"), {"b@example.org"}).status, 0);
  std::size_t notices = 0;
  for (const Copy& copy : copies()) notices += copy.kind == CopyKind::notice;
  EXPECT_EQ(notices, 1u);
}

TEST_F(IntakeProgramTest, SendsTwiceWhatIsGivenTwiceByHand) {
  for (int i = 0; i < 2; ++i)
    run({"--from", "app@example.org", "--", "sink@example.org"}, message_with(two_copies));
  EXPECT_THAT(copies(), SizeIs(4));
}

// --- senders and recipients ---

TEST_F(IntakeProgramTest, TakesNullSendersAndOddAddresses) {
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

TEST_F(IntakeProgramTest, AsksToTryAgainWhateverIsWrongWithUs) {
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

TEST_F(IntakeProgramTest, AsksToTryAgainWhenTheStoreIsNoStore) {
  std::ofstream(folder / "store.db") << std::string(100'000, 'x');
  const Ended done = pipe_in(message_with(two_copies));
  EXPECT_EQ(done.status, 75);
  EXPECT_THAT(done.errors, StartsWith("4.3.0 "));
  EXPECT_THAT(done.errors, HasSubstr("store.db"));
}

TEST_F(IntakeProgramTest, TellsItsNameAndUse) {
  for (const char* option : {"--help", "--version"}) {
    ChildProcess program({INTAKE_PROGRAM, option}, folder.path().string());
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(program.output(), HasSubstr("smtpapi-intake"));
  }
}

}  // namespace
}  // namespace smtpapi
