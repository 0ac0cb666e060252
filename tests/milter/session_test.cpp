#include "milter/session.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "tests/milter/session_fixture.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// --- how much is wanted of a message ---

TEST_F(SessionTest, IsDoneAtTheEndOfAHeaderWithoutOurs) {
  connect();
  mail();
  rcpt();
  headers("");
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::accept);
  EXPECT_THAT(copies(), IsEmpty());

  EXPECT_EQ(deliver(two_copies).answer, Answer::discard) << "the connection's next message";
}

TEST_F(SessionTest, WantsTheBodyOfEveryMessageInScopeAll) {
  settings.scope = Scope::all;
  use_settings();
  connect();
  mail();
  rcpt();
  headers("");
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.body("text\r\n"), Answer::go_on);
  const Ending ending = session.end_of_message();
  EXPECT_EQ(ending.answer, Answer::accept) << "PIPE-1: no setting touches it";
  EXPECT_THAT(ending.changes.fields, IsEmpty());
  EXPECT_FALSE(ending.changes.body_changed);
}

TEST_F(SessionTest, PassesWithoutOursWhateverItsSize) {
  settings.limits.message_bytes = 100;
  use_settings();
  connect();
  mail();
  rcpt();
  session.header("Subject", std::string(200, 'x'));
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::accept);
}

// --- verdicts ---

TEST_F(SessionTest, HoldsAndDiscards) {
  connect();
  const Ending ending = deliver(two_copies);
  EXPECT_EQ(ending.answer, Answer::discard);
  const auto held = copies();
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].recipient, "ann@example.org");
  EXPECT_EQ(held[1].recipient, "bob@example.net");
  const Submission kept = submission(held[0].submission_id);
  EXPECT_EQ(kept.queue_id, "4XyZ12");
  EXPECT_EQ(kept.client.name, "client.example.com");
  EXPECT_EQ(kept.client.helo, "client.example.com");
  EXPECT_EQ(kept.client.address, "127.0.0.1");
  EXPECT_THAT(*kept.message, HasSubstr("Subject: Hello -n-\r\n"));
  EXPECT_THAT(*kept.message, testing::EndsWith("\r\n\r\nDear -n-,\r\n"));
  EXPECT_THAT(*kept.message, Not(HasSubstr("X-SMTPAPI")));
}

TEST_F(SessionTest, RewritesInPlace) {
  connect();
  const Ending ending = deliver(R"( {"sub": {"-n-": ["Ann"]}})");
  EXPECT_EQ(ending.answer, Answer::accept);
  ASSERT_THAT(ending.changes.fields, SizeIs(2));
  EXPECT_EQ(ending.changes.fields[0].name, "Subject");
  EXPECT_EQ(ending.changes.fields[0].value, " Hello Ann");
  EXPECT_EQ(ending.changes.fields[1].name, "X-SMTPAPI");
  EXPECT_EQ(ending.changes.fields[1].value, std::nullopt);
  ASSERT_TRUE(ending.changes.body_changed);
  std::string body;
  for (const auto piece : ending.changes.body) body += piece;
  EXPECT_EQ(body, "Dear Ann,\r\n");

  // Remembered, so that its events know what it was.
  const auto kept = copies();
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept[0].state, CopyState::sent);
  EXPECT_EQ(kept[0].queue_id, "4XyZ12");
}

TEST_F(SessionTest, MovesAnInPlaceMessageToItsRecipient) {
  connect();
  const Ending ending = deliver(R"( {"to": ["Ann Lee <ann@example.org>"]})");
  EXPECT_EQ(ending.answer, Answer::accept);
  EXPECT_THAT(ending.changes.recipients_out, ElementsAre("<sink@example.org>"));
  EXPECT_THAT(ending.changes.recipients_in, ElementsAre("<ann@example.org>"));
}

TEST_F(SessionTest, StripsWhatAnUntrustedClientSent) {
  connect("192.0.2.1");
  mail();
  rcpt();
  headers(two_copies);
  session.header("x-smtpapi", " {}");
  session.header("X-Smtpapi-Part", " 2/2 }");
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.body("Dear -n-,\r\n"), Answer::skip_body);
  const Ending ending = session.end_of_message();
  EXPECT_EQ(ending.answer, Answer::accept);
  std::vector<std::string> out;
  for (const auto& field : ending.changes.fields) {
    EXPECT_EQ(field.value, std::nullopt);
    out.push_back(field.name + " " + std::to_string(field.index));
  }
  EXPECT_THAT(out, ElementsAre("X-Smtpapi-Part 1", "x-smtpapi 2", "X-SMTPAPI 1"))
      << "RW-2: from the last to the first";
  EXPECT_FALSE(ending.changes.body_changed);
  EXPECT_THAT(ending.changes.recipients_in, IsEmpty());
  EXPECT_THAT(copies(), IsEmpty());
}

