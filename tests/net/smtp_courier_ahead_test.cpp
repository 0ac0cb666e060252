// What the courier says ahead: the envelope of the next parcel behind the final dot of this one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "net/smtp_courier.h"
#include "support/scripted_smtp_server.h"

namespace smtpapi {
namespace {

using Step = ScriptedSmtpServer::Step;
using Then = ScriptedSmtpServer::Then;
using namespace std::chrono_literals;

const std::vector<std::string> pipelining = {"PIPELINING", "8BITMIME", "DSN"};
const ScriptedSmtpServer::Answer taken_behind_data{"250 2.0.0 Ok: queued as Q", Then::go_on, true};

/// A parcel whose content tells for whom it is.
struct OwnedParcel : Parcel {
  explicit OwnedParcel(std::string to) : text("To: " + to + "\r\n\r\n"), address(std::move(to)) {
    reverse_path = "app@example.org";
    recipient = address;
    pieces[0] = text;
    content = pieces;
  }
  OwnedParcel(const OwnedParcel&) = delete;
  std::string text, address;
  std::string_view pieces[1];
};

class CourierAhead : public testing::Test {
 public:  // for the tables
  explicit CourierAhead(const std::vector<std::string>& features = pipelining)
      : server_(features), courier_(*parse_endpoint(server_.address()), "mx.example.org") {}

  /// Receipt's reply code; -1 for an error.
  int deliver(const Parcel& parcel, const Parcel* next = nullptr) {
    const auto receipt = courier_.deliver(parcel, next);
    last_text_ = receipt ? receipt->text : receipt.error().text;
    return receipt ? receipt->reply_code : -1;
  }

  /// "1 ann@example.org" for each content that came, and it was meant for whom it was sent to.
  std::vector<std::string> came() const {
    std::vector<std::string> out;
    for (const auto& message : server_.messages()) {
      const std::string to = message.rcpt.substr(9, message.rcpt.size() - 10);
      EXPECT_EQ(message.content, "To: " + to + "\r\n\r\n") << message.rcpt;
      out.push_back(fmt::format("{} {}", message.session, to));
    }
    return out;
  }
  /// `answer` to the second command that comes, the next parcel's; the usual one to the first.
  void answer_second(Step step, const ScriptedSmtpServer::Answer& answer) {
    server_.once(step, {step == Step::data ? "354 go ahead" : "250 2.0.0 Ok"});
    server_.once(step, answer);
  }
  auto count(const std::string& command) const {
    const auto said = server_.commands();
    return std::count(said.begin(), said.end(), command);
  }
  using Came = std::vector<std::string>;

