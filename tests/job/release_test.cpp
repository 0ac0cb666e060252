// One turn of the release job at a time, with the clock in hand.
#include "job/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/log.h"
#include "base/random_id.h"
#include "store/open_store.h"
#include "support/fake_courier.h"
#include "support/manual_clock.h"
#include "support/store_proxy.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Time noon = from_unix(1'803'898'800);

std::unique_ptr<Store> open_in(const TemporaryFolder& folder) {
  auto store = open_store("sqlite://" + (folder / "store.db"), StoreAccess::create);
  if (!store) throw std::runtime_error(store.error().text);
  return *std::move(store);
}

class ReleaseTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    open_log("release_test", LogTarget::standard_error, LogLevel::error);
  }
  ReleaseTest() : sqlite_(open_in(folder_)), store_(*sqlite_) {
    settings_.hostname = "mx.example.org";
    settings_.postmaster = "postmaster@mx.example.org";
    settings_.concurrency = 2;
  }

  Submission a_submission() const {
    Submission out;
    out.id = random_id();
    out.received = clock_.now();
    out.queue_id = "4XyZ12";
    out.reverse_path = "app@example.org";
    out.client = {"client.example.org", "192.0.2.1", "app", "", "", "ESMTP"};
    out.message = std::make_shared<const std::string>(
        "Subject: for -name-\r\nTo: sink@example.org\r\n\r\nHello -name-\r\n");
    return out;
  }
  std::string hold(const Submission& submission, const std::vector<NewCopy>& copies) {
    const auto id = store_.hold(submission, copies, {});
    EXPECT_TRUE(id) << id.error().text;
    return submission.id;
  }
  static NewCopy to(std::string recipient, std::size_t index = 0, Time due = {}) {
    return {index, CopyKind::normal, std::move(recipient), "", due, ""};
  }
  std::vector<Copy> copies(const std::string& submission = "") {
    CopyQuery query;
    query.submission_id = submission;
    return *store_.list(query);
  }
  /// Of the first copy.
  Copy copy() { return copies().at(0); }

  void answer(Receipt receipt) {
    office_.answer([receipt](auto&...) { return receipt; });
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<Store> sqlite_;
  StoreProxy store_;
  ManualClock clock_{noon};
  FakePostOffice office_;
  ReleaseSettings settings_;
};

TEST_F(ReleaseTest, SendsWhatTheHeaderAskedFor) {
  Submission submission = a_submission();
  submission.header =
      R"({"to":["Ann <ann@example.org>","bob@example.net"],"sub":{"-name-":["Ann","Bob"]}})";
  hold(submission, {to("ann@example.org", 0), to("bob@example.net", 1)});
  clock_.advance(seconds(7));

  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 2u);
  const auto parcels = office_.parcels();
  ASSERT_EQ(parcels.size(), 2u);
  EXPECT_EQ(parcels[0].reverse_path, "app@example.org");
  EXPECT_EQ(parcels[0].recipient, "ann@example.org");
  EXPECT_EQ(parcels[0].content,
            "Received: from app (client.example.org [192.0.2.1])\r\n"
            "\tby mx.example.org (smtpapi-milter) with ESMTP id " +
                submission.id +
                ".0\r\n"
                "\t(queue 4XyZ12);\r\n"
                "\tMon, 1 Mar 2027 11:00:00 +0000\r\n"
                "Subject: for Ann\r\nTo: Ann <ann@example.org>\r\n\r\nHello Ann\r\n");
  EXPECT_THAT(parcels[1].content, HasSubstr(submission.id + ".1\r\n"));
  EXPECT_THAT(parcels[1].content,
              HasSubstr("Subject: for Bob\r\nTo: bob@example.net\r\n\r\nHello Bob\r\n"));
  EXPECT_EQ(parcels[0].orig_queue_id, "4XyZ12");
  EXPECT_EQ(parcels[0].client_name, "client.example.org");
  EXPECT_EQ(parcels[0].client_address, "192.0.2.1");

  for (const Copy& done : copies()) {
    EXPECT_EQ(done.state, CopyState::sent);
    EXPECT_EQ(done.queue_id, "QID");
    EXPECT_EQ(done.reply, "250 2.0.0 Ok: queued as QID");
  }
  EXPECT_EQ(release.run_once(), 0u) << "never again";
}

