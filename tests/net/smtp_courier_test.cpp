#include "net/smtp_courier.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "support/scripted_smtp_server.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using Step = ScriptedSmtpServer::Step;
using Then = ScriptedSmtpServer::Then;
using namespace std::chrono_literals;

constexpr const char* step_names[] = {"greeting", "ehlo",    "xforward", "mail", "rcpt",
                                      "data",     "content", "reset",    "quit"};

/// Little patience only where the server is going to be silent.
SmtpTimeouts timeouts_for(const ScriptedSmtpServer::Answer& answer) {
  if (answer.then != Then::stall) return {};
  return {20s, 240ms, 240ms, 240ms, 240ms, 240ms};
}

Endpoint endpoint_of(const ScriptedSmtpServer& server) { return *parse_endpoint(server.address()); }

Parcel parcel_to(std::string_view recipient) {
  static constexpr std::string_view content[] = {"Subject: hi\r\n\r\n", "Hello\r\n"};
  Parcel parcel;
  parcel.reverse_path = "app@example.org";
  parcel.recipient = recipient;
  parcel.content = content;
  return parcel;
}

TEST(SmtpCourier, KeepsOneSessionForManyMessages) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  for (int i = 1; i <= 3; ++i) {
    const auto receipt = courier.deliver(parcel_to("ann@example.org"));
    ASSERT_TRUE(receipt) << receipt.error().text;
    EXPECT_TRUE(receipt->taken());
    EXPECT_EQ(receipt->queue_id, "Q1X" + std::to_string(i));
    EXPECT_EQ(receipt->status_code, "2.0.0");
  }
  courier.hang_up();
  EXPECT_EQ(server.sessions(), 1);
  ASSERT_EQ(server.messages().size(), 3u);
  EXPECT_EQ(server.messages()[2].mail, "MAIL FROM:<app@example.org>");
  EXPECT_EQ(server.messages()[2].rcpt, "RCPT TO:<ann@example.org>");
  EXPECT_EQ(server.messages()[2].content, "Subject: hi\r\n\r\nHello\r\n");
  const auto commands = server.commands();
  EXPECT_EQ(commands.front(), "1: EHLO mx.example.org");
  for (const std::string& command : commands) {
    EXPECT_NE(command, "1: RSET") << "none between good messages (RI-5)";
  }
}

TEST(SmtpCourier, SaysMailRcptAndDataInOneBreathIfItMay) {
  ScriptedSmtpServer server;
  server.hold_answers_until_data();
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  const auto receipt = courier.deliver(parcel_to("ann@example.org"));
  ASSERT_TRUE(receipt) << receipt.error().text;
  EXPECT_TRUE(receipt->taken()) << receipt->text;
}

TEST(SmtpCourier, WaitsForEachAnswerIfItMustNotPipeline) {
  ScriptedSmtpServer server({"8BITMIME", "XFORWARD NAME ADDR IDENT"});
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  server.once(Step::rcpt, {"550 5.1.1 no"});
  const std::string long_name(255, 'n');
  Parcel parcel = parcel_to("ann@example.org");
  parcel.orig_queue_id = parcel.client_name = parcel.client_address = long_name;
  EXPECT_TRUE(courier.deliver(parcel)->refused());
  EXPECT_TRUE(courier.deliver(parcel)->taken());
  EXPECT_FALSE(server.was_pipelined());
  EXPECT_EQ(server.messages().size(), 1u);
}

TEST(SmtpCourier, SpeaksOverAUnixSocket) {
  const TemporaryFolder folder;
  ScriptedSmtpServer server({"PIPELINING"}, folder / "in");
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  const auto receipt = courier.deliver(parcel_to("ann@example.org"));
  ASSERT_TRUE(receipt) << receipt.error().text;
  EXPECT_TRUE(receipt->taken());
}