TEST_F(SessionTest, BouncesABadHeader) {
  connect();
  EXPECT_EQ(deliver(" {nonsense").answer, Answer::discard);
  const auto kept = copies();
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(kept[0].kind, CopyKind::notice);
  EXPECT_EQ(kept[0].recipient, "app@example.org");
}

TEST_F(SessionTest, SendsNoNoticeToANullSender) {
  connect();
  mail({"<>"});
  rcpt();
  EXPECT_EQ(finish(" {nonsense").answer, Answer::discard);
  for (const Copy& copy : copies()) EXPECT_EQ(copy.state, CopyState::dropped);
}

TEST_F(SessionTest, RejectsABadHeaderInRejectMode) {
  settings.error_mode = ErrorMode::reject;
  use_settings();
  connect();
  const Ending ending = deliver(" {nonsense");
  EXPECT_EQ(ending.answer, Answer::reject);
  EXPECT_STREQ(ending.reply.code, "550");
  EXPECT_STREQ(ending.reply.status, "5.6.0");
  EXPECT_THAT(ending.reply.text, HasSubstr("X-SMTPAPI"));
  const auto kept = copies();
  ASSERT_EQ(kept.size(), 1u) << "for its event (ERR-3)";
  EXPECT_EQ(kept[0].state, CopyState::dropped);
}

TEST_F(SessionTest, AnswersTryAgainWhenTheStoreIsLocked) {
  open({.patience = std::chrono::milliseconds(30)});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "store.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  connect();
  const Ending ending = deliver(two_copies);
  EXPECT_EQ(ending.answer, Answer::tempfail);
  EXPECT_STREQ(ending.reply.code, "451");
  EXPECT_STREQ(ending.reply.status, "4.3.0");
  EXPECT_THAT(ending.reply.text, Not(HasSubstr("store"))) << "the detail is for the log";
  sqlite3_close(other);

  EXPECT_THAT(copies(), IsEmpty());
  EXPECT_EQ(deliver(two_copies).answer, Answer::discard) << "and then it works again";
}

// --- who may ---

TEST_F(SessionTest, TrustsByAddressLoginOrDaemonName) {
  const struct {
    const char* why;
    const char* address;
    const char* login;
    std::vector<std::string> daemon_names;
    bool trusted;
  } cases[] = {
      {"TR-3: address in trust.networks", "127.0.0.1", "", {}, true},
      {"TR-3: another address", "192.0.2.1", "", {}, false},
      {"TR-3: a login", "192.0.2.1", "app", {}, true},
      {"TR-3: daemon name", "192.0.2.1", "", {"MTA"}, true},
      {"TR-3: another daemon name", "192.0.2.1", "", {"MSA"}, false},
      {"TR-3: no address known", "", "", {}, false},
      {"no address known, but a login", "", "app", {}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    settings.trust.daemon_names = c.daemon_names;
    use_settings();
    connect(c.address);
    mail({"<app@example.org>"}, c.login);
    rcpt();
    EXPECT_EQ(finish(two_copies).answer, c.trusted ? Answer::discard : Answer::accept);
  }
}

TEST_F(SessionTest, ForgetsALoginWithItsMessage) {
  connect("192.0.2.1");
  mail({"<app@example.org>"}, "app");
  rcpt();
  EXPECT_EQ(finish(two_copies).answer, Answer::discard);
  EXPECT_EQ(deliver(two_copies).answer, Answer::accept) << "stripped";
}

// --- the envelope ---

TEST_F(SessionTest, ReadsTheEnvelope) {
  connect();
  session.helo("again.example.com");  // STARTTLS
  mail({"<app@example.org>", "SIZE=2000", "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=x1",
        "AUTH=<>"},
       "app");
  rcpt({"<ann@example.org>", "NOTIFY=NEVER", "ORCPT=rfc822;a@b.example", "X=1"});
  rcpt({"<bob@example.net>"});
  EXPECT_EQ(finish(R"( {"sub": {"-n-": ["A", "B"]}})").answer, Answer::discard);
  const auto held = copies();
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].parameters, "NOTIFY=NEVER ORCPT=rfc822;a@b.example");
  EXPECT_EQ(held[1].parameters, "");
  const Submission kept = submission(held[0].submission_id);
  EXPECT_EQ(kept.reverse_path, "app@example.org");
  EXPECT_EQ(kept.mail_parameters, "RET=HDRS ENVID=x1");
  EXPECT_TRUE(kept.smtputf8);
  EXPECT_TRUE(kept.eight_bit);
  EXPECT_EQ(kept.client.login, "app");
  EXPECT_EQ(kept.client.helo, "again.example.com");
}

