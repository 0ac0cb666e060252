// Copies that are made ready while the one before them is being judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/log.h"
#include "base/random_id.h"
#include "job/release.h"
#include "net/smtp_courier.h"
#include "store/open_store.h"
#include "support/fake_courier.h"
#include "support/manual_clock.h"
#include "support/scripted_smtp_server.h"
#include "support/store_proxy.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Step = ScriptedSmtpServer::Step;
using Then = ScriptedSmtpServer::Then;
using Strings = std::vector<std::string>;

const Time noon = from_unix(1'803'898'800);

class ReleaseAhead : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    open_log("release_ahead_test", LogTarget::standard_error, LogLevel::error);
  }
  ReleaseAhead()
      : sqlite_(*open_store("sqlite://" + (folder_ / "store.db"), StoreAccess::create)),
        store_(*sqlite_) {
    settings_.hostname = "mx.example.org";
    settings_.postmaster = "postmaster@mx.example.org";
  }

  /// One submission to these, in this order.
  std::string hold(const Strings& recipients, const std::string& pool = "",
                   std::size_t size = 100) {
    Submission submission;
    submission.id = random_id();
    submission.received = clock_.now();
    submission.reverse_path = "app@example.org";
    submission.pool = pool;
    submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\n" +
                                                             std::string(size, 'x') + "\r\n");
    std::vector<NewCopy> copies;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      copies.push_back({i, CopyKind::normal, recipients[i], "", {}, ""});
    }
    EXPECT_TRUE(store_.hold(submission, copies, {}));
    return submission.id;
  }
  std::size_t run() { return Release(settings_, store_, office_.couriers(), clock_).run_once(); }

  /// "ann+bob": ann's copy was handed over, bob's was announced with it.
  Strings handed_over() const {
    Strings out;
    for (const KeptParcel& parcel : office_.parcels()) {
      const auto name = [](const std::string& address) {
        return address.substr(0, address.find('@'));
      };
      out.push_back(name(parcel.recipient) + "+" + name(parcel.next));
    }
    return out;
  }
  std::size_t count(CopyState state) {
    CopyQuery query;
    query.state = state;
    return store_.list(query)->size();
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<Store> sqlite_;
  StoreProxy store_;
  ManualClock clock_{noon};
  FakePostOffice office_;
  ReleaseSettings settings_;
};

