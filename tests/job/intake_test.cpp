#include "job/intake.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/open_store.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Time noon = from_unix(1'800'000'000);

class IntakeTest : public testing::Test {
 protected:
  IntakeTest() {
    settings.hostname = "mx.example.org";
    settings.postmaster = "postmaster@example.org";
    settings.trust.networks = {"127.0.0.0/8"};
  }

  Intaken message(const std::string& header, const std::string& body = "Hi -n-\r\n",
                  std::vector<std::string> recipients = {"sink@example.org"}) const {
    Intaken in;
    in.envelope.queue_id = "4QID";
    in.envelope.reverse_path = "app@example.org";
    in.envelope.client.address = "127.0.0.1";
    for (const std::string& r : recipients) {
      in.envelope.recipients.push_back({r, "", "<" + r + ">"});
    }
    const std::string field = header.empty() ? "" : "X-SMTPAPI: " + header + "\r\n";
    in.message = std::make_shared<const Message>(
        "From: app@example.org\r\nSubject: s\r\nDate: Fri, 15 Jan 2027 07:00:00 +0000\r\n"
        "Message-ID: <1@example.org>\r\n" +
        field + "\r\n" + body);
    return in;
  }

  Decision decide(const Intaken& in) const {
    auto decision = Intake(settings, nullptr, clock).decide(in);
    EXPECT_TRUE(decision);
    return *std::move(decision);
  }

  IntakeSettings settings;
  ManualClock clock{noon};
};

TEST_F(IntakeTest, Verdicts) {
  const struct {
    const char* why;
    std::string header;
    std::vector<std::string> rcpt;
    Verdict want;
  } cases[] = {
      {"no header", "", {"a@example.org"}, Verdict::pass},
      {"HDR-2: {}", "{}", {"a@example.org"}, Verdict::rewrite},
      {"one message now", R"({"sub":{"-n-":["Ann"]}})", {"a@example.org"}, Verdict::rewrite},
      {"equal copies",
       R"({"sub":{"-n-":["x","x"]}})",
       {"a@x.example", "b@x.example"},
       Verdict::rewrite},
      {"a tag nobody uses",
       R"({"sub":{"-z-":["x","y"]}})",
       {"a@x.example", "b@x.example"},
       Verdict::rewrite},
      {"copies differ",
       R"({"sub":{"-n-":["x","y"]}})",
       {"a@x.example", "b@x.example"},
       Verdict::hold},
      {"one `to`", R"({"to":["ann@example.org"]})", {"a@example.org"}, Verdict::rewrite},
      {"two `to`",
       R"({"to":["ann@example.org","bob@example.org"]})",
       {"a@example.org"},
       Verdict::hold},
      {"the same twice is two messages (TO-7)",
       R"({"to":["ann@example.org","ann@example.org"]})",
       {"a@example.org"},
       Verdict::hold},
      {"later", R"({"send_at":1800000060})", {"a@example.org"}, Verdict::hold},
      {"past", R"({"send_at":1799999999})", {"a@example.org"}, Verdict::rewrite},
      {"a bad entry is on record",
       R"({"to":["ann@example.org","nobody"]})",
       {"a@example.org"},
       Verdict::hold},
      {"bad header", R"({"to":)", {"a@example.org"}, Verdict::bounce},
      {"SCH-2", R"({"send_each_at":[1]})", {"a@x.example", "b@x.example"}, Verdict::bounce},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(to_string(decide(message(c.header, "Hi -n-\r\n", c.rcpt)).verdict),
              to_string(c.want));
  }
}

TEST_F(IntakeTest, InterestIsToldFromTheHeaderAlone) {
  const Client local = message("").envelope.client;
  Client foreign = local;
  foreign.address = "192.0.2.1";
  using Interest = Intake::Interest;
  {
    const Intake intake(settings, nullptr, clock);
    EXPECT_EQ(intake.interest(local, false), Interest::none);
    EXPECT_EQ(intake.interest(local, true), Interest::whole);
    EXPECT_EQ(intake.interest(foreign, true), Interest::header);
    EXPECT_EQ(intake.interest(foreign, false), Interest::none);
  }
  settings.scope = Scope::all;
  const Intake intake(settings, nullptr, clock);
  EXPECT_EQ(intake.interest(local, false), Interest::whole);
  EXPECT_EQ(intake.interest(foreign, false), Interest::none);
}

