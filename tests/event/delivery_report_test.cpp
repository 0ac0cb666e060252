// Lines as Postfix and Sendmail write them, and what they report.
#include "event/delivery_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace smtpapi {
namespace {

using Kind = DeliveryReport::Kind;
using testing::IsEmpty;
using testing::SizeIs;

const Time now = from_unix(1'795'258'911);  // 2026-11-21 11:01:51 UTC

void set_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}

std::vector<DeliveryReport> read(const std::vector<std::string>& lines) {
  set_zone("UTC");
  LogLines log;
  DeliveryReports deliveries;
  std::vector<DeliveryReport> reports;
  for (const std::string& line : lines) {
    if (const auto taken = log.read(line, now)) deliveries.read(*taken, reports);
  }
  return reports;
}

std::string show(const DeliveryReport& r) {
  constexpr const char* kinds[] = {"delivered", "deferred", "failed",
                                   "expired",   "deleted",  "renamed"};
  const std::string next = r.passed_on_to.empty() ? "" : " -> " + r.passed_on_to;
  return fmt::format("{} {}{} <{}>{} {} {} [{}] {}", kinds[static_cast<int>(r.kind)], r.queue_id,
                     next, r.recipient,
                     r.orig_recipient.empty() ? "" : " was <" + r.orig_recipient + ">", r.status,
                     r.reply_code, r.relay_ip, r.text);
}

TEST(DeliveryReportTest, ReadsWhatBecameOfARecipient) {
  const std::string mx = "Nov 21 11:01:51 mx1 ";
  const struct {
    const char* why;
    std::string line;
    const char* want;
  } cases[] = {
      {"DS-1: sent, short queue ID",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<ann@example.org>, "
            "relay=mx.example.org[192.0.2.7]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, "
            "status=sent (250 2.0.0 Ok: queued as 4XyZ)",
       "delivered 9A1B2C3D4E <ann@example.org> 2.0.0 250 [192.0.2.7] 250 2.0.0 Ok: queued as 4XyZ"},
      {"long queue ID, alias, a connection used again, IPv6",
       mx + "postfix/smtp[7]: 4c7yXl1bGvz3q: to=<ann@home.example>, orig_to=<ann@example.org>, "
            "relay=mx.example.org[2001:db8::7]:25, conn_use=2, delay=1, delays=0/0/0/1, "
            "dsn=2.0.0, status=sent (250 ok)",
       "delivered 4c7yXl1bGvz3q <ann@home.example> was <ann@example.org> 2.0.0 250 [2001:db8::7] "
       "250 ok"},
      {"the transport's own name",
       mx + "postfix/pool-a/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25, "
            "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)",
       "delivered 9A1B2C3D4E <a@b.example> 2.0.0 250 [192.0.2.7] 250 ok"},
      {"deferred by the other side: only its words",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25, delay=1, "
            "delays=0/0/0/1, dsn=4.2.0, status=deferred (host c[192.0.2.7] said: 450 4.2.0 "
            "<a@b.example>: greylisted (in reply to RCPT TO command))",
       "deferred 9A1B2C3D4E <a@b.example> 4.2.0 450 [192.0.2.7] 450 4.2.0 <a@b.example>: "
       "greylisted"},
      {"deferred: nobody there",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, delay=1, "
            "delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to b.example[192.0.2.7]:25: "
            "Connection refused)",
       "deferred 9A1B2C3D4E <a@b.example> 4.4.1 0 [] connect to b.example[192.0.2.7]:25: "
       "Connection refused"},
      {"refused at once",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25, delay=1, "
            "delays=0/0/0/1, dsn=4.3.2, status=deferred (host c[192.0.2.7] refused to talk to "
            "me: 421 4.3.2 busy)",
       "deferred 9A1B2C3D4E <a@b.example> 4.3.2 421 [192.0.2.7] 421 4.3.2 busy"},
      {"soft_bounce",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, delay=1, "
            "delays=0/0/0/1, dsn=5.1.1, status=SOFTBOUNCE (unknown user)",
       "deferred 9A1B2C3D4E <a@b.example> 5.1.1 0 [] unknown user"},
      {"bounced",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25, delay=1, "
            "delays=0/0/0/1, dsn=5.1.1, status=bounced (host c[192.0.2.7] said: 550-5.1.1 no "
            "such (user) (in reply to RCPT TO command))",
       "failed 9A1B2C3D4E <a@b.example> 5.1.1 550 [192.0.2.7] 550-5.1.1 no such (user)"},
      {"local",
       mx + "postfix/local[7]: 9A1B2C3D4E: to=<ann@mx1>, orig_to=<ann>, relay=local, delay=0, "
            "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",
       "delivered 9A1B2C3D4E <ann@mx1> was <ann> 2.0.0 0 [] delivered to mailbox"},
      {"virtual",
       mx + "postfix/virtual[7]: 9A1B2C3D4E: to=<a@b.example>, relay=virtual, delay=0, "
            "delays=0/0/0/0, dsn=5.1.1, status=bounced (unknown user: \"a@b.example\")",
       "failed 9A1B2C3D4E <a@b.example> 5.1.1 0 [] unknown user: \"a@b.example\""},
      {"pipe",
       mx + "postfix/pipe[7]: 9A1B2C3D4E: to=<a@b.example>, relay=maildrop, delay=0, "
            "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered via maildrop service)",
       "delivered 9A1B2C3D4E <a@b.example> 2.0.0 0 [] delivered via maildrop service"},
      {"lmtp over a socket",
       mx + "postfix/lmtp[7]: 9A1B2C3D4E: to=<a@b.example>, "
            "relay=mx1[private/dovecot-lmtp], delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent "
            "(250 2.0.0 <a@b.example> abc Saved)",
       "delivered 9A1B2C3D4E <a@b.example> 2.0.0 250 [] 250 2.0.0 <a@b.example> abc Saved"},
      {"error",
       mx + "postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, delay=0, "
            "delays=0/0/0/0, dsn=5.0.0, status=bounced (b.example is closed)",
       "failed 9A1B2C3D4E <a@b.example> 5.0.0 0 [] b.example is closed"},
      {"discard",
       mx + "postfix/discard[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, delay=0, "
            "delays=0/0/0/0, dsn=2.0.0, status=sent (b.example)",
       "delivered 9A1B2C3D4E <a@b.example> 2.0.0 0 [] b.example"},
      {"gave up, for all recipients left",
       mx + "postfix/qmgr[7]: 9A1B2C3D4E: from=<app@example.com>, status=expired, returned to "
            "sender",
       "expired 9A1B2C3D4E <>  0 [] "},
      {"postsuper -f or -e",
       mx + "postfix/qmgr[7]: 9A1B2C3D4E: from=<>, status=force-expired, returned to sender",
       "expired 9A1B2C3D4E <>  0 [] "},
      {"postsuper -d", mx + "postfix/postsuper[7]: 9A1B2C3D4E: removed",
       "deleted 9A1B2C3D4E <>  0 [] "},
      {"a hostile address: its own comma, bracket and status",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<\"a>, relay=x, dsn=2.0.0, status=sent "
            "(\\\"ok\"@b.example>, relay=none, delay=1, delays=0/0/0/1, dsn=5.1.1, "
            "status=bounced (no)",
       "failed 9A1B2C3D4E <\"a>, relay=x, dsn=2.0.0, status=sent (\\\"ok\"@b.example> 5.1.1 0 [] "
       "no"},
      {"a hostile answer: it comes after the status",
       mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25, delay=1, "
            "delays=0/0/0/1, dsn=5.7.1, status=bounced (host c[192.0.2.7] said: 550 no, "
            "dsn=2.0.0, status=sent (250 ok) (in reply to end of DATA command))",
       "failed 9A1B2C3D4E <a@b.example> 5.7.1 550 [192.0.2.7] 550 no, dsn=2.0.0, status=sent (250 "
       "ok)"},
      {"a sender that looks like a status",
       mx + "postfix/qmgr[7]: 9A1B2C3D4E: from=<\"x>, status=expired, \"@b.example>, "
            "status=force-expired, returned to sender",
       "expired 9A1B2C3D4E <>  0 [] "},
      {"rsyslog's time stamp",
       "2026-11-21T11:01:51.123456+00:00 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>, "
       "relay=none, delay=0, delays=0/0/0/0, dsn=5.0.0, status=bounced (no)",
       "failed 9A1B2C3D4E <a@b.example> 5.0.0 0 [] no"},
      {"DS-3: Sendmail",
       mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, ctladdr=<app@example.com> "
            "(1000/1000), delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=120345, "
            "relay=mx.b.example. [192.0.2.7], dsn=2.0.0, stat=Sent (ok: queued, as 77)",
       "delivered 4AL8xXyZ012345 <a@b.example> 2.0.0 0 [192.0.2.7] ok: queued, as 77"},
      {"Sendmail, deferred",
       mx + "sendmail[7]: 4AL8xXyZ012345: to=<a@b.example>, delay=00:00:01, xdelay=00:00:01, "
            "mailer=esmtp, pri=120345, relay=mx.b.example. [192.0.2.7], dsn=4.0.0, "
            "stat=Deferred: Connection refused by mx.b.example.",
       "deferred 4AL8xXyZ012345 <a@b.example> 4.0.0 0 [192.0.2.7] Connection refused by "
       "mx.b.example."},
      {"Sendmail, a 450 with its words",
       mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, delay=00:00:01, mailer=esmtp, "
            "pri=1, relay=mx.b.example. [192.0.2.7], dsn=4.2.0, stat=Deferred: 450 4.2.0 later",
       "deferred 4AL8xXyZ012345 <a@b.example> 4.2.0 450 [192.0.2.7] 450 4.2.0 later"},
      {"Sendmail, refused",
       mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, delay=00:00:01, mailer=esmtp, "
            "pri=1, relay=mx.b.example. [192.0.2.7], dsn=5.1.1, stat=User unknown",
       "failed 4AL8xXyZ012345 <a@b.example> 5.1.1 0 [192.0.2.7] User unknown"},
      {"Sendmail 8.16 and later: the answer is there",
       mx + "sendmail[7]: 6ALDw1xY002088: to=<full@other.test>, delay=00:00:00, xdelay=00:00:00, "
            "mailer=esmtp, pri=150015, relay=[127.0.0.1] [127.0.0.1], dsn=5.2.2, reply=552 5.2.2 "
            "mailbox full, stat=Service unavailable",
       "failed 6ALDw1xY002088 <full@other.test> 5.2.2 552 [127.0.0.1] 552 5.2.2 mailbox full"},
      {"Sendmail, deferred by an answer",
       mx + "sendmail[7]: 6ALDw1xY002088: to=<later@remote.test>, delay=00:00:01, "
            "xdelay=00:00:00, mailer=esmtp, pri=330015, relay=[127.0.0.1] [127.0.0.1], dsn=4.2.0, "
            "reply=450 4.2.0 try again later, stat=Deferred: 450 4.2.0 try again later",
       "deferred 6ALDw1xY002088 <later@remote.test> 4.2.0 450 [127.0.0.1] 450 4.2.0 try again "
       "later"},
      {"Sendmail, a hostile answer",
       mx + "sendmail[7]: 6ALDw1xY002088: to=<a@b.example>, delay=00:00:00, mailer=esmtp, pri=1, "
            "relay=c [192.0.2.7], dsn=5.1.1, reply=550 no, stat=Sent (ok), stat=User unknown",
       "failed 6ALDw1xY002088 <a@b.example> 5.1.1 550 [192.0.2.7] 550 no"},
      {"Sendmail gave up",
       mx + "sendmail[7]: 6ALDw1xY002088: 6ALDw6cT002164: DSN: Cannot send message for 5 days",
       "expired 6ALDw1xY002088 <>  0 [] Cannot send message for 5 days"},
      {"Sendmail, a local user without <>",
       mx + "sm-mta[7]: 4AL8xXyZ012345: to=ann, delay=00:00:01, mailer=local, pri=1, dsn=2.0.0, "
            "stat=Sent",
       "delivered 4AL8xXyZ012345 <ann> 2.0.0 0 [] Sent"},
      {"Sendmail gave up on one",
       mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, delay=5+00:00:01, mailer=esmtp, pri=1, "
            "dsn=4.4.7, stat=Cannot send message for 5 days",
       "expired 4AL8xXyZ012345 <a@b.example> 4.4.7 0 [] Cannot send message for 5 days"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto reports = read({c.line});
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_EQ(show(reports[0]), c.want);
    EXPECT_EQ(reports[0].time, now);
  }
}

TEST(DeliveryReportTest, TellsWhereAMessageGoesOn) {
  const std::string mx = "Nov 21 11:01:51 mx1 ";
  const std::string in = mx + "postfix/smtpd[9]: 4Next1: client=localhost[127.0.0.1]";
  const std::string to = mx +
                         "postfix/smtp[7]: 4Abc34: to=<a@x>, relay=127.0.0.1[127.0.0.1]:10024, "
                         "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent ";
  const std::string sm = mx + "sendmail[7]: 6ALDw1GN002085: ";
  const struct {
    const char* why;
    std::vector<std::string> lines;
    std::vector<std::string> want;  ///< queue IDs
  } cases[] = {
      {"the listener behind", {in, to + "(250 2.0.0 Ok: queued as 4Next1)"}, {"4Next1"}},
      {"through amavis",
       {in, to + "(250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4Next1)"},
       {"4Next1"}},
      {"a service of its own name",
       {mx + "postfix/reinject/smtpd[9]: 4Next1: client=localhost[127.0.0.1], orig_queue_id=4Abc34",
        to + "(250 2.0.0 Ok: queued as 4Next1)"},
       {"4Next1"}},
      {"not known here", {to + "(250 2.0.0 Ok: queued as 4Next1)"}, {""}},
      {"another one", {in, to + "(250 2.0.0 Ok: queued as 4Next2)"}, {""}},
      {"no ID at all", {in, to + "(250 2.0.0 Ok: queued as )"}, {""}},
      {"a client that was refused is no message",
       {mx + "postfix/smtpd[9]: 4Next1: reject: RCPT from x[192.0.2.1]: 550 client=x",
        to + "(250 2.0.0 Ok: queued as 4Next1)"},
       {""}},
      {"local(8)",
       {mx + "postfix/local[7]: 4Abc34: to=<fwd@mx>, relay=local, delay=0, delays=0/0/0/0, "
             "dsn=2.0.0, status=sent (forwarded as 4Next1)"},
       {"4Next1"}},
      {"words of another deliverer",
       {mx + "postfix/pipe[7]: 4Abc34: to=<fwd@mx>, relay=x, delay=0, delays=0/0/0/0, dsn=2.0.0, "
             "status=sent (forwarded as 4Next1)"},
       {""}},
      {"postsuper -r",
       {mx + "postfix/pickup[7]: 4Next1: uid=102 from=<app@example.com> orig_id=4Abc34"},
       {"4Next1"}},
      {"postsuper -r, a null sender",
       {mx + "postfix/pickup[7]: 4Next1: uid=102 from=<> orig_id=4Abc34"},
       {"4Next1"}},
      {"mail by sendmail(1)", {mx + "postfix/pickup[7]: 4Next1: uid=0 from=<app@example.com>"}, {}},
      {"a sender with words of pickup(8)",
       {mx + "postfix/pickup[7]: 4Next1: uid=0 from=<\"> orig_id=4Abc34\"@b.example>"},
       {}},
      {"Sendmail: an alias with an owner",
       {sm + "6ALDw1GC002094: clone: owner=own@x"},
       {"6ALDw1GC002094"}},
      {"Sendmail: split",
       {sm + "split: maxrcpts=2, rcpts=5, count=2, ids=6ALDwBuG002274; 6ALDwBuH002274"},
       {"6ALDwBuG002274", "6ALDwBuH002274"}},
      {"Sendmail to a Postfix here",
       {in, sm + "to=<a@x>, delay=00:00:00, mailer=esmtp, pri=1, relay=[127.0.0.1] [127.0.0.1], "
                 "dsn=2.0.0, stat=Sent (Ok: queued as 4Next1)"},
       {"4Next1"}},
      {"Sendmail to itself",
       {mx + "sendmail[9]: 6ALDw1GC002092: from=<app@example.com>, size=15, class=0, nrcpts=1, "
             "msgid=<1@x>, proto=ESMTP, daemon=MTA, relay=localhost [127.0.0.1]",
        sm + "to=<a@x>, delay=00:00:00, mailer=esmtp, pri=1, relay=[127.0.0.1] [127.0.0.1], "
             "dsn=2.0.0, stat=Sent (6ALDw1GC002092 Message accepted for delivery)"},
       {"6ALDw1GC002092"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<std::string> got;
    for (const DeliveryReport& one : read(c.lines)) got.push_back(one.passed_on_to);
    EXPECT_EQ(got, c.want);
  }
  const auto anew = read({mx + "postfix/pickup[7]: 4Next1: uid=102 from=<a@x> orig_id=4Abc34"});
  EXPECT_EQ(show(anew.at(0)), "renamed 4Abc34 -> 4Next1 <>  0 [] ");
}

TEST(DeliveryReportTest, SendmailReportsSeveralRecipientsAtOnce) {  // DS-3
  const auto reports = read(
      {"Nov 21 11:01:51 mx1 sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>,<\"c, d>\"@b.example>,e, "
       "delay=00:00:01, mailer=esmtp, pri=1, relay=mx.b.example. [192.0.2.7], dsn=2.0.0, "
       "stat=Sent (ok)"});
  ASSERT_THAT(reports, SizeIs(3));
  EXPECT_EQ(reports[0].recipient, "a@b.example");
  EXPECT_EQ(reports[1].recipient, "\"c, d>\"@b.example");
  EXPECT_EQ(reports[2].recipient, "e");
}

TEST(DeliveryReportTest, OtherLinesReportNothing) {
  const std::string mx = "Nov 21 11:01:51 mx1 ";
  const std::string tail = ", relay=none, delay=1, delays=0/0/0/1, dsn=5.0.0, status=bounced (no)";
  const std::string lines[] = {
      "",
      "x",
      "Nov 21 11:01:51",
      mx,
      mx + "postfix/smtp[7]",
      mx + "postfix/smtp[7]:",
      mx + "postfix/smtp[7: 9A1B2C3D4E: to=<a@b.example>" + tail,
      mx + "postfix/smtp[7]: 9A1B2C3D4E",
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example",
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<\"a@b.example>" + tail,
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>" + ", relay=none, dsn=5.1.1",
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, orig_to=<x" + tail,
      mx + "postfix/smtp[7]: 9A1B2C3D4E: host c[192.0.2.7] said: 450 later",
      mx + "postfix/smtp[7]: NOQUEUE: to=<a@b.example>, relay=none",
      mx + "postfix/smtp[7]: warning: to=<a@b.example>",
      mx + "postfix/smtpd[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      mx + "postfix/cleanup[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      mx + "evil[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      mx + "evil: postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, dsn=2.1.5, "
           "status=deliverable (ok)",
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, dsn=5.1.1, "
           "status=undeliverable (no)",
      mx + "postfix/qmgr[7]: 9A1B2C3D4E: removed",
      mx + "postfix/qmgr[7]: 9A1B2C3D4E: from=<a@b.example>, size=3, nrcpt=1 (queue active)",
      mx + "postfix/qmgr[7]: 9A1B2C3D4E: from=<\"a>, status=expired, \"@b.example>, size=3",
      mx + "postfix/postsuper[7]: 9A1B2C3D4E: placed on hold",
      mx + "sm-mta[7]: 4AL8xXyZ012345: from=<a@b.example>, size=3, class=0",
      mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>",
      mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, mailer=esmtp, dsn=4.0.0",
      mx + "sm-mta[7]: 4AL8xXyZ012345: to=<a@b.example>, mailer=esmtp, dsn=2.0.0, stat=queued",
      "Foo 21 11:01:51 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      "Nov 41 11:01:51 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      "Nov 21 25:01:51 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      "2026-13-21T11:01:51+00:00 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      "2026-11-21T11:01:51 mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
      "2026-11-21T11:01:51+0x mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>" + tail,
  };
  for (const std::string& line : lines) EXPECT_THAT(read({line}), IsEmpty()) << line;
}

TEST(DeliveryReportTest, KnowsTlsWhereTheMtaLogsIt) {
  const std::string mx = "Nov 21 11:01:51 mx1 ";
  const std::string sent = ", delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)";
  const auto reports = read({
      mx + "postfix/smtp[8]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25" + sent,
      mx + "postfix/smtp[7]: Trusted TLS connection established to c[192.0.2.7]:25: TLSv1.3 with "
           "cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25" + sent,
      mx + "postfix/smtp[7]: 9A1B2C3D4E: to=<a@b.example>, relay=d[192.0.2.8]:25" + sent,
      mx + "postfix/smtp[8]: 9A1B2C3D4E: to=<a@b.example>, relay=c[192.0.2.7]:25" + sent,
      mx + "postfix/local[7]: 9A1B2C3D4E: to=<a@b.example>, relay=local" + sent,
      mx + "sm-mta[9]: STARTTLS=client, relay=mx.b.example., version=TLSv1.3, verify=OK",
      mx + "sm-mta[9]: 4AL8xXyZ012345: to=<a@b.example>, relay=mx.b.example. [192.0.2.7], "
           "dsn=2.0.0, stat=Sent",
  });
  ASSERT_THAT(reports, SizeIs(6));
  EXPECT_EQ(reports[0].tls, std::nullopt) << "nothing was said of TLS so far";
  EXPECT_EQ(reports[1].tls, true);
  EXPECT_EQ(reports[2].tls, false) << "another host";
  EXPECT_EQ(reports[3].tls, false) << "another process";
  EXPECT_EQ(reports[4].tls, std::nullopt) << "no host";
  EXPECT_EQ(reports[5].tls, true);
}

TEST(DeliveryReportTest, MarksAreTheLines) {
  const std::string line =
      " mx1 postfix/error[7]: 9A1B2C3D4E: to=<a@b.example>, relay=none, delay=0, "
      "delays=0/0/0/0, dsn=5.0.0, status=bounced (no)";
  const auto reports = read({"Nov 21 11:01:51" + line, "2026-11-21T12:01:51+01:00" + line,
                             "Nov 21 11:01:52" + line, "Nov 21 11:01:51" + line + " "});
  ASSERT_THAT(reports, SizeIs(4));
  EXPECT_EQ(reports[0].mark, reports[1].mark) << "whoever wrote it down";
  EXPECT_NE(reports[0].mark, reports[2].mark);
  EXPECT_NE(reports[0].mark, reports[3].mark);
}

TEST(LogLinesTest, FindsTheYearAndTheZone) {
  const struct {
    const char* why;
    const char* zone;
    const char* stamp;
    std::int64_t want;
  } cases[] = {
      {"now", "UTC", "Nov 21 11:01:51", 1'795'258'911},
      {"local time", "Europe/Berlin", "Nov 21 12:01:51", 1'795'258'911},
      {"summer time", "Europe/Berlin", "Jul  1 12:00:00", 1'782'900'000},
      {"a day of one digit", "UTC", "Nov  1 00:00:00", 1'793'491'200},
      {"the other clock is ahead", "UTC", "Nov 22 11:01:50", 1'795'345'310},
      {"last year", "UTC", "Nov 23 00:00:00", 1'763'856'000},
      {"last December", "UTC", "Dec 31 23:59:59", 1'767'225'599},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    set_zone(c.zone);
    LogLines log;
    const std::string text = std::string(c.stamp) + " mx1 postfix/smtp[7]: x";
    const auto line = log.read(text, now);
    ASSERT_TRUE(line);
    EXPECT_EQ(to_unix(line->time), c.want);
    EXPECT_EQ(line->program, "postfix/smtp");
    EXPECT_EQ(line->process, "7");
    EXPECT_EQ(line->message, "x");
  }
  set_zone("UTC");
}

}  // namespace
}  // namespace smtpapi
