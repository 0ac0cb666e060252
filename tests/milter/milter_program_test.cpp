// smtpapi-milter over the wire: TE-4's cases as an MTA sends them.
#include "tests/milter/milter_program.h"

#include <gmock/gmock.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <thread>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

const char* const two_copies = R"( {"to": ["ann@example.org", "bob@example.net"]})";
const char* const in_place = R"( {"sub": {"-n-": ["Ann"]}})";

/// As an MTA counts, both ways.
constexpr Numbering numberings[] = {Numbering::as_shown, Numbering::after_deletions};

// --- negotiation ---

TEST_F(MilterProgramTest, NegotiatesAsLittleAsItNeeds) {
  ASSERT_TRUE(start());
  const auto client = open_connection();
  ASSERT_EQ(client->negotiate(), SMFIC_OPTNEG);
  EXPECT_EQ(client->actions(), SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_CHGFROM |
                                   SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_SETSYMLIST)
      << "LM-16";
  EXPECT_EQ(client->steps(), SMFIP_HDR_LEADSPC | SMFIP_SKIP | SMFIP_NR_CONN | SMFIP_NR_HELO |
                                 SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NODATA |
                                 SMFIP_NOUNKNOWN)
      << "LM-17";
  EXPECT_THAT(client->macro_lists(),
              testing::UnorderedElementsAre(
                  Pair(SMFIM_CONNECT, "{daemon_name}"), Pair(SMFIM_HELO, "{tls_version}"),
                  Pair(SMFIM_ENVFROM, "{auth_authen} {tls_version}"), Pair(SMFIM_ENVRCPT, "i"),
                  Pair(SMFIM_EOH, "i"), Pair(SMFIM_EOM, "i")))
      << "LM-19";
}

TEST_F(MilterProgramTest, RefusesAnMtaThatOffersTooLittle) {
  ASSERT_TRUE(start());
  for (const auto& [actions, steps] : {std::pair(0x1FFu & ~SMFIF_CHGBODY, 0x1FFFFFul),
                                       {0x1FFu & ~SMFIF_DELRCPT, 0x1FFFFFul},
                                       {0x1FFu, 0x1FFFFFul & ~SMFIP_HDR_LEADSPC},
                                       {0x1FFu, 0x3Ful}}) {
    const auto client = open_connection();
    char answer = SMFIR_REJECT;
    try {
      answer =
          client->negotiate(static_cast<std::uint32_t>(actions), static_cast<std::uint32_t>(steps));
    } catch (const std::exception&) {  // hung up: no MTA takes that for yes
    }
    EXPECT_EQ(answer, SMFIR_REJECT);
  }
  EXPECT_EQ(deliver(message_with("")).reply, SMFIR_ACCEPT) << "it still serves others";
}

// --- a message that needs nothing ---