TEST_F(IntakeTest, AnUntrustedHeaderIsRemovedNotObeyed) {
  Intaken in = message(R"({"to":["x@example.net"]})");
  in.envelope.client.address = "192.0.2.1";
  const Decision decision = decide(in);
  EXPECT_EQ(decision.verdict, Verdict::strip);
  ASSERT_EQ(decision.rewritten.edits.size(), 1u);
  EXPECT_TRUE(decision.rewritten.edits[0].removed);
  EXPECT_THAT(decision.recipients_in, IsEmpty());
  EXPECT_THAT(decision.rewritten.octets(), Not(HasSubstr("X-SMTPAPI")));
  EXPECT_THAT(decision.rewritten.octets(), HasSubstr("\r\n\r\nHi -n-\r\n"));
}

TEST_F(IntakeTest, InPlaceTheEnvelopeFollowsTo) {
  const Decision decision = decide(message(R"({"to":["Ann <ann@example.org>"],"filters":
      {"bcc":{"settings":{"enable":1,"email":"log@example.com"}}}})",
                                           "x\r\n", {"one@example.org", "two@example.org"}));
  EXPECT_EQ(decision.verdict, Verdict::rewrite);
  EXPECT_THAT(decision.recipients_out, ElementsAre("<one@example.org>", "<two@example.org>"));
  EXPECT_THAT(decision.recipients_in, ElementsAre("ann@example.org", "log@example.com"));
}

TEST_F(IntakeTest, InPlaceARecipientThatIsThereAlreadyStays) {
  const Decision decision = decide(
      message(R"({"to":["two@example.org"]})", "x\r\n", {"one@example.org", "two@example.org"}));
  EXPECT_THAT(decision.recipients_out, ElementsAre("<one@example.org>"));
  EXPECT_THAT(decision.recipients_in, IsEmpty());
}

TEST_F(IntakeTest, InPlaceTheOneCopyHasAReturnPathOfItsOwn) {  // PIPE-7
  const auto secrets = Secrets::parse("0123456789abcdef0123456789abcdef");
  const auto paths = std::make_shared<const ReturnPaths>(
      *ReturnPaths::make("bounces@bounce.example.com", *secrets));
  settings.links.return_paths = paths;
  const std::string blind =
      R"({"filters":{"bcc":{"settings":{"enable":1,"email":"log@example.com"}}}})";
  const std::vector<std::string> two = {"a@x.example", "b@x.example"};

  const Decision one = decide(message(R"({"category":"c"})"));
  EXPECT_EQ(one.verdict, Verdict::rewrite);
  EXPECT_EQ(paths->open(one.reverse_path.value()), (ReturnPath{one.submission_id, 0, false}));
  EXPECT_EQ(decide(message("{}", "x\r\n", two)).verdict, Verdict::hold);
  EXPECT_EQ(decide(message(blind)).verdict, Verdict::hold);

  for (const std::string& header : {std::string("{}"), blind}) {
    Intaken from_nobody = message(header);
    from_nobody.envelope.reverse_path = "";
    const Decision decision = decide(from_nobody);
    EXPECT_EQ(decision.verdict, Verdict::rewrite) << header;
    EXPECT_EQ(decision.reverse_path, std::nullopt) << "mail about it must not come";
  }
  EXPECT_EQ(decide(message("")).verdict, Verdict::pass) << "it asked for nothing";

  settings.links.return_paths = nullptr;
  EXPECT_EQ(decide(message("{}")).reverse_path, std::nullopt);
  EXPECT_EQ(decide(message("{}", "x\r\n", two)).verdict, Verdict::rewrite);
}