TEST_F(ReleaseTest, DropsWhoLeftWhileTheCopyWaited) {  // SCH-10
  Submission submission = a_submission();
  submission.header = R"({"asm_group_id":4,"to":["ann@example.org","bob@example.org"]})";
  hold(submission, {to("ann@example.org", 0, noon + seconds(60)),
                    to("bob@example.org", 1, noon + seconds(60))});
  Suppression left;
  left.list = SuppressionList::group;
  left.group = 4;
  left.address = "Ann@example.org";
  ASSERT_TRUE(store_.suppress({&left, 1}));
  clock_.advance(seconds(60));
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(office_.parcels().at(0).recipient, "bob@example.org");
  EXPECT_EQ(copy().state, CopyState::dropped);
  EXPECT_EQ(copy().reply, "Unsubscribed Address");

  office_.forget();
  submission.id = random_id();
  submission.header =
      R"({"asm_group_id":4,"to":["ann@example.org"],"filters":{"bypass_list_management":{"settings":{"enable":1}}}})";
  hold(submission, {to("ann@example.org", 0)});
  EXPECT_EQ(release.run_once(), 1u) << "BYP-1";
}

TEST_F(ReleaseTest, MakesTheLinksOfEachCopy) {
  settings_.links.tracking =
      std::make_shared<const Tracking>("https://l.example", *LinkKeys::parse(std::string(40, 'k')));
  Submission submission = a_submission();
  submission.header =
      R"({"to":["ann@example.org","bob@example.org"],"filters":{"subscriptiontrack":{"settings":{"enable":1}}}})";
  hold(submission, {to("ann@example.org", 0), to("bob@example.org", 1)});
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto parcel = office_.parcels().at(i);
    const std::string field = "List-Unsubscribe: <https://l.example/wf/unsubscribe?upn=";
    const auto at = parcel.content.find(field);
    ASSERT_NE(at, std::string::npos);
    const auto end = parcel.content.find('>', at);
    const auto link = settings_.links.tracking->keys.open(
        parcel.content.substr(at + field.size(), end - at - field.size()));
    ASSERT_TRUE(link);
    EXPECT_EQ(link->kind, LinkKind::unsubscribe);
    EXPECT_EQ(link->submission_id, submission.id);
    EXPECT_EQ(link->index, i);
    EXPECT_EQ(link->recipient, parcel.recipient);
  }
}

TEST_F(ReleaseTest, GivesEachCopyAReturnPathOfItsOwn) {  // PIPE-7
  const auto secrets = Secrets::parse("0123456789abcdef0123456789abcdef");
  const auto paths = std::make_shared<const ReturnPaths>(
      *ReturnPaths::make("bounces@bounce.example.com", *secrets));
  settings_.links.return_paths = paths;
  Submission submission = a_submission();
  submission.header = R"({"to":["ann@example.org","bob@example.net"]})";
  NewCopy blind = to("archive@example.com", 1);
  blind.kind = CopyKind::bcc;
  hold(submission, {to("ann@example.org", 0), to("bob@example.net", 1), blind});
  Submission from_nobody = a_submission();
  from_nobody.header = submission.header;
  from_nobody.reverse_path = "";
  hold(from_nobody, {to("cy@example.org", 0)});
  hold(a_submission(), {to("untouched@example.org", 0)});
  Submission notice = a_submission();
  notice.header = submission.header;
  NewCopy told = to("app@example.org", 0);
  told.kind = CopyKind::notice;
  hold(notice, {told});

  Release(settings_, store_, office_.couriers(), clock_).run_once();
  std::map<std::string, std::string> sent;
  for (const auto& parcel : office_.parcels()) sent[parcel.recipient] = parcel.reverse_path;
  EXPECT_EQ(paths->open(sent["ann@example.org"]), (ReturnPath{submission.id, 0, false}));
  EXPECT_EQ(paths->open(sent["bob@example.net"]), (ReturnPath{submission.id, 1, false}));
  EXPECT_EQ(paths->open(sent["archive@example.com"]), (ReturnPath{submission.id, 1, true}));
  ASSERT_THAT(sent, testing::SizeIs(6));
  EXPECT_EQ(sent["cy@example.org"], "") << "the null sender stays: mail about it must not come";
  EXPECT_EQ(sent["untouched@example.org"], "app@example.org") << "it asked for nothing";
  EXPECT_EQ(sent["app@example.org"], "") << "a notice";
}