TEST_F(MilterProgramTest, TakesNoBodyOfAMessageWithoutHeader) {
  ASSERT_TRUE(start());
  const auto client = connection();
  for (int i = 0; i < 3; ++i) {
    const MilterOutcome outcome = client->deliver(message_with("", std::string(200'000, 'x')));
    EXPECT_EQ(outcome.reply, SMFIR_ACCEPT);
    EXPECT_TRUE(outcome.ended_at_header);
    EXPECT_EQ(outcome.body_chunks, 0u);
  }
  wait_for_log("4XyZ12: passed");
}

// --- header fields of every shape ---

TEST_F(MilterProgramTest, HoldsLargeHeaders) {
  ASSERT_TRUE(start());
  std::size_t expected = 0;
  for (const std::size_t size : {53'999u, 54'000u, 59'990u}) {
    // "X-SMTPAPI:" and the value together: what KEY-1 counts.
    std::string value = R"( {"category": "x", "to": [)";
    std::size_t recipients = 0;
    while (value.size() < size - 200)
      value += "\n \"r" + std::to_string(recipients++) + "@example.org\",";
    value += "\n \"last@example.org\"], \"unique_args\": {\"pad\": \"";
    value += std::string(size - 10 - value.size() - 3, 'p') + "\"}}";
    ASSERT_EQ(value.size() + 10, size);
    EXPECT_EQ(deliver(message_with(value)).reply, SMFIR_DISCARD) << size;
    EXPECT_THAT(copies(), SizeIs(expected += recipients + 1)) << size;
  }
}

TEST_F(MilterProgramTest, NamesAHeaderThatTheMtaCut) {
  ASSERT_TRUE(start({"--error.mode=reject"}));
  for (const std::size_t size : {54'000u, 59'990u}) {
    std::string value = " {\"to\": [\"";
    value += std::string(size - 10 - value.size(), 'x');
    const MilterOutcome outcome = deliver(message_with(value));
    ASSERT_EQ(outcome.reply, SMFIR_REPLYCODE);
    EXPECT_THAT(outcome.text, HasSubstr("cut")) << "PF-19";
  }
  const MilterOutcome outcome = deliver(message_with(" {\"to\": [\"" + std::string(1000, 'x')));
  EXPECT_THAT(outcome.text, Not(HasSubstr("cut")));
}

TEST_F(MilterProgramTest, RemovesEveryHeaderOfOurs) {
  ASSERT_TRUE(start());
  MilterMessage message = message_with("");
  message.fields.insert(message.fields.begin(), {"X-SMTPAPI", in_place});  // RW-3: the first field
  message.fields.insert(message.fields.begin() + 3, {"x-smtpapi", " {}"});
  message.fields.emplace_back("X-Smtpapi", in_place);
  const struct {
    const char* why;
    const char* address;
    const char* subject;
  } cases[] = {{"HDR-3: rewritten", "127.0.0.1", " Hello Ann"},
               {"TR-3: stripped", "192.0.2.1", " Hello -n-"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const MilterOutcome outcome = deliver(message, c.address);
    ASSERT_EQ(outcome.reply, SMFIR_ACCEPT);
    for (const Numbering numbering : numberings) {
      const FilteredMessage got = apply_changes(message, outcome.changes, numbering);
      EXPECT_THAT(got.fields,
                  ElementsAre(Pair("From", " app@example.org"), Pair("To", " sink@example.org"),
                              Pair("Date", " Mon, 1 Jan 2024 00:00:00 +0000"),
                              Pair("Message-ID", " <1@example.org>"), Pair("Subject", c.subject)));
    }
  }
}

TEST_F(MilterProgramTest, SkipsTheBodyOfWhatItOnlyStrips) {
  ASSERT_TRUE(start());
  const MilterMessage message = message_with(two_copies, std::string(300'000, 'x'));
  const MilterOutcome outcome = deliver(message, "192.0.2.1");
  EXPECT_EQ(outcome.reply, SMFIR_ACCEPT);
  EXPECT_EQ(outcome.body_chunks, 1u);
  EXPECT_EQ(apply_changes(message, outcome.changes, Numbering::as_shown).body, message.body);
  EXPECT_THAT(copies(), IsEmpty());
}

TEST_F(MilterProgramTest, TakesAnyLeadingSpace) {
  ASSERT_TRUE(start());
  const std::string value = R"({"to": ["ann@example.org", "bob@example.net"]})";
  std::size_t expected = 0;
  for (const char* space : {"", " ", "  ", "\t", "\n ", " \n\t"}) {
    EXPECT_EQ(deliver(message_with(space + value)).reply, SMFIR_DISCARD);
    EXPECT_THAT(copies(), SizeIs(expected += 2));
  }
}

TEST_F(MilterProgramTest, TakesABareLineFeedForNothingElse) {
  // PF-20: in Postfix the rest of the JSON has become the body.
  ASSERT_TRUE(start({"--error.mode=reject"}));
  const MilterOutcome outcome =
      deliver(message_with(" {\"to\": [\"ann@example.org\",", "\"bob@example.net\"]}\r\n"));
  EXPECT_EQ(outcome.reply, SMFIR_REPLYCODE);
  EXPECT_THAT(outcome.text, testing::StartsWith("550 5.6.0 X-SMTPAPI header: "));
  const auto kept = copies();
  ASSERT_EQ(kept.size(), 1u) << "for its event (ERR-3)";
  EXPECT_EQ(kept[0].state, CopyState::dropped);
}

// --- changes in place ---

TEST_F(MilterProgramTest, RewritesALargeBody) {
  ASSERT_TRUE(start());
  std::string body, want;
  for (int i = 0; i < 20'000; ++i) {
    body += "Line " + std::to_string(i) + " for -n- \xC3\xA9.\r\n";
    want += "Line " + std::to_string(i) + " for Ann \xC3\xA9.\r\n";
  }
  MilterMessage message = message_with(in_place, body);
  message.fields.emplace_back("Content-Type", " text/plain; charset=utf-8");
  message.fields.emplace_back("Content-Transfer-Encoding", " 8bit");
  const MilterOutcome outcome = deliver(message);
  ASSERT_EQ(outcome.reply, SMFIR_ACCEPT);
  const FilteredMessage got = apply_changes(message, outcome.changes, Numbering::as_shown);
  EXPECT_TRUE(got.body == want) << "LM-32";
  EXPECT_LT(outcome.changes.size(), 30u) << "packets should be large";
}

TEST_F(MilterProgramTest, RewritesAnEmptyBodyAndOneWithoutLineEnd) {
  ASSERT_TRUE(start());
  const struct {
    std::string body, want;
  } cases[] = {{"", ""}, {"-n-\r\n", "Ann\r\n"}, {"-n-\r\nend", "Ann\r\nend"}};
  for (const auto& c : cases) {
    const MilterMessage message = message_with(in_place, c.body);
    const MilterOutcome outcome = deliver(message);
    ASSERT_EQ(outcome.reply, SMFIR_ACCEPT);
    // LM-32: the MTA adds a final line end that is missing.
    const std::string got = apply_changes(message, outcome.changes, Numbering::as_shown).body;
    EXPECT_TRUE(got == c.want || got == c.want + "\r\n") << got;
  }
}

TEST_F(MilterProgramTest, ChangesRecipientsInPlace) {
  ASSERT_TRUE(start());
  MilterMessage message = message_with(R"( {"to": ["Ann <ann@example.org>"]})");
  message.rcpt = {{"<sink@example.org>", "NOTIFY=NEVER"}, {"<other@example.org>"}};
  const MilterOutcome outcome = deliver(message);
  ASSERT_EQ(outcome.reply, SMFIR_ACCEPT);
  const FilteredMessage got = apply_changes(message, outcome.changes, Numbering::as_shown);
  EXPECT_THAT(got.recipients, ElementsAre("<ann@example.org>"));
}

TEST_F(MilterProgramTest, KeepsARecipientThatStandsThereTwice) {
  ASSERT_TRUE(start());
  MilterMessage message = message_with(R"( {"to": ["ann@example.org"]})");
  message.rcpt = {{"<ann@example.org>"}, {"<ann@example.org>"}, {"<sink@example.org>"}};
  const MilterOutcome outcome = deliver(message);
  ASSERT_EQ(outcome.reply, SMFIR_ACCEPT);
  const FilteredMessage got = apply_changes(message, outcome.changes, Numbering::as_shown);
  EXPECT_THAT(got.recipients, testing::Each("<ann@example.org>")) << "LM-34";
  EXPECT_FALSE(got.recipients.empty()) << "LM-35: gone without a word";
}

// --- envelopes ---

TEST_F(MilterProgramTest, TakesEveryEnvelope) {
  ASSERT_TRUE(start());
  const struct {
    const char* why;
    std::vector<std::string> mail;
    std::vector<std::vector<std::string>> rcpt;
    const char* reverse_path;
    const char* parameters;
  } cases[] = {
      {"plain",
       {"<app@example.org>"},
       {{"<a@example.org>"}, {"<b@example.org>"}},
       "app@example.org",
       ""},
      {"null sender", {"<>"}, {{"<a@example.org>"}, {"<b@example.org>"}}, "", ""},
      {"LM-22: local submission",
       {"app@example.org"},
       {{"a@example.org"}, {"b@example.org"}},
       "app@example.org",
       ""},
      {"LM-22: null sender of local submission",
       {""},
       {{"a@example.org"}, {"b@example.org"}},
       "",
       ""},
      {"ESMTP parameters",
       {"<app@example.org>", "SIZE=100", "BODY=8BITMIME"},
       {{"<a@example.org>", "NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;x@example.org"},
        {"<b@example.org>"}},
       "app@example.org",
       "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@example.org"},
  };
  const auto client = connection();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    MilterMessage message = message_with(R"( {"sub": {"-n-": ["A", "B"]}})");
    message.mail = c.mail;
    message.rcpt = c.rcpt;
    ASSERT_EQ(client->deliver(message).reply, SMFIR_DISCARD);
    const auto all = copies();
    const Copy& first = all[all.size() - 2];
    EXPECT_EQ(first.recipient, "a@example.org");
    EXPECT_EQ(first.parameters, c.parameters);
    const auto kept = store()->submission(first.submission_id);
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((*kept)->reverse_path, c.reverse_path);
  }
}

TEST_F(MilterProgramTest, KnowsItsClient) {
  ASSERT_TRUE(start());
  const struct {
    const char* why;
    char family;
    const char* address;
    const char* login;
    char want;
  } cases[] = {
      {"IPv4, trusted", SMFIA_INET, "127.0.0.1", "", SMFIR_DISCARD},
      {"IPv4, not trusted", SMFIA_INET, "192.0.2.1", "", SMFIR_ACCEPT},
      {"IPv6, trusted", SMFIA_INET6, "::1", "", SMFIR_DISCARD},
      {"IPv6 as Postfix writes it", SMFIA_INET6, "IPv6:::1", "", SMFIR_DISCARD},
      {"IPv6, not trusted", SMFIA_INET6, "2001:db8::1", "", SMFIR_ACCEPT},
      {"IPv4 in IPv6", SMFIA_INET6, "::ffff:127.0.0.1", "", SMFIR_DISCARD},
      {"a UNIX socket has no address", SMFIA_UNIX, "/var/run/x", "", SMFIR_ACCEPT},
      {"LM-21: unknown", SMFIA_UNKNOWN, "", "", SMFIR_ACCEPT},
      {"a login is enough", SMFIA_UNKNOWN, "", "app", SMFIR_DISCARD},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto client = open_connection();
    client->negotiate();
    client->connect("[x]", c.family, c.address);
    client->helo("client.example.com");
    client->helo("client.example.com");
    MilterMessage message = message_with(two_copies);
    message.login = c.login;
    EXPECT_EQ(client->deliver(message).reply, c.want);
  }
}

// --- conversations (LM-20) ---

TEST_F(MilterProgramTest, ServesSeveralMessagesOnAConnection) {
  ASSERT_TRUE(start());
  const auto client = connection();
  EXPECT_EQ(client->deliver(message_with(two_copies)).reply, SMFIR_DISCARD);
  EXPECT_EQ(client->deliver(message_with("")).reply, SMFIR_ACCEPT);
  EXPECT_EQ(client->deliver(message_with(in_place)).reply, SMFIR_ACCEPT);
  EXPECT_EQ(client->deliver(message_with(two_copies)).reply, SMFIR_DISCARD);
  EXPECT_THAT(copies(), SizeIs(2 + 0 + 1 + 2));
}

TEST_F(MilterProgramTest, SurvivesAnAbortAndAHangUpAtEveryStage) {
  ASSERT_TRUE(start());
  for (const bool hangs_up : {false, true}) {
    auto client = connection();
    for (int stage = 0; stage < 6; ++stage) {
      if (stage > 0) client->mail({"<app@example.org>"});
      if (stage > 1) client->rcpt({"<sink@example.org>"});
      if (stage > 2) client->header("X-SMTPAPI", two_copies);
      if (stage > 3) client->end_of_header();
      if (stage > 4) client->body("text\r\n");
      if (hangs_up)
        client = connection();
      else
        client->abort();
    }
    EXPECT_EQ(client->deliver(message_with(two_copies)).reply, SMFIR_DISCARD);
  }
  EXPECT_THAT(copies(), SizeIs(4));
}

TEST_F(MilterProgramTest, SurvivesNonsense) {
  ASSERT_TRUE(start());
  for (const std::string& nonsense :
       {std::string("\0\0\0\1E", 5), std::string("\0\0\0\1Z", 5), std::string("\xFF\xFF\xFF\xFF"),
        std::string("GET / HTTP/1.0\r\n\r\n")}) {
    const auto client = open_connection();
    client->send('O', nonsense);
    EXPECT_TRUE(client->is_hung_up());
  }
  EXPECT_EQ(deliver(message_with(two_copies)).reply, SMFIR_DISCARD);
}

TEST_F(MilterProgramTest, ServesManyAtOnce) {
  ASSERT_TRUE(start());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      const auto client = connection();
      for (int i = 0; i < 10; ++i)
        EXPECT_EQ(client->deliver(message_with(i % 2 ? two_copies : in_place)).reply,
                  i % 2 ? SMFIR_DISCARD : SMFIR_ACCEPT);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(copies(), SizeIs(8 * 5 * (2 + 1)));
}

// --- refusals ---

TEST_F(MilterProgramTest, RefusesWhatIsTooLargeOrTooMuch) {
  ASSERT_TRUE(start({"--limits.message-bytes=300k", "--milter.memory-bytes=200k"}));
  const auto client = connection();
  const MilterOutcome large = client->deliver(message_with(two_copies, std::string(150'000, 'x')));
  EXPECT_EQ(large.reply, SMFIR_DISCARD);
  const MilterOutcome much = client->deliver(message_with(two_copies, std::string(250'000, 'x')));
  EXPECT_EQ(much.reply, SMFIR_REPLYCODE);
  EXPECT_THAT(much.text, testing::StartsWith("452 4.3.1 "));
  EXPECT_EQ(client->deliver(message_with("", std::string(900'000, 'x'))).reply, SMFIR_ACCEPT)
      << "not ours to judge";
}

TEST_F(MilterProgramTest, RefusesAMessageAboveTheLimit) {
  ASSERT_TRUE(start({"--limits.message-bytes=100k"}));
  const MilterOutcome outcome = deliver(message_with(two_copies, std::string(900'000, 'x')));
  EXPECT_EQ(outcome.reply, SMFIR_REPLYCODE);
  EXPECT_EQ(outcome.text, "552 5.3.4 the message is larger than 102400 octets") << "LM-26";
  EXPECT_LE(outcome.body_chunks, 2u);
}

TEST_F(MilterProgramTest, WritesRepliesThatMtasTake) {
  ASSERT_TRUE(start({"--error.mode=reject"}));
  const MilterOutcome percent = deliver(message_with(R"( {"to": 5, "%d%s": {} "\u00e9)"));
  ASSERT_EQ(percent.reply, SMFIR_REPLYCODE);
  const MilterOutcome longest =
      deliver(message_with(" {\"send_at\": \"%" + std::string(3000, '%') + "\xC3\xA9\"}"));
  ASSERT_EQ(longest.reply, SMFIR_REPLYCODE);
  for (const std::string& text : {percent.text, longest.text}) {
    SCOPED_TRACE(text);
    EXPECT_LE(text.size(), 10 + 980u) << "LM-27";
    for (std::size_t i = 0; i < text.size(); ++i) {
      EXPECT_TRUE(text[i] >= ' ' && text[i] < '\x7F');
      if (text[i] == '%') {
        EXPECT_EQ(text[++i], '%') << "LM-27: doubled";
      }
    }
  }
}

}  // namespace
}  // namespace smtpapi