TEST_F(IntakeTest, BounceTellsTheSenderEveryProblem) {
  const Decision decision =
      decide(message(R"({"to":["ann@example.org"],"sub":[1],"send_at":"soon"})"));
  EXPECT_EQ(decision.verdict, Verdict::bounce);
  EXPECT_EQ(decision.problems.size(), 2u) << "ERR-6";
  ASSERT_TRUE(decision.notice);
  EXPECT_THAT(*decision.notice, HasSubstr("To: app@example.org\r\n"));
  EXPECT_THAT(*decision.notice, HasSubstr("\r\n  - "));
  ASSERT_EQ(decision.plan.drops.size(), 1u);
  EXPECT_EQ(decision.plan.drops[0].recipient, "ann@example.org") << "ERR-3: the entries of to";
  EXPECT_EQ(decision.plan.drops[0].reason, "Invalid SMTPAPI header");
}

TEST_F(IntakeTest, NoNoticeGoesToTheNullSender) {
  Intaken in = message("[]");
  in.envelope.reverse_path.clear();
  const Decision decision = decide(in);
  EXPECT_EQ(decision.verdict, Verdict::bounce);
  EXPECT_FALSE(decision.notice) << "ERR-2";
  EXPECT_EQ(decision.plan.drops[0].recipient, "sink@example.org");
}

TEST_F(IntakeTest, RejectModeAnswersWithTheFirstProblem) {
  settings.error_mode = ErrorMode::reject;
  const Decision decision = decide(message(R"({"sub":[1],"to":7})"));
  EXPECT_EQ(decision.verdict, Verdict::reject);
  EXPECT_THAT(decision.reply, HasSubstr("line 1, column"));
  EXPECT_THAT(decision.reply, HasSubstr("(and 1 more)"));
  EXPECT_FALSE(decision.notice);
}

TEST_F(IntakeTest, SectionsThatExpandEachOtherAreAProblemNotAMemory) {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "-b-";
  settings.limits.message_bytes = 100'000;
  const Decision decision =
      decide(message(fmt::format(R"({{"section":{{"-n-":"{}","-b-":"{}"}}}})", many, many)));
  EXPECT_EQ(decision.verdict, Verdict::bounce);
  EXPECT_THAT(decision.problems.at(0).text, HasSubstr("limits.message-bytes"));
}

TEST_F(IntakeTest, UnknownPoolIsAWarningKnownOnesAreHeld) {
  settings.pools = {"bulk"};
  EXPECT_EQ(decide(message(R"({"ip_pool":"bulk"})")).verdict, Verdict::hold);
  const Decision other = decide(message(R"({"ip_pool":"other"})"));
  EXPECT_EQ(other.verdict, Verdict::rewrite) << "POOL-2";
  EXPECT_EQ(other.warnings.size(), 1u);
}

TEST_F(IntakeTest, ScopeAllMeetsEachMessageOnce) {
  settings.scope = Scope::all;
  settings.account_settings = R"({"footer":{"settings":{"enable":1,"text/plain":"Example Ltd"}}})";
  EXPECT_EQ(decide(message("")).verdict, Verdict::rewrite);
  Intaken released = message("");
  released.message = std::make_shared<const Message>(
      "Received: from app (app [127.0.0.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP\r\n"
      "\tid x; Fri, 15 Jan 2027 07:00:00 +0000\r\n" +
      std::string(released.message->octets()));
  EXPECT_EQ(decide(released).verdict, Verdict::pass) << "RI-11";
}

TEST_F(IntakeTest, MissingFieldsAreAdded) {
  Intaken in = message("");
  in.message = std::make_shared<const Message>("X-SMTPAPI: {}\r\nFrom: a@example.org\r\n\r\nx\r\n");
  const Decision decision = decide(in);
  EXPECT_THAT(decision.rewritten.head, HasSubstr("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"));
  EXPECT_THAT(decision.rewritten.head, testing::ContainsRegex("Message-ID: <.{22}@mx.example.org>"))
      << "PIPE-8";
}