TEST_F(ReleaseTest, CarriesOverWhatTheClientSaidInSmtp) {
  const struct {
    const char* why;
    bool smtputf8, eight_bit;
    const char* message;
    bool want_eight_bit;
  } cases[] = {
      {"plain", false, false, "S: a\r\n\r\nb\r\n", false},
      {"BODY=8BITMIME", false, true, "S: a\r\n\r\nb\r\n", true},
      {"SMTPUTF8", true, false, "S: a\r\n\r\nb\r\n", false},
      {"8-bit body that was not announced", false, false, "S: a\r\n\r\n\xC3\xA4\r\n", true},
      {"8-bit field", false, false, "S: \xC3\xA4\r\n\r\nb\r\n", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    office_.forget();
    Submission submission = a_submission();
    submission.smtputf8 = c.smtputf8;
    submission.eight_bit = c.eight_bit;
    submission.mail_parameters = "RET=HDRS ENVID=e1";
    submission.message = std::make_shared<const std::string>(c.message);
    NewCopy copy = to("ann@example.org");
    copy.parameters = "NOTIFY=NEVER";
    hold(submission, {copy});
    Release(settings_, store_, office_.couriers(), clock_).run_once();
    ASSERT_EQ(office_.parcels().size(), 1u);
    const KeptParcel parcel = office_.parcels()[0];
    EXPECT_EQ(parcel.smtputf8, c.smtputf8);
    EXPECT_EQ(parcel.eight_bit, c.want_eight_bit);
    EXPECT_EQ(parcel.mail_parameters, "RET=HDRS ENVID=e1");
    EXPECT_EQ(parcel.rcpt_parameters, "NOTIFY=NEVER");
  }
}

TEST_F(ReleaseTest, IsNeverEarly) {
  const Time due = noon + seconds(100);
  hold(a_submission(), {to("now@example.org"), to("later@example.org", 1, due)});
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  clock_.set(due - seconds(1));
  EXPECT_EQ(release.run_once(), 0u);
  clock_.set(due);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_THAT(office_.recipients(), ElementsAre("now@example.org", "later@example.org"));
}

TEST_F(ReleaseTest, TriesAgainWhatWasPostponed) {
  hold(a_submission(), {to("ann@example.org")});
  answer(FakePostOffice::reply(451, "4.3.0 later"));
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::waiting);
  EXPECT_EQ(copy().next, noon + seconds(5));
  EXPECT_EQ(copy().reply, "451 4.3.0 later");
  EXPECT_EQ(release.run_once(), 0u);

  clock_.advance(seconds(100));
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().next, noon + seconds(150)) << "half as long again as it has waited";

  clock_.advance(seconds(50));
  answer(FakePostOffice::taken());
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::sent);
}

TEST_F(ReleaseTest, TriesAgainWhenTheFateIsUnknown) {
  hold(a_submission(), {to("ann@example.org")});
  answer(FakePostOffice::reply(0, "connection closed by the other side"));
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::waiting);
  EXPECT_EQ(copy().next, noon + seconds(5));
  EXPECT_EQ(copy().reply, "connection closed by the other side");
}

TEST_F(ReleaseTest, GivesUpInTheEnd) {
  settings_.give_up = std::chrono::hours(1);
  hold(a_submission(), {to("ann@example.org", 0, noon + std::chrono::hours(10))});
  answer(FakePostOffice::reply(451, "4.3.0 later"));
  Release release(settings_, store_, office_.couriers(), clock_);
  clock_.advance(std::chrono::hours(11) - seconds(1));
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::waiting) << "an hour counts from the due time";
  clock_.set(copy().next);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::failed);
}

