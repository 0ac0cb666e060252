#include "job/bounce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "base/random_id.h"
#include "store/open_store.h"
#include "support/store_proxy.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Time noon = from_unix(1'803'898'800);

class BounceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = open_store("sqlite://" + (folder_ / "store.db"), StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
    Submission submission;
    submission.id = random_id();
    submission.received = noon;
    submission.reverse_path = "app@example.org";
    submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nHi\r\n");
    std::vector<NewCopy> copies(3);
    copies[0].recipient = "Ann@example.org";
    copies[1].index = copies[2].index = 1;
    copies[1].recipient = "bob@example.org";
    copies[2].recipient = "archive@example.com";
    copies[2].kind = CopyKind::bcc;
    ASSERT_TRUE(store_->hold(submission, copies));
    id_ = submission.id;
  }
  std::string keep(const ReturnPath& path, const ReturnedMail& mail, Time now = noon) {
    const auto done = keep_returned(path, mail, BounceClasses::built_in(), *store_, now);
    EXPECT_TRUE(done) << done.error().text;
    return done ? *done : "";
  }
  static ReturnedMail failed(const char* status, int code, const char* text) {
    ReturnedMail mail;
    mail.kind = ReturnedMail::Kind::failed;
    mail.status = status;
    mail.reply_code = code;
    mail.text = text;
    return mail;
  }
  std::vector<NumberedEvent> events() { return *store_->events({}); }
  std::vector<ListedSuppression> listed() { return *store_->suppressed({}); }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  std::string id_;
};

TEST_F(BounceTest, AnAddressThatDoesNotExistGoesOnTheList) {
  const ReturnedMail mail = failed("5.1.1", 550, "550 5.1.1 no such user");
  EXPECT_THAT(keep({id_, 0, false}, mail), HasSubstr("to=<Ann@example.org>, bounce type=bounce"));
  ASSERT_THAT(events(), SizeIs(1));
  const Event event = events()[0].event;
  EXPECT_EQ(event.kind, EventKind::bounce);
  EXPECT_EQ(event.id, event_id(EventKind::bounce, "", id_, 0));
  EXPECT_EQ(event.recipient, "Ann@example.org");
  EXPECT_EQ(event.time, noon);
  EXPECT_EQ(event.status, "5.1.1");
  EXPECT_EQ(event.reason, "550 5.1.1 no such user");
  EXPECT_EQ(event.bounce_type, "bounce");
  EXPECT_EQ(event.classification, "Invalid Address");
  EXPECT_EQ(event.attempt, 0);
  ASSERT_THAT(listed(), SizeIs(1));
  EXPECT_EQ(listed()[0].suppression.list, SuppressionList::bounces);
  EXPECT_EQ(listed()[0].suppression.status, "5.1.1");

  EXPECT_THAT(keep({id_, 0, false}, mail, noon + seconds(60)), HasSubstr("known before: "));
  EXPECT_THAT(events(), SizeIs(1)) << "the same mail again";
  EXPECT_EQ(listed()[0].suppression.created, noon);
}

TEST_F(BounceTest, OtherRefusalsAreBlocks) {
  keep({id_, 0, false}, failed("5.7.1", 550, "550 5.7.1 looks like spam"));
  EXPECT_EQ(events()[0].event.bounce_type, "blocked");
  EXPECT_EQ(listed()[0].suppression.list, SuppressionList::blocks);
}

TEST_F(BounceTest, GivingUpIsExpired) {
  ReturnedMail mail = failed("4.4.1", 0, "timed out");
  mail.has_given_up = true;
  keep({id_, 0, false}, mail);
  EXPECT_EQ(events()[0].event.bounce_type, "expired");
  EXPECT_EQ(listed()[0].suppression.list, SuppressionList::blocks);
}

TEST_F(BounceTest, IsLateBehindADelivery) {  // EVT-9
  Event delivered;
  delivered.kind = EventKind::delivered;
  delivered.time = noon;
  delivered.submission_id = id_;
  delivered.recipient = "Ann@example.org";
  delivered.id = event_id(EventKind::delivered, "", id_, 0);
  ASSERT_TRUE(store_->record(std::vector{delivered}));
  keep({id_, 0, false}, failed("5.1.1", 550, "no"));
  ASSERT_THAT(events(), SizeIs(2));
  EXPECT_EQ(events()[1].event.attempt, after_delivery);
}

TEST_F(BounceTest, AComplaintGoesOnTheListOfSpamReports) {
  ReturnedMail mail;
  mail.kind = ReturnedMail::Kind::complaint;
  mail.source_ip = "192.0.2.1";
  keep({id_, 1, false}, mail);
  ASSERT_THAT(events(), SizeIs(1));
  EXPECT_EQ(events()[0].event.kind, EventKind::spam_report);
  EXPECT_EQ(events()[0].event.recipient, "bob@example.org") << "by the address, not the report";
  EXPECT_EQ(listed()[0].suppression.list, SuppressionList::spam_reports);
  EXPECT_EQ(listed()[0].suppression.ip, "192.0.2.1");
}

TEST_F(BounceTest, ABlindCopyHasNoEvents) {
  keep({id_, 1, true}, failed("5.1.1", 550, "no"));
  EXPECT_THAT(events(), IsEmpty());
  ASSERT_THAT(listed(), SizeIs(1));
  EXPECT_EQ(listed()[0].suppression.address, "archive@example.com");
}

TEST_F(BounceTest, KeepsNothingElse) {
  using Kind = ReturnedMail::Kind;
  for (const Kind kind : {Kind::delayed, Kind::delivered, Kind::auto_reply, Kind::unknown}) {
    ReturnedMail mail = failed("5.1.1", 550, "no");
    mail.kind = kind;
    EXPECT_FALSE(is_worth_keeping(mail));
    keep({id_, 0, false}, mail);
  }
  const ReturnedMail mail = failed("5.1.1", 550, "no");
  EXPECT_EQ(keep({random_id(), 0, false}, mail), "the copy is forgotten");
  EXPECT_EQ(keep({id_, 9, false}, mail), "the copy is forgotten");
  EXPECT_EQ(keep({id_, 0, true}, mail), "the copy is forgotten") << "there is no blind one";
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(BounceTest, TriesAgainWhenTheStoreIsDown) {
  StoreProxy broken(*store_);
  broken.writes_fail = true;
  const auto done = keep_returned({id_, 0, false}, failed("5.1.1", 550, "no"),
                                  BounceClasses::built_in(), broken, noon);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::unavailable);
}

}  // namespace
}  // namespace smtpapi