TEST_F(IntakeTest, HeldCopiesAreInTheStoreBeforeTheVerdict) {
  TemporaryFolder folder;
  auto store = open_store("sqlite://" + (folder / "store.db"), StoreAccess::create);
  ASSERT_TRUE(store) << store.error().text;
  const Intake intake(settings, store->get(), clock);
  const auto decision = intake.take(
      message(R"({"to":["ann@example.org","nobody","bob@example.net"],"send_at":1800000060,
                  "batch_id":"b1"})"));
  ASSERT_TRUE(decision) << decision.error().text;
  CopyQuery query;
  query.submission_id = decision->submission_id;
  const auto copies = (*store)->list(query);
  ASSERT_TRUE(copies);
  ASSERT_EQ(copies->size(), 3u);
  const auto submission = (*store)->submission(decision->submission_id);
  ASSERT_TRUE(submission && *submission);
  EXPECT_EQ((*submission)->batch_id, "b1");
  EXPECT_THAT(*(*submission)->message, Not(HasSubstr("X-SMTPAPI"))) << "HDR-4";
  EXPECT_EQ((*submission)->queue_id, "4QID");
}

TEST_F(IntakeTest, TheSameJobIsKeptOnce) {  // RI-14
  TemporaryFolder folder;
  auto store = open_store("sqlite://" + (folder / "store.db"), StoreAccess::create);
  ASSERT_TRUE(store) << store.error().text;
  const Intake intake(settings, store->get(), clock);
  const Intaken in = message(R"({"to":["ann@example.org","bob@example.net"]})");
  const auto first = intake.take(in, "key");
  const auto second = intake.take(in, "key");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->submission_id, second->submission_id);
  EXPECT_EQ((*store)->list({})->size(), 2u);
}

// --- suppression lists and links ---