TEST_F(ReleaseTest, AnUnreachableListenerIsNobodysFault) {
  settings_.give_up = std::chrono::hours(1);
  hold(a_submission(), {to("a@example.org", 0), to("b@example.org", 1), to("c@example.org", 2)});
  bool down = true;
  office_.answer([&](auto&...) -> Result<Receipt> {
    if (down) return unavailable("connect to 127.0.0.1:10026: Connection refused");
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  std::size_t tried = 0;
  const Time back = noon + std::chrono::hours(2);
  for (; clock_.now() < back; clock_.advance(seconds(1))) tried += release.run_once();
  EXPECT_LT(tried, 300u) << "one probe for each pause";
  EXPECT_GE(tried, 200u);
  for (const Copy& waiting : copies()) EXPECT_EQ(waiting.state, CopyState::waiting);

  down = false;
  for (; clock_.now() <= back + seconds(30); clock_.advance(seconds(1))) release.run_once();
  for (const Copy& sent : copies()) EXPECT_EQ(sent.state, CopyState::sent);
}

TEST_F(ReleaseTest, PoolsHaveListenersOfTheirOwn) {
  Submission pooled = a_submission();
  pooled.pool = "a";
  hold(pooled, {to("pooled@example.org")});
  hold(a_submission(), {to("default@example.org")});
  office_.answer([&](const KeptParcel& parcel, auto&) -> Result<Receipt> {
    if (parcel.pool == "a") return unavailable("connection refused");
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 2u);
  EXPECT_EQ(copies(pooled.id)[0].state, CopyState::waiting);
  hold(a_submission(), {to("another@example.org")});
  EXPECT_EQ(release.run_once(), 1u) << "one pool's pause is not another's";
  EXPECT_EQ(office_.parcels().back().recipient, "another@example.org");
}

TEST_F(ReleaseTest, RefusalsAreClassifiedByTheOperatorsTable) {  // EVT-10
  settings_.classes = *BounceClasses::parse("Reputation | * | * | our own words");
  hold(a_submission(), {to("ann@example.org")});
  answer(FakePostOffice::reply(550, "5.6.1 Our own words"));
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  const auto bounces = store_.events({.kind = EventKind::bounce});
  ASSERT_EQ(bounces->size(), 1u);
  EXPECT_EQ((*bounces)[0].event.classification, "Reputation");
}

TEST_F(ReleaseTest, WhatCannotBeSaidFails) {
  hold(a_submission(), {to("ann@example.org\r\nDATA")});
  office_.answer([](auto&...) { return invalid("5.1.3 the recipient cannot be said in SMTP"); });
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  EXPECT_EQ(copy().state, CopyState::failed);
  EXPECT_EQ(copy().reply, "5.1.3 the recipient cannot be said in SMTP");
}

TEST_F(ReleaseTest, TellsTheSenderOfFailuresOnce) {
  const Submission submission = a_submission();
  hold(submission, {to("ann@example.org", 0), to("bob@example.org", 1), to("cid@example.org", 2)});
  office_.answer([](const KeptParcel& parcel, auto&) -> Receipt {
    if (parcel.recipient == "bob@example.org") return FakePostOffice::taken();
    return FakePostOffice::reply(550, "5.1.1 no " + parcel.recipient);
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 3u);
  EXPECT_EQ(copies(submission.id)[1].state, CopyState::sent) << "PIPE-9";
  office_.forget();

  EXPECT_EQ(release.run_once(), 1u) << "the notice is a copy like any other";
  const KeptParcel notice = office_.parcels().at(0);
  EXPECT_EQ(notice.reverse_path, "") << "TR-6";
  EXPECT_EQ(notice.recipient, "app@example.org");
  EXPECT_THAT(notice.content, HasSubstr("From: postmaster@mx.example.org\r\n"));
  EXPECT_THAT(notice.content, HasSubstr("Auto-Submitted: auto-replied\r\n"));
  EXPECT_THAT(notice.content, HasSubstr("Diagnostic-Code: smtp; 550 5.1.1 no ann@example.org\r\n"));
  EXPECT_THAT(notice.content, HasSubstr("Diagnostic-Code: smtp; 550 5.1.1 no cid@example.org\r\n"));
  EXPECT_THAT(notice.content, testing::Not(HasSubstr("bob@example.org")));
  EXPECT_THAT(notice.content, HasSubstr("Subject: for -name-\r\n")) << "the header as it came";

  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::hours(1));
    EXPECT_EQ(release.run_once(), 0u) << "not a second time, and not about the notice itself";
  }
}

TEST_F(ReleaseTest, TellsNobodyWhenNobodyMayBeTold) {
  Submission null_sender = a_submission();
  null_sender.reverse_path = "";
  hold(null_sender, {to("ann@example.org")});
  NewCopy silent = to("bob@example.org");
  silent.parameters = "NOTIFY=NEVER";
  hold(a_submission(), {silent});
  answer(FakePostOffice::reply(550, "5.1.1 no"));
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 2u);
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(release.run_once(), 0u);
  EXPECT_THAT(*store_.unreported_failures(clock_.now(), 10), IsEmpty());
}

TEST_F(ReleaseTest, SendsBlindCopiesWithTheRecipientsText) {
  Submission submission = a_submission();
  submission.header =
      R"({"to":["Ann <ann@example.org>"],"sub":{"-name-":["Ann"]},)"
      R"("filters":{"bcc":{"settings":{"enable":1,"email":"archive@example.org"}}}})";
  NewCopy blind = to("archive@example.org");
  blind.kind = CopyKind::bcc;
  hold(submission, {to("ann@example.org"), blind});
  Release(settings_, store_, office_.couriers(), clock_).run_once();
  ASSERT_THAT(office_.recipients(), ElementsAre("ann@example.org", "archive@example.org"));
  EXPECT_EQ(office_.parcels()[0].content, office_.parcels()[1].content) << "BCC-1";
}

TEST_F(ReleaseTest, ObeysBatchesUntilReleaseStarts) {
  Submission submission = a_submission();
  submission.batch_id = "B1";
  const Time due = noon + seconds(60);
  hold(submission, {to("ann@example.org", 0, due)});
  ASSERT_TRUE(store_.set_batch("B1", BatchStatus::pause, noon));
  clock_.set(due);
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 0u);
  ASSERT_TRUE(store_.set_batch("B1", BatchStatus::none, due));
  EXPECT_EQ(release.run_once(), 1u);

  hold(submission =
           [&] {
             Submission other = a_submission();
             other.batch_id = "B2";
             return other;
           }(),
       {to("bob@example.org", 0, due + seconds(60))});
  ASSERT_TRUE(store_.set_batch("B2", BatchStatus::cancel, due));
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(release.run_once(), 0u);
  EXPECT_EQ(copies(submission.id)[0].state, CopyState::cancelled) << "by the chores (SCH-12)";
}