TEST(SmtpCourier, ReportsTheAnswerThatDecided) {
  const struct {
    Step step;
    const char* answer;
    int code;
    const char* status_code;
    const char* text;
  } cases[] = {
      {Step::mail, "452 4.3.1 Insufficient system storage", 452, "4.3.1",
       "4.3.1 Insufficient system storage"},
      {Step::mail, "550 5.7.1 Sender refused", 550, "5.7.1", "5.7.1 Sender refused"},
      {Step::mail, "552 5.3.4 Too big", 552, "5.3.4", "5.3.4 Too big"},
      {Step::rcpt, "451 4.3.0 Temporary lookup failure", 451, "4.3.0",
       "4.3.0 Temporary lookup failure"},
      {Step::rcpt, "550-5.1.1 Unknown\r\n550 5.1.1 in table", 550, "5.1.1",
       "5.1.1 Unknown in table"},
      {Step::data, "451 4.7.1 Later", 451, "4.7.1", "4.7.1 Later"},
      {Step::data, "554 5.7.1 No", 554, "5.7.1", "5.7.1 No"},
      {Step::content, "451 4.3.0 Queue file write error", 451, "4.3.0",
       "4.3.0 Queue file write error"},
      {Step::content, "554 5.4.0 Too many hops", 554, "5.4.0", "5.4.0 Too many hops"},
      {Step::content, "250 Ok", 250, "", "Ok"},
  };
  for (const bool pipelining : {true, false}) {
    for (const auto& c : cases) {
      SCOPED_TRACE(
          fmt::format("{} {} pipelining={}", step_names[int(c.step)], c.answer, pipelining));
      ScriptedSmtpServer server(pipelining ? std::vector<std::string>{"PIPELINING"}
                                           : std::vector<std::string>{});
      SmtpCourier courier(endpoint_of(server), "mx.example.org");
      server.once(c.step, {c.answer});
      const auto receipt = courier.deliver(parcel_to("ann@example.org"));
      ASSERT_TRUE(receipt) << receipt.error().text;
      EXPECT_EQ(receipt->reply_code, c.code);
      EXPECT_EQ(receipt->status_code, c.status_code);
      EXPECT_EQ(receipt->text, c.text);
      EXPECT_EQ(receipt->queue_id, "");

      // The session is of further use, after a RSET if a transaction was left half open.
      const auto next = courier.deliver(parcel_to("bob@example.org"));
      ASSERT_TRUE(next) << next.error().text;
      EXPECT_TRUE(next->taken()) << next->text;
      EXPECT_EQ(server.messages().back().rcpt, "RCPT TO:<bob@example.org>");
      EXPECT_EQ(server.sessions(), 1);
      const auto said = server.commands();
      const auto resets = std::count(said.begin(), said.end(), "1: RSET");
      EXPECT_EQ(resets, c.step == Step::content ? 0 : 1);
    }
  }
}

TEST(SmtpCourier, EndsATransactionThatWantsContentForNobody) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  server.once(Step::rcpt, {"550 5.1.1 no"});
  server.once(Step::data, {"354 Go ahead"});
  server.once(Step::content, {"554 5.5.1 no valid recipients"});
  const auto refused = courier.deliver(parcel_to("ann@example.org"));
  EXPECT_EQ(refused->text, "5.1.1 no");
  EXPECT_EQ(courier.deliver(parcel_to("bob@example.org"))->reply_code, 250);
  ASSERT_EQ(server.messages().size(), 2u);
  EXPECT_EQ(server.messages()[0].content, "") << "a lone dot";
  EXPECT_EQ(server.sessions(), 1);
}

TEST(SmtpCourier, NeverSendsAnEmptyMessageToARecipientThatWasTaken) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  server.once(Step::mail, {"550 5.7.1 no"});
  server.once(Step::rcpt, {"250 2.1.5 Ok"});
  EXPECT_EQ(courier.deliver(parcel_to("ann@example.org"))->reply_code, 550);
  EXPECT_EQ(courier.deliver(parcel_to("ann@example.org"))->reply_code, 250);
  ASSERT_EQ(server.messages().size(), 1u);
  EXPECT_EQ(server.messages()[0].session, 2);
}

TEST(SmtpCourier, TakesAFreshSessionBeforeTheServerLosesPatience) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  server.always(Step::rcpt, {"550 5.1.1 no"});
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(courier.deliver(parcel_to("ann@example.org"))->refused());
  EXPECT_EQ(server.sessions(), 3);
}