class ListedIntakeTest : public IntakeTest {
 protected:
  ListedIntakeTest() {
    settings.links.tracking = std::make_shared<const Tracking>(
        "https://l.example", *LinkKeys::parse(std::string(40, 'k')));
  }
  void list(SuppressionList on, std::string address, std::int64_t group = 0) {
    Suppression entry;
    entry.list = on;
    entry.group = group;
    entry.address = std::move(address);
    ASSERT_TRUE(store->suppress({&entry, 1}));
  }
  Decision take(const Intaken& in) const {
    auto decision = Intake(settings, store.get(), clock).take(in);
    EXPECT_TRUE(decision);
    return *std::move(decision);
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store =
      *open_store("sqlite://" + std::string(folder / "store.db"), StoreAccess::create);
};

TEST_F(ListedIntakeTest, SuppressedRecipientsAreDropped) {  // PIPE-3, step 4
  list(SuppressionList::bounces, "ANN@example.org");
  list(SuppressionList::group, "bob@example.org", 5);
  const Decision decision = take(message(
      R"({"asm_group_id":5,"to":["ann@example.org","bob@example.org","eve@example.org"]})"));
  EXPECT_EQ(decision.verdict, Verdict::hold);
  ASSERT_EQ(decision.plan.deliveries.size(), 1u);
  EXPECT_EQ(decision.plan.deliveries[0].index, 2u) << "its own row";
  const auto copies = store->list({});
  ASSERT_EQ(copies->size(), 3u);
  std::vector<std::string> shown;
  for (const Copy& copy : *copies)
    shown.push_back(copy.recipient + " " + std::string(to_string(copy.state)) + " " + copy.reply);
  EXPECT_THAT(shown, testing::UnorderedElementsAre("ann@example.org dropped Bounced Address",
                                                   "bob@example.org dropped Unsubscribed Address",
                                                   "eve@example.org waiting "));
}

TEST_F(ListedIntakeTest, WhatIsRejectedHasItsEvents) {  // ERR-1, ERR-3
  settings.error_mode = ErrorMode::reject;
  const Decision decision =
      take(message(R"({"to":["ann@example.org","bob@example.org"],"category":"x","sub":[1]})"));
  EXPECT_EQ(decision.verdict, Verdict::reject);
  EXPECT_FALSE(decision.notice);
  ASSERT_TRUE(store->tell_taken_in(10));
  const auto events = store->events({});
  ASSERT_EQ(events->size(), 2u);
  for (const auto& [number, event] : *events) {
    EXPECT_EQ(event.kind, EventKind::dropped);
    EXPECT_EQ(event.reason, "Invalid SMTPAPI header");
    EXPECT_EQ(event.submission_id, decision.submission_id);
  }
  const auto kept = store->submission(decision.submission_id);
  ASSERT_TRUE(*kept);
  EXPECT_FALSE((*kept)->message) << "nothing is to be sent";
}

TEST_F(ListedIntakeTest, NobodyIsLeft) {
  list(SuppressionList::global, "sink@example.org");
  const Decision decision = take(message(R"({"category":"x"})"));
  EXPECT_EQ(decision.verdict, Verdict::hold) << "the original is discarded";
  EXPECT_EQ(store->list({})->at(0).state, CopyState::dropped);
  EXPECT_FALSE(*store->next_due());
}

TEST_F(ListedIntakeTest, WhatIsRewrittenIsRecorded) {
  Intaken in = message(R"({"category":"x","filters":{"clicktrack":{"settings":{"enable":1,)"
                       R"("enable_text":1}}}})",
                       "See http://a.example\r\n");
  const Decision decision = take(in);
  EXPECT_EQ(decision.verdict, Verdict::rewrite);
  EXPECT_THAT(decision.rewritten.octets(), HasSubstr("See https://l.example/ls/click?upn="));
  const auto copies = store->list({});
  ASSERT_EQ(copies->size(), 1u);
  EXPECT_EQ(copies->at(0).state, CopyState::sent);
  EXPECT_EQ(copies->at(0).queue_id, "4QID");
  EXPECT_EQ(copies->at(0).submission_id, decision.submission_id);
  const auto kept = store->submission(decision.submission_id);
  EXPECT_THAT((*kept)->header, HasSubstr("category"));
  EXPECT_FALSE((*kept)->message) << "the MTA has it";

  EXPECT_EQ(take(message(R"({"category":"y"})")).verdict, Verdict::rewrite);
  EXPECT_EQ(store->list({})->size(), 2u) << "without links too: it has events (EVT-8)";
  Intaken untouched = message("");
  EXPECT_EQ(take(untouched).verdict, Verdict::pass);
  EXPECT_EQ(store->list({})->size(), 2u) << "nothing was done to it";
  in.can_be_rewritten = false;
  EXPECT_EQ(take(in).verdict, Verdict::hold);
}

TEST_F(ListedIntakeTest, OneClickUnsubscribing) {  // UNSUB-6, ASM-10
  const auto fields = [&](const std::string& header) {
    const Decision decision = take(message(header));
    return decision.rewritten.head.substr(decision.rewritten.head.find("Message-ID"));
  };
  const std::string all = fields(R"({"filters":{"subscriptiontrack":{"settings":{"enable":1}}}})");
  EXPECT_THAT(all, HasSubstr("\r\nList-Unsubscribe: <https://l.example/wf/unsubscribe?upn="));
  EXPECT_THAT(all, HasSubstr("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
  EXPECT_THAT(fields(R"({"asm_group_id":3})"),
              HasSubstr("List-Unsubscribe: <https://l.example/asm/unsubscribe/?upn="));
  EXPECT_THAT(fields(R"({"category":"x"})"), Not(HasSubstr("List-Unsubscribe")));

  Intaken own = message(R"({"asm_group_id":3})");
  own.message = std::make_shared<const Message>("list-unsubscribe: <mailto:leave@example.org>\r\n" +
                                                std::string(own.message->octets()));
  const std::string kept = take(own).rewritten.head;
  EXPECT_THAT(kept, HasSubstr("mailto:leave@example.org"));
  EXPECT_THAT(kept, Not(HasSubstr("List-Unsubscribe-Post")));
}

}  // namespace
}  // namespace smtpapi