  ScriptedSmtpServer server_;
  SmtpCourier courier_;
  std::string last_text_;
  const OwnedParcel ann_{"ann@example.org"}, bob_{"bob@example.org"}, cid_{"cid@example.org"};
};

TEST_F(CourierAhead, OneTurnOnTheLineForEachMessage) {
  // The server judges a message only when it knows the next one's envelope.
  server_.once(Step::content, taken_behind_data);
  server_.once(Step::content, taken_behind_data);
  EXPECT_EQ(deliver(ann_, &bob_), 250) << last_text_;
  EXPECT_EQ(deliver(bob_, &cid_), 250) << last_text_;
  EXPECT_EQ(deliver(cid_), 250) << last_text_;
  EXPECT_EQ(came(), Came({"1 ann@example.org", "1 bob@example.org", "1 cid@example.org"}));
  EXPECT_EQ(server_.commands().size(), 10u) << "EHLO, three envelopes, and no RSET";
}

TEST_F(CourierAhead, TheSameEnvelopeTwiceIsTwoMessages) {
  server_.once(Step::content, taken_behind_data);
  EXPECT_EQ(deliver(ann_, &ann_), 250);
  EXPECT_EQ(deliver(ann_), 250);
  EXPECT_EQ(came(), Came({"1 ann@example.org", "1 ann@example.org"}));
}

TEST_F(CourierAhead, ARefusedContentLeavesTheNextEnvelopeGood) {
  for (const char* const answer : {"451 4.3.0 later", "554 5.7.1 no"}) {
    server_.once(Step::content, {answer, Then::go_on, true});
    EXPECT_EQ(deliver(ann_, &bob_), std::stoi(answer));
    EXPECT_EQ(deliver(bob_), 250) << last_text_;
  }
  EXPECT_EQ(came(), Came({"1 ann@example.org", "1 bob@example.org", "1 ann@example.org",
                          "1 bob@example.org"}));
  EXPECT_EQ(count("1: RSET"), 0);
}

TEST_F(CourierAhead, SaysNothingAheadOfWhatIsRefusedBeforeItsContent) {
  for (const Step step : {Step::mail, Step::rcpt, Step::data}) {
    server_.once(step, {"550 5.7.1 no"});
    EXPECT_EQ(deliver(ann_, &bob_), 550);
    EXPECT_EQ(deliver(cid_), 250) << "nobody waits for bob's content";
  }
  EXPECT_EQ(came(), Came({"1 cid@example.org", "1 cid@example.org", "1 cid@example.org"}));
  EXPECT_EQ(count("1: RCPT TO:<bob@example.org>"), 0);
}

TEST_F(CourierAhead, HearsThatTheNextIsRefused) {
  for (const Step step : {Step::mail, Step::rcpt, Step::data}) {
    answer_second(step, {"550 5.7.1 no"});
    server_.once(Step::content, taken_behind_data);
    EXPECT_EQ(deliver(ann_, &bob_), 250) << last_text_;
    EXPECT_EQ(deliver(bob_, &cid_), 550);
    EXPECT_EQ(last_text_, "5.7.1 no");
    EXPECT_EQ(deliver(cid_), 250) << last_text_;
  }
  EXPECT_EQ(server_.sessions(), 1);
  EXPECT_EQ(count("1: RSET"), 3) << "before each cid";
  EXPECT_EQ(came().size(), 6u);
}

TEST_F(CourierAhead, NeverSendsAnEmptyMessageToARecipientThatWasTaken) {
  answer_second(Step::rcpt, {"550 5.1.1 no"});
  answer_second(Step::data, {"354 go ahead"});
  server_.once(Step::content, taken_behind_data);
  EXPECT_EQ(deliver(ann_, &bob_), 250);
  EXPECT_EQ(deliver(bob_, &cid_), 550) << "354 for nobody";
  EXPECT_EQ(deliver(cid_), 250);
  ASSERT_EQ(server_.messages().size(), 3u);
  EXPECT_EQ(server_.messages()[1].content, "") << "a lone dot, and no envelope behind it";
  EXPECT_EQ(server_.messages()[2].content, cid_.text);
  EXPECT_EQ(server_.sessions(), 1);
}

TEST_F(CourierAhead, ALineThatBreaksAtTheDotTellsNothingOfTheNext) {
  const struct {
    const char* why;
    ScriptedSmtpServer::Answer answer;
  } cases[] = {
      {"closes", {"", Then::close, true}},
      {"421", {"421 4.3.2 shutting down", Then::close, true}},
      {"421 and stays", {"421 4.3.2 shutting down", Then::go_on, true}},
      {"nonsense", {"what?", Then::go_on, true}},
      {"an odd code", {"354 more?", Then::go_on, true}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const int before = server_.sessions();
    server_.once(Step::content, c.answer);
    EXPECT_EQ(deliver(ann_, &bob_), 0) << last_text_;
    EXPECT_EQ(deliver(bob_), 250) << last_text_;
    courier_.hang_up();
    EXPECT_EQ(server_.sessions(), before + 2);
    EXPECT_EQ(came().back(), fmt::format("{} bob@example.org", before + 2));
  }
  EXPECT_EQ(came().size(), 2 * std::size(cases)) << "bob's content came once each time";
}

TEST_F(CourierAhead, ALineThatBreaksBehindTheDotIsReplacedWithoutAWord) {
  const struct {
    const char* why;
    ScriptedSmtpServer::Answer answer;
  } cases[] = {
      {"closes", {"", Then::close}},
      {"421", {"421 4.7.0 too many messages", Then::close}},
      {"nonsense", {"what?"}},
  };
  for (const Step step : {Step::mail, Step::rcpt, Step::data}) {
    for (const auto& c : cases) {
      SCOPED_TRACE(fmt::format("{} {}", int(step), c.why));
      const int before = server_.sessions();
      answer_second(step, c.answer);
      server_.once(Step::content, taken_behind_data);
      EXPECT_EQ(deliver(ann_, &bob_), 250) << last_text_;
      EXPECT_EQ(deliver(bob_), 250) << last_text_;
      courier_.hang_up();
      EXPECT_EQ(server_.sessions(), before + 2);
      EXPECT_EQ(came().back(), fmt::format("{} bob@example.org", before + 2));
    }
  }
}

TEST_F(CourierAhead, SendsNothingOfWhatDoesNotComeAfterAll) {
  const struct {
    const char* why;
    const std::function<void(CourierAhead&)> instead;
  } cases[] = {
      {"another parcel", [](CourierAhead& t) { EXPECT_EQ(t.deliver(t.cid_), 250); }},
      {"hang_up",
       [](CourierAhead& t) {
         t.courier_.hang_up();
         EXPECT_EQ(t.deliver(t.cid_), 250);
       }},
      {"a parcel that cannot be said",
       [](CourierAhead& t) {
         EXPECT_EQ(t.deliver(OwnedParcel("a b@example.org")), -1);
         EXPECT_EQ(t.deliver(t.cid_), 250);
       }},
      {"another envelope",
       [](CourierAhead& t) {
         OwnedParcel longer("bob@example.org");
         longer.mail_parameters = "RET=HDRS";
         EXPECT_EQ(t.deliver(longer), 250);
         EXPECT_EQ(t.deliver(t.cid_), 250);
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const int before = server_.sessions();
    server_.once(Step::content, taken_behind_data);
    EXPECT_EQ(deliver(ann_, &bob_), 250);
    c.instead(*this);
    courier_.hang_up();
    EXPECT_EQ(server_.sessions(), before + 2);
    EXPECT_EQ(came().back(), fmt::format("{} cid@example.org", before + 2));
  }
}

TEST_F(CourierAhead, SaysNothingAheadThatCouldNotFollow) {
  OwnedParcel utf8("bob@example.org");
  utf8.smtputf8 = true;
  const OwnedParcel ours("\xC3\xA4@example.org"), broken("b>ob@example.org"), empty("");
  for (const Parcel* next :
       {static_cast<const Parcel*>(&utf8), static_cast<const Parcel*>(&ours),
        static_cast<const Parcel*>(&broken), static_cast<const Parcel*>(&empty)}) {
    EXPECT_EQ(deliver(ann_, next), 250);
    EXPECT_EQ(deliver(*next), -1) << last_text_;
  }
  EXPECT_EQ(deliver(cid_), 250);
  EXPECT_EQ(server_.sessions(), 1) << "nothing was said that had to be taken back";
}

TEST_F(CourierAhead, SaysNothingAheadOnASessionThatARefusalWouldEnd) {
  server_.always(Step::content, {"554 5.7.1 no"});
  for (int i = 0; i < 9; ++i) {
    const auto& here = i % 2 ? bob_ : ann_;
    const auto& next = i % 2 ? ann_ : bob_;
    EXPECT_EQ(deliver(here, &next), 554);
  }
  EXPECT_EQ(server_.sessions(), 3) << "four refusals each";
  for (const auto& session : {"1", "2"}) {
    const auto said = server_.commands();
    EXPECT_EQ(std::count_if(said.begin(), said.end(),
                            [&](const std::string& command) {
                              return command.rfind(fmt::format("{}: MAIL", session), 0) == 0;
                            }),
              4)
        << "session " << session;
  }
}

TEST_F(CourierAhead, WaitsForTheNextFromWhenItIsListenedFor) {
  server_.once(Step::content, taken_behind_data);
  answer_second(Step::data, {"", Then::stall});
  SmtpTimeouts timeouts;
  timeouts.data = 240ms;
  SmtpCourier courier(*parse_endpoint(server_.address()), "mx.example.org", {}, timeouts);
  EXPECT_EQ(courier.deliver(ann_, &bob_)->reply_code, 250);
  const auto receipt = courier.deliver(bob_);
  EXPECT_EQ(receipt->reply_code, 0);
  EXPECT_EQ(receipt->text, "no answer within 0.24 s");
  EXPECT_EQ(server_.messages().size(), 1u);
}

class CourierAheadXforward : public CourierAhead {
 protected:
  CourierAheadXforward() : CourierAhead({"PIPELINING", "XFORWARD NAME ADDR IDENT"}) {}
};

TEST_F(CourierAheadXforward, TellsTheClientOfTheNextToo) {
  OwnedParcel named("bob@example.org");
  named.orig_queue_id = "4XyZ12";
  server_.once(Step::content, taken_behind_data);
  EXPECT_EQ(deliver(ann_, &named), 250);
  EXPECT_EQ(deliver(named), 250);
  EXPECT_EQ(came(), Came({"1 ann@example.org", "1 bob@example.org"}));
  EXPECT_EQ(count("1: XFORWARD IDENT=4XyZ12"), 1);
}

class CourierAheadUnpipelined : public CourierAhead {
 protected:
  CourierAheadUnpipelined() : CourierAhead({"8BITMIME"}) {}
};

TEST_F(CourierAheadUnpipelined, SaysNothingAhead) {
  EXPECT_EQ(deliver(ann_, &bob_), 250);
  EXPECT_EQ(deliver(cid_, &bob_), 250);
  EXPECT_EQ(deliver(bob_), 250);
  EXPECT_EQ(came(), Came({"1 ann@example.org", "1 cid@example.org", "1 bob@example.org"}));
  EXPECT_FALSE(server_.was_pipelined());
}

}  // namespace
}  // namespace smtpapi