TEST_F(ReleaseAhead, AnnouncesTheNextCopyOfASubmission) {
  hold({"a@x.org", "b@x.org", "c@x.org"});
  hold({"d@x.org", "e@x.org"});
  EXPECT_EQ(run(), 5u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b", "b+c", "c+", "d+e", "e+"));
  EXPECT_EQ(count(CopyState::sent), 5u);
  EXPECT_EQ(office_.hang_ups(), 0);
}

TEST_F(ReleaseAhead, AnnouncesNothingForAnotherListener) {
  hold({"a@x.org", "b@x.org"}, "one");
  hold({"c@x.org"}, "two");
  EXPECT_EQ(run(), 3u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b", "b+", "c+"));
}

TEST_F(ReleaseAhead, KeepsOnlySmallCopiesTwice) {
  hold({"a@x.org", "b@x.org"}, "", 999'000);
  hold({"c@x.org", "d@x.org"}, "", 1'000'001);
  EXPECT_EQ(run(), 4u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b", "b+", "c+", "d+"));
}

TEST_F(ReleaseAhead, DoesNotAnnounceWhoHasLeft) {  // SCH-10
  hold({"a@x.org", "b@x.org", "c@x.org", "d@x.org"});
  Suppression left;
  left.list = SuppressionList::global;
  left.address = "b@x.org";
  ASSERT_TRUE(store_.suppress({&left, 1}));
  EXPECT_EQ(run(), 3u);
  EXPECT_THAT(handed_over(), ElementsAre("a+", "c+d", "d+"));
  EXPECT_EQ(count(CopyState::dropped), 1u);
  EXPECT_EQ(count(CopyState::sent), 3u);
}

TEST_F(ReleaseAhead, WhatWasAnnouncedIsNotSentOnALeaseThatIsRunningOut) {
  hold({"a@x.org", "b@x.org", "c@x.org"});
  office_.answer([&](auto&...) {
    clock_.advance(seconds(25));  // of 30, and 5 are kept in reserve
    return FakePostOffice::taken();
  });
  EXPECT_EQ(run(), 1u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b"));
  EXPECT_GE(office_.hang_ups(), 1) << "somebody waits for b's content";
  office_.answer(nullptr);
  EXPECT_EQ(run(), 2u) << "given back";
}

TEST_F(ReleaseAhead, WhatWasAnnouncedWaitsWhenTheListenerIsGone) {
  hold({"a@x.org", "b@x.org", "c@x.org"});
  office_.answer([](auto&...) -> Result<Receipt> { return unavailable("connection refused"); });
  EXPECT_EQ(run(), 1u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b"));
  EXPECT_EQ(office_.hang_ups(), 1);
  office_.answer(nullptr);
  clock_.advance(seconds(2));
  EXPECT_EQ(run(), 3u);
  EXPECT_EQ(count(CopyState::sent), 3u);
}

TEST_F(ReleaseAhead, AnExceptionIsTheFaultOfOneCopyOnly) {
  hold({"a@x.org", "b@x.org", "c@x.org"});
  office_.answer([](const KeptParcel& parcel, auto&) -> Result<Receipt> {
    if (parcel.recipient == "b@x.org") throw std::bad_alloc();
    return FakePostOffice::taken();
  });
  EXPECT_EQ(run(), 3u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b", "b+c", "c+"));
  EXPECT_EQ(count(CopyState::sent), 2u);
  EXPECT_EQ(count(CopyState::waiting), 1u);
}

TEST_F(ReleaseAhead, AStoreThatCannotBeReadStopsNobodyWhoIsReady) {
  hold({"a@x.org", "b@x.org", "c@x.org"});
  office_.answer([&](auto&...) {
    store_.reads_fail = true;  // b has been looked up by then
    return FakePostOffice::taken();
  });
  EXPECT_EQ(run(), 2u);
  EXPECT_THAT(handed_over(), ElementsAre("a+b", "b+"));
  EXPECT_EQ(count(CopyState::sent), 2u);
  EXPECT_EQ(count(CopyState::waiting), 1u);
}

// With the courier that speaks SMTP: whatever the server does to the second of 20 copies, each has
// one outcome, and nobody gets what is another's.
TEST_F(ReleaseAhead, EveryRecipientGetsTheirOwn) {
  const struct {
    const char* why;
    Step step;
    ScriptedSmtpServer::Answer answer;
    std::size_t sent, failed, contents;
  } cases[] = {
      {"all goes well", Step::quit, {"221 Bye"}, 20, 0, 20},
      {"content refused", Step::content, {"554 5.7.1 no"}, 19, 1, 20},
      {"content postponed", Step::content, {"451 4.3.0 later"}, 19, 0, 20},
      {"sender refused", Step::mail, {"550 5.1.1 no"}, 19, 1, 19},
      {"recipient refused", Step::rcpt, {"550 5.1.1 no"}, 19, 1, 19},
      {"DATA postponed", Step::data, {"451 4.3.0 later"}, 19, 0, 19},
      {"closes at the dot", Step::content, {"", Then::close}, 19, 0, 20},
      {"421 at the dot", Step::content, {"421 4.3.2 bye", Then::close}, 19, 0, 20},
      {"closes at MAIL", Step::mail, {"", Then::close}, 20, 0, 20},
      {"closes at DATA", Step::data, {"", Then::close}, 20, 0, 20},
      {"421 at RCPT", Step::rcpt, {"421 4.3.2 bye", Then::close}, 20, 0, 20},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    // Domains of their own: a recipient who was refused for good gets nothing any more (SUPP-1).
    const std::string domain = "@" + std::to_string(&c - cases) + ".x.org";
    ScriptedSmtpServer server;
    server.once(c.step, {c.step == Step::data ? "354 go ahead" : "250 2.0.0 Ok"});
    server.once(c.step, c.answer);
    const Endpoint listener = *parse_endpoint(server.address());
    const CourierFactory couriers = [&](std::string_view, std::stop_token abandon) {
      return std::make_unique<SmtpCourier>(listener, "mx.example.org", std::move(abandon));
    };
    Strings recipients;
    for (int i = 0; i < 20; ++i) recipients.push_back(std::to_string(i) + domain);
    const std::string id = hold(recipients);
    EXPECT_EQ(Release(settings_, store_, couriers, clock_).run_once(), 20u);

    std::size_t sent = 0, failed = 0;
    CopyQuery query;
    query.submission_id = id;
    const std::vector<Copy> copies = *store_.list(query);
    for (const Copy& copy : copies) {
      sent += copy.state == CopyState::sent;
      failed += copy.state == CopyState::failed;
    }
    EXPECT_EQ(sent, c.sent);
    EXPECT_EQ(failed, c.failed);
    std::set<std::string> who;
    for (const auto& message : server.messages()) {
      who.insert(message.rcpt);
      const auto index = message.rcpt.substr(9, message.rcpt.find('@') - 9);
      EXPECT_THAT(message.content, HasSubstr(id + "." + index + ";")) << message.rcpt;
    }
    EXPECT_EQ(server.messages().size(), c.contents);
    EXPECT_EQ(who.size(), c.contents) << "none twice";
    clock_.advance(seconds(100'000));  // what was postponed is not in the way of the next
    Release(settings_, store_, office_.couriers(), clock_).run_once();
  }
}

}  // namespace
}  // namespace smtpapi
