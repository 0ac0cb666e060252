#include "job/notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::Not;

NoticeFacts facts() {
  return {"mx.example.org", "postmaster@mx.example.org", "app@example.org", "ID22",
          "4XyZ12",         from_unix(1762228020)};
}

constexpr std::string_view header =
    "From: app@example.org\r\nMessage-ID: <m1@example.org>\r\nX-SMTPAPI: {\r\n";

Submission submission() {
  Submission out;
  out.id = "SUB";
  out.received = from_unix(1762228020);
  out.reverse_path = "app@example.org";
  out.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nbody\r\n");
  return out;
}

Copy failed(std::string recipient, std::string reply, std::string parameters = "") {
  Copy out;
  out.recipient = std::move(recipient);
  out.reply = std::move(reply);
  out.parameters = std::move(parameters);
  out.state = CopyState::failed;
  return out;
}

/// What every mail system takes: CRLF only, 7bit, no line above 998 octets.
void expect_fit_for_transport(const std::string& octets) {
  EXPECT_TRUE(is_ascii(octets));
  EXPECT_EQ(octets.find('\0'), std::string::npos);
  EXPECT_EQ(to_crlf(octets), octets);
  for (const std::string_view line : split(octets, '\n')) EXPECT_LE(line.size(), 999u);
}

TEST(HeaderNotice, SaysWhatErr2Asks) {
  const std::vector<Remark> problems = {{{2, 17}, "'to' must be an array"}, {{}, "no recipient"}};
  const std::string notice = make_header_notice(facts(), problems, header);
  expect_fit_for_transport(notice);

  const Message message(notice);
  const auto field = [&](std::string_view name) {
    const Field* found = message.find(name);
    return found ? unfold(message.value(*found)) : "(none)";
  };
  EXPECT_EQ(field("From"), "postmaster@mx.example.org");
  EXPECT_EQ(field("To"), "app@example.org");
  EXPECT_EQ(field("Date"), "Tue, 4 Nov 2025 03:47:00 +0000");
  EXPECT_EQ(field("Message-ID"), "<ID22.notice@mx.example.org>");
  EXPECT_EQ(field("Auto-Submitted"), "auto-replied");
  EXPECT_EQ(field("In-Reply-To"), "<m1@example.org>");
  EXPECT_EQ(field("MIME-Version"), "1.0");
  EXPECT_EQ(field("Content-Type"), "multipart/mixed; boundary=\"=_ID22\"");

  const std::string body(message.body());
  EXPECT_THAT(body, HasSubstr("\r\nA message from this address had errors in its SMTPAPI header "
                              "and could not be processed.\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\n  - line 2, column 17: 'to' must be an array\r\n"
                              "  - no recipient\r\n"));
  EXPECT_THAT(body, HasSubstr("4XyZ12"));
  EXPECT_THAT(body, HasSubstr("Content-Type: text/rfc822-headers\r\n"));
  EXPECT_THAT(body, HasSubstr(std::string("\r\n\r\n") + std::string(header)));
  EXPECT_THAT(body, testing::EndsWith("\r\n--=_ID22--\r\n"));
}