TEST_F(SessionTest, TakesAddressesInEveryForm) {
  const struct {
    const char* why;
    const char* from;
    const char* want;
  } cases[] = {
      {"as SMTP has it", "<app@example.org>", "app@example.org"},
      {"LM-22: local submission has no brackets", "app@example.org", "app@example.org"},
      {"the null sender", "<>", ""},
      {"LM-22: the null sender of local submission", "", ""},
      {"RFC 5321 4.1.1.3: a source route", "<@a.example,@b.example:app@example.org>",
       "app@example.org"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    connect();
    mail({c.from});
    rcpt({"sink@example.org"});
    EXPECT_EQ(finish(two_copies).answer, Answer::discard);
    const auto all = copies();
    EXPECT_EQ(submission(all.back().submission_id).reverse_path, c.want);
  }
}

// --- the order of steps (LM-20) ---

TEST_F(SessionTest, StartsAfreshWithEveryMessage) {
  connect();
  mail();
  rcpt({"<first@example.org>"});
  headers(two_copies);
  mail();  // no abort before it
  rcpt({"<second@example.org>"});
  headers("");
  EXPECT_EQ(session.end_of_header("4XyZ13"), Answer::accept) << "no header of ours in this one";

  mail();
  rcpt({"<first@example.org>"});
  session.abort();
  EXPECT_EQ(deliver(R"( {"sub": {"-n-": ["A"]}})").answer, Answer::accept);
  const auto kept = copies();
  ASSERT_THAT(kept, SizeIs(1)) << "the one that went on in place";
  EXPECT_EQ(kept[0].state, CopyState::sent);
}

TEST_F(SessionTest, AbortsAtEveryStage) {
  connect();
  for (int stage = 0; stage < 6; ++stage) {
    if (stage > 0) mail();
    if (stage > 1) rcpt();
    if (stage > 2) headers(two_copies);
    if (stage > 3) session.end_of_header("4XyZ12");
    if (stage > 4) session.body(std::string(100'000, 'x'));
    session.abort();
    EXPECT_EQ(budget.used(), 0u);
  }
  EXPECT_THAT(copies(), IsEmpty());
  EXPECT_EQ(deliver(two_copies).answer, Answer::discard);
}

TEST_F(SessionTest, RefusesAMessageWhoseBeginningItMissed) {
  connect();
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::tempfail);
  EXPECT_STREQ(session.reply().code, "451");
  EXPECT_EQ(session.end_of_message().answer, Answer::tempfail);
  session.header("X-SMTPAPI", two_copies);
  EXPECT_EQ(session.end_of_message().answer, Answer::tempfail);
}

TEST_F(SessionTest, RemembersThatAStepFailed) {
  connect();
  mail();
  rcpt();
  headers("");
  session.fail();
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::tempfail);
  EXPECT_EQ(deliver(two_copies).answer, Answer::discard) << "only that message";

  session.fail();  // outside of a message: who the client is may be lost
  mail();
  rcpt();
  headers(two_copies);
  EXPECT_EQ(session.end_of_header("4XyZ12"), Answer::tempfail);
  connect();
  EXPECT_EQ(deliver(two_copies).answer, Answer::discard) << "a new connection";
}

TEST_F(SessionTest, KeepsTheSettingsThatAMessageBeganWith) {
  connect();
  mail();
  rcpt();
  headers(" {nonsense");
  settings.error_mode = ErrorMode::reject;
  use_settings();
  ASSERT_EQ(session.end_of_header("4XyZ12"), Answer::go_on);
  EXPECT_EQ(session.end_of_message().answer, Answer::discard);
  EXPECT_EQ(deliver(" {nonsense").answer, Answer::reject);
}

}  // namespace
}  // namespace smtpapi