TEST(SmtpCourier, AListenerThatCannotBeHadIsUnavailable) {
  const struct {
    const char* why;
    Step step;
    ScriptedSmtpServer::Answer answer;
    const char* want;
  } cases[] = {
      {"misconfigured", Step::greeting, {"554 5.7.1 no access"}, "554 5.7.1 no access"},
      {"overloaded", Step::greeting, {"421 4.3.2 all ports busy", Then::close}, "421 4.3.2"},
      {"busy", Step::greeting, {"450 4.3.2 try again"}, "450 4.3.2"},
      {"hangs up", Step::greeting, {"", Then::close}, "closed"},
      {"silent", Step::greeting, {"", Then::stall}, "no answer"},
      {"half a greeting", Step::greeting, {"220-wait", Then::stall}, "no answer"},
      {"not SMTP", Step::greeting, {"SSH-2.0-OpenSSH_9.2"}, "not an SMTP reply"},
      {"a line without end", Step::greeting, {"220 " + std::string(10'000, 'x')}, "4096"},
      {"EHLO refused", Step::ehlo, {"502 5.5.1 not implemented"}, "502 5.5.1"},
      {"EHLO postponed", Step::ehlo, {"451 4.3.0 later"}, "451 4.3.0"},
      {"EHLO: shutting down", Step::ehlo, {"421 4.3.0 bye", Then::close}, "421 4.3.0"},
      {"EHLO: hangs up", Step::ehlo, {"", Then::close}, "closed"},
      {"EHLO: silent", Step::ehlo, {"", Then::stall}, "no answer"},
      {"wants TLS", Step::mail, {"530 5.7.0 Must issue a STARTTLS command first"}, "530 5.7.0"},
      {"wants a login", Step::mail, {"530 5.7.0 Authentication required"}, "530 5.7.0"},
      {"out of step", Step::mail, {"503 5.5.1 nested MAIL"}, "503 5.5.1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    ScriptedSmtpServer server;
    SmtpCourier courier(endpoint_of(server), "mx.example.org", {}, timeouts_for(c.answer));
    server.once(c.step, c.answer);
    const auto result = courier.deliver(parcel_to("ann@example.org"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::unavailable);
    EXPECT_NE(result.error().text.find(c.want), std::string::npos) << result.error().text;
    EXPECT_NE(result.error().text.find(server.address()), std::string::npos) << result.error().text;
    EXPECT_TRUE(server.messages().empty());

    const auto next = courier.deliver(parcel_to("ann@example.org"));
    ASSERT_TRUE(next) << "nothing of it may stay behind: " << next.error().text;
    EXPECT_TRUE(next->taken());
    EXPECT_EQ(server.sessions(), 2);
  }
}

TEST(SmtpCourier, AListenerThatIsNotThereIsUnavailable) {
  std::string address;
  {
    const ScriptedSmtpServer server;
    address = server.address();
  }
  const TemporaryFolder folder;
  for (const std::string& to : {address, "unix:" + (folder / "none"), std::string("unix:/")}) {
    SCOPED_TRACE(to);
    SmtpCourier courier(*parse_endpoint(to), "mx.example.org");
    const auto result = courier.deliver(parcel_to("ann@example.org"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::unavailable);
    EXPECT_NE(result.error().text.find("connect to " + to), std::string::npos)
        << result.error().text;
  }
}

TEST(SmtpCourier, AListenerThatDoesNotAcceptIsUnavailable) {
  const TemporaryFolder folder;
  const std::string path = folder / "full";
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  const int first = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  ASSERT_EQ(connect(first, reinterpret_cast<sockaddr*>(&at), sizeof at), 0) << "fills the backlog";

  SmtpTimeouts timeouts;
  timeouts.connect = 240ms;
  SmtpCourier courier(*parse_endpoint("unix:" + path), "mx.example.org", {}, timeouts);
  const auto result = courier.deliver(parcel_to("ann@example.org"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().text.find("no answer within 0.24 s"), std::string::npos)
      << result.error().text;
  close(first);
  close(listener);
}

TEST(SmtpCourier, ALineThatBreaksInTheMiddleLeavesItUnknown) {
  const struct {
    const char* why;
    ScriptedSmtpServer::Answer answer;
    const char* want;
  } cases[] = {
      {"closes", {"", Then::close}, "closed"},
      {"stalls", {"", Then::stall}, "no answer"},
      {"421", {"421 4.3.2 shutting down", Then::close}, "421 4.3.2 shutting down"},
      {"421 and stays", {"421 4.3.2 shutting down"}, "421 4.3.2 shutting down"},
      {"talks nonsense", {"what?"}, "not an SMTP reply"},
      {"continues for ever", {"250-more", Then::stall}, "no answer"},
      {"an odd code", {"333 what?"}, "333 what?"},
  };
  for (const Step step : {Step::xforward, Step::mail, Step::rcpt, Step::data, Step::content}) {
    for (const auto& c : cases) {
      if (step == Step::xforward && std::string_view(c.why) == "an odd code") continue;
      SCOPED_TRACE(fmt::format("{} {}", step_names[int(step)], c.why));
      ScriptedSmtpServer server({"PIPELINING", "XFORWARD NAME"});
      SmtpCourier courier(endpoint_of(server), "mx.example.org", {}, timeouts_for(c.answer));
      server.once(step, c.answer);
      Parcel parcel = parcel_to("ann@example.org");
      parcel.client_name = "client";
      const auto receipt = courier.deliver(parcel);
      ASSERT_TRUE(receipt) << receipt.error().text;
      EXPECT_EQ(receipt->reply_code, 0);
      EXPECT_FALSE(receipt->taken() || receipt->refused());
      EXPECT_NE(receipt->text.find(c.want), std::string::npos) << receipt->text;

      EXPECT_TRUE(courier.deliver(parcel)->taken()) << "a new session serves the next";
      EXPECT_EQ(server.sessions(), 2);
    }
  }
}

TEST(SmtpCourier, ReplacesAStaleSessionWithoutAWord) {
  const struct {
    const char* why;
    void (*spoil)(ScriptedSmtpServer&);
  } cases[] = {
      {"closed while idle", [](ScriptedSmtpServer& s) { s.drop_sessions(); }},
      {"hangs up at MAIL",
       [](ScriptedSmtpServer& s) {
         s.once(Step::mail, {"", Then::close});
       }},
      {"421 at MAIL",
       [](ScriptedSmtpServer& s) {
         s.once(Step::mail, {"421 4.4.2 timeout exceeded", Then::close});
       }},
      {"421 at DATA",
       [](ScriptedSmtpServer& s) {
         s.once(Step::data, {"421 4.7.0 too many errors", Then::close});
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    ScriptedSmtpServer server;
    SmtpCourier courier(endpoint_of(server), "mx.example.org");
    ASSERT_TRUE(courier.deliver(parcel_to("ann@example.org"))->taken());
    c.spoil(server);
    const auto receipt = courier.deliver(parcel_to("bob@example.org"));
    ASSERT_TRUE(receipt) << receipt.error().text;
    EXPECT_TRUE(receipt->taken()) << receipt->text;
    EXPECT_EQ(server.sessions(), 2);
    EXPECT_EQ(server.messages().size(), 2u);
  }
}

TEST(SmtpCourier, DoesNotSendAMessageAgainWhoseFateIsUnknown) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  ASSERT_TRUE(courier.deliver(parcel_to("ann@example.org"))->taken());
  server.once(Step::content, {"", Then::close});
  EXPECT_EQ(courier.deliver(parcel_to("bob@example.org"))->reply_code, 0);
  EXPECT_EQ(server.messages().size(), 2u) << "that is for the caller to decide (RI-9)";
}

TEST(SmtpCourier, GoesOnWithoutXforward) {
  ScriptedSmtpServer server({"PIPELINING", "XFORWARD NAME ADDR IDENT"});
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  server.once(Step::xforward, {"550 5.7.0 insufficient authorization"});
  Parcel parcel = parcel_to("ann@example.org");
  parcel.orig_queue_id = "4XyZ12";
  EXPECT_TRUE(courier.deliver(parcel)->taken());
  EXPECT_EQ(server.commands()[1], "1: XFORWARD IDENT=4XyZ12");
}

TEST(SmtpCourier, RefusesWhatCannotBeSaid) {
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  Parcel utf8 = parcel_to("ann@example.org");
  utf8.smtputf8 = true;
  for (const Parcel& parcel :
       {parcel_to("ann@example.org\r\nDATA"), parcel_to(""), parcel_to("\xC3\xA4@x.org"), utf8}) {
    const auto result = courier.deliver(parcel);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::invalid) << result.error().text;
  }
  EXPECT_TRUE(courier.deliver(parcel_to("ann@example.org"))->taken());
  EXPECT_EQ(server.sessions(), 1);
}

TEST(SmtpCourier, SendsALargeMessageWhole) {
  // More than any socket buffer holds, in more pieces than one writev takes.
  std::string line(997, 'x');
  line += "\r\n";
  const std::vector<std::string_view> pieces(5'000, line);
  ScriptedSmtpServer server;
  SmtpCourier courier(endpoint_of(server), "mx.example.org");
  Parcel parcel = parcel_to("ann@example.org");
  parcel.content = pieces;
  EXPECT_TRUE(courier.deliver(parcel)->taken());
  EXPECT_EQ(server.messages()[0].content.size(), 5'000 * line.size());
}

TEST(SmtpCourier, StopsWaitingWhenTheProgramMustEnd) {
  ScriptedSmtpServer server;
  server.once(Step::content, {"", Then::stall});
  std::stop_source abandon;
  SmtpCourier courier(endpoint_of(server), "mx.example.org", abandon.get_token());
  std::jthread ending([&] {
    while (server.messages().empty()) std::this_thread::yield();
    abandon.request_stop();
  });
  const auto receipt = courier.deliver(parcel_to("ann@example.org"));
  EXPECT_EQ(receipt->reply_code, 0);
  EXPECT_NE(receipt->text.find("program ends"), std::string::npos) << receipt->text;
}

}  // namespace
}  // namespace smtpapi