TEST(HeaderNotice, NothingOfTheSenderBreaksItsFrame) {
  const struct {
    const char* why;
    std::string problem, header;
  } cases[] = {
      {"line break in a problem", "bad\r\n--=_ID22--\r\nFrom: x", std::string(header)},
      {"control characters", "bad \033[31m\001", "X: \033[31m\r\n"},
      {"UTF-8", "bad \xC3\xA4", "X: \xC3\xA4\r\n"},
      {"invalid UTF-8", "bad \xC3", "X: \xC3\r\n"},
      {"NUL", std::string("a\0b", 3), std::string("X: a\0b\r\n", 8)},
      {"long", std::string(5'000, 'x'), "X: " + std::string(50'000, 'x') + "\r\n"},
      {"bare line ends", "a\nb\rc", "X: a\nY: b\rZ: c"},
      {"no header", "a", ""},
      {"Message-ID with a line break in it", "a", "Message-ID: <a\r\n b>\r\n"},
      {"Message-ID without end", "a", "Message-ID: <" + std::string(2'000, 'a') + "\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const std::vector<Remark> problems = {{{}, c.problem}};
    const std::string notice = make_header_notice(facts(), problems, c.header);
    expect_fit_for_transport(notice);
    const Message message(notice);
    EXPECT_EQ(std::count_if(message.fields().begin(), message.fields().end(),
                            [&](const Field& f) { return message.name(f) == "From"; }),
              1);
    std::size_t ends = 0;
    for (std::size_t at = 0; (at = notice.find("\r\n--=_ID22--\r\n", at)) != notice.npos; ++at)
      ++ends;
    EXPECT_EQ(ends, 1u);
  }
}

TEST(HeaderNotice, AttachesOnlyTheStartOfAHugeHeader) {
  std::string huge;
  while (huge.size() < 8'000'000) huge += "X: 0123456789\r\n";
  const std::string notice = make_header_notice(facts(), {}, huge);
  EXPECT_LT(notice.size(), 110'000u);
  EXPECT_THAT(notice, HasSubstr("X: 0123456789\r\n\r\n--=_ID22--\r\n")) << "cut at a line end";
}

TEST(FailureNotice, IsADeliveryReport) {
  const std::vector<Copy> copies = {
      failed("ann@example.org", "550 5.1.1 <ann@example.org>: Recipient address rejected"),
      failed("bob@example.net", "552 Too big", "ORCPT=rfc822;b+2Bx@example.net NOTIFY=FAILURE"),
  };
  Submission about = submission();
  about.mail_parameters = "RET=HDRS ENVID=id+2B1";
  const std::string notice = make_failure_notice(facts(), about, copies);
  expect_fit_for_transport(notice);
  EXPECT_THAT(notice, HasSubstr("Content-Type: multipart/report; report-type=delivery-status;"));
  EXPECT_THAT(notice, HasSubstr("Auto-Submitted: auto-replied\r\n"));
  EXPECT_THAT(notice, HasSubstr("<ann@example.org>: the mail system said: 550 5.1.1 "
                                "<ann@example.org>: Recipient address rejected\r\n"
                                "<bob@example.net>: the mail system said: 552 Too big\r\n"));
  EXPECT_THAT(notice, HasSubstr("could not be delivered to 2 recipients."));
  EXPECT_THAT(notice, HasSubstr("Reporting-MTA: dns; mx.example.org\r\n"
                                "Original-Envelope-Id: id+1\r\n"
                                "Arrival-Date: Tue, 4 Nov 2025 03:47:00 +0000\r\n"
                                "\r\n"
                                "Final-Recipient: rfc822; ann@example.org\r\n"
                                "Action: failed\r\n"
                                "Status: 5.1.1\r\n"
                                "Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: Recipient "
                                "address rejected\r\n"
                                "\r\n"
                                "Original-Recipient: rfc822; b+x@example.net\r\n"
                                "Final-Recipient: rfc822; bob@example.net\r\n"
                                "Action: failed\r\n"
                                "Status: 5.0.0\r\n"
                                "Diagnostic-Code: smtp; 552 Too big\r\n"));
  EXPECT_THAT(notice, HasSubstr("Content-Type: text/rfc822-headers\r\n"));
  EXPECT_THAT(notice, HasSubstr("\r\n\r\nSubject: hi\r\n"));
  EXPECT_THAT(notice, Not(HasSubstr("body")));
}

TEST(FailureNotice, FindsTheStatusInTheReply) {
  const struct {
    const char* reply;
    const char* status;
    const char* diagnostic;
  } cases[] = {
      {"550 5.7.1 no", "5.7.1", "smtp; 550 5.7.1 no"},
      {"451 4.3.0 later", "4.3.0", "smtp; 451 4.3.0 later"},
      {"451 later", "4.0.0", "smtp; 451 later"},
      {"550", "5.0.0", "smtp; 550"},
      {"connection closed by the other side", "4.4.7",
       "X-smtpapi; connection closed by the other side"},
      {"5.6.0 too large", "5.6.0", "X-smtpapi; 5.6.0 too large"},
      {"550 5.1.1 caf\xC3\xA9", "5.1.1", "smtp; 550 5.1.1 caf??"},
      {"550 5.1.1 a\r\nAction: delivered", "5.1.1", "smtp; 550 5.1.1 a??Action: delivered"},
      {"", "4.4.7", "X-smtpapi; "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reply);
    const std::vector<Copy> copies = {failed("ann@example.org", c.reply)};
    const std::string notice = make_failure_notice(facts(), submission(), copies);
    expect_fit_for_transport(notice);
    EXPECT_THAT(notice, HasSubstr(std::string("\r\nStatus: ") + c.status + "\r\n"));
    EXPECT_THAT(notice, HasSubstr(std::string("\r\nDiagnostic-Code: ") + c.diagnostic + "\r\n"));
  }
}

TEST(FailureNotice, WritesAnyAddressInAscii) {
  const struct {
    const char* address;
    const char* want;
  } cases[] = {
      {"\"ann lee\"@example.org", "rfc822; \"ann lee\"@example.org"},
      {"j\xC3\xB6rg@example.org", "utf-8; j\\x{F6}rg@example.org"},
      {"\xE4\xB8\xAD@example.org", "utf-8; \\x{4E2D}@example.org"},
      {"\xF0\x9F\x98\x80@example.org", "utf-8; \\x{1F600}@example.org"},
      {"a\r\nStatus: 2.0.0", "rfc822; a??Status: 2.0.0"},
      {"\xFF@example.org", "rfc822; ?@example.org"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.address);
    const std::vector<Copy> copies = {failed(c.address, "550 no")};
    const std::string notice = make_failure_notice(facts(), submission(), copies);
    expect_fit_for_transport(notice);
    EXPECT_THAT(notice, HasSubstr(std::string("\r\nFinal-Recipient: ") + c.want + "\r\n"));
  }
}

TEST(FailureNotice, LeavesOutWhoeverAskedForNone) {
  const struct {
    const char* parameters;
    bool reported;
  } cases[] = {
      {"", true},
      {"NOTIFY=FAILURE", true},
      {"NOTIFY=SUCCESS,FAILURE", true},
      {"notify=delay,failure", true},
      {"ORCPT=rfc822;a@b", true},
      {"NOTIFY=NEVER", false},
      {"NOTIFY=SUCCESS", false},
      {"NOTIFY=DELAY,SUCCESS", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.parameters);
    const std::vector<Copy> copies = {failed("ann@example.org", "550 no", c.parameters)};
    EXPECT_EQ(!make_failure_notice(facts(), submission(), copies).empty(), c.reported);
  }
  const std::vector<Copy> both = {failed("ann@example.org", "550 no", "NOTIFY=NEVER"),
                                  failed("bob@example.org", "550 no")};
  const std::string notice = make_failure_notice(facts(), submission(), both);
  EXPECT_THAT(notice, HasSubstr("bob@example.org"));
  EXPECT_THAT(notice, Not(HasSubstr("ann@example.org")));
  EXPECT_THAT(notice, HasSubstr("could not be delivered to one recipient."));
}

TEST(FailureNotice, DoesWithoutAMessageThatWasPurged) {
  Submission purged = submission();
  purged.message = nullptr;
  const std::vector<Copy> copies = {failed("ann@example.org", "550 no")};
  const std::string notice = make_failure_notice(facts(), purged, copies);
  EXPECT_THAT(notice, Not(HasSubstr("rfc822-headers")));
  EXPECT_THAT(notice, HasSubstr("Final-Recipient: rfc822; ann@example.org"));
}

}  // namespace
}  // namespace smtpapi