TEST_F(ReleaseTest, DoesNotJudgeAgainWhatIntakeAccepted) {
  Submission submission = a_submission();
  submission.header = R"({"to":["ann@example.org","bob@example.org"],"send_at":)" +
                      std::to_string(to_unix(noon + std::chrono::days(100))) +
                      R"(,"sub":{"-name-":["Ann with a long name","Bob"]}})";
  hold(submission, {to("bob@example.org", 1, noon + std::chrono::days(100))});
  clock_.advance(std::chrono::days(100));
  settings_.limits.recipients = 1;
  settings_.limits.substitution_bytes = 1;
  settings_.limits.header_bytes = 1;
  settings_.limits.schedule_ahead = seconds(1);
  Release(settings_, store_, office_.couriers(), clock_).run_once();
  ASSERT_EQ(office_.parcels().size(), 1u);
  EXPECT_THAT(office_.parcels()[0].content, HasSubstr("Hello Bob"));
}

TEST_F(ReleaseTest, FailsWhatHasNoSense) {
  Submission submission = a_submission();
  submission.header = R"({"to":["ann@example.org"]})";
  hold(submission, {to("ann@example.org", 7)});
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 0u);
  EXPECT_EQ(copy().state, CopyState::failed);
  EXPECT_THAT(copy().reply, HasSubstr("5.6.0 cannot be rendered"));
}

TEST_F(ReleaseTest, ReadsASubmissionLaterWhenTheStoreFails) {
  hold(a_submission(), {to("ann@example.org")});
  Release release(settings_, store_, office_.couriers(), clock_);
  store_.reads_fail = true;
  EXPECT_EQ(release.run_once(), 0u);
  store_.reads_fail = false;
  EXPECT_EQ(copy().state, CopyState::waiting);
  clock_.set(copy().next);
  EXPECT_EQ(release.run_once(), 1u);
}

TEST_F(ReleaseTest, BeginsNothingOnALeaseThatIsRunningOut) {
  hold(a_submission(), {to("a@example.org", 0), to("b@example.org", 1), to("c@example.org", 2)});
  office_.answer([&](auto&...) {
    clock_.advance(seconds(25));  // of 30, and 5 are kept in reserve
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  EXPECT_EQ(release.run_once(), 1u);
  Release another(settings_, store_, office_.couriers(), clock_);
  office_.answer(nullptr);
  EXPECT_EQ(another.run_once(), 2u) << "the rest was given back";
  EXPECT_THAT(office_.recipients(),
              UnorderedElementsAre("a@example.org", "b@example.org", "c@example.org"));
}

TEST_F(ReleaseTest, SurvivesACourierThatThrows) {
  hold(a_submission(), {to("ann@example.org")});
  office_.answer([](auto&...) -> Result<Receipt> { throw std::bad_alloc(); });
  Release release(settings_, store_, office_.couriers(), clock_);
  release.run_once();
  EXPECT_EQ(copy().state, CopyState::waiting);
  EXPECT_THAT(copy().reply, HasSubstr("internal error"));
  EXPECT_GT(copy().next, noon);
}

}  // namespace
}  // namespace smtpapi
