#include "mail/dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace smtpapi {
namespace {

using Kind = ReturnedMail::Kind;
using testing::HasSubstr;

ReturnedMail read(const std::string& octets) {
  return read_returned_mail(Message(to_crlf(octets)));
}

ReturnedMail read_file(const std::string& name) {
  std::ifstream file(std::string(DSN_FOLDER) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return read(std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(DsnTest, ReadsWhatMtasWrite) {
  const struct {
    const char* file;
    Kind kind;
    const char* status;
    int reply_code;
    const char* text;
    bool has_given_up;
  } cases[] = {
      {"postfix.eml", Kind::failed, "5.1.1", 550, "rejected: User unknown", false},
      {"postfix-delayed.eml", Kind::delayed, "4.4.1", 0, "Connection timed out", false},
      {"postfix-expired.eml", Kind::failed, "4.4.1", 0, "Connection timed out", true},
      {"success.eml", Kind::delivered, "2.0.0", 0, "Ok", false},
      {"sendmail.eml", Kind::failed, "5.2.2", 552, "Mailbox full", false},
      {"exim-report.eml", Kind::failed, "5.7.1", 550, "too much like spam", false},
      {"exchange-report.eml", Kind::failed, "5.1.10", 550, "RecipientNotFound", false},
      {"gmail-report.eml", Kind::failed, "5.1.1", 550, "does not exist", false},
      {"domino.eml", Kind::failed, "5.1.1", 0, "not listed in Domino Directory", false},
      {"lines-between-fields.eml", Kind::failed, "5.2.1", 550, "mailbox disabled", false},
      {"no-action.eml", Kind::failed, "5.7.26", 550, "Unauthenticated", false},
      {"no-groups.eml", Kind::failed, "5.4.4", 0, "host not found", false},
      {"two-recipients.eml", Kind::failed, "5.1.1", 550, "unknown", false},
      {"base64.eml", Kind::failed, "5.1.2", 550, "bad domain", false},
      {"nested.eml", Kind::failed, "5.1.6", 0, "", false},
      {"cut-short.eml", Kind::failed, "5.5.0", 554, "no", false},
      {"qmail.eml", Kind::failed, "5.1.1", 550, "unknown user ann", false},
      {"qmail-no-code.eml", Kind::failed, "", 0, "no mailbox here by that name", false},
      {"yahoo.eml", Kind::failed, "", 554, "doesn't have a yahoo.example account", false},
      {"exim.eml", Kind::failed, "", 550, "No such person at this address", false},
      {"exim-expired.eml", Kind::failed, "", 0, "retry timeout exceeded", true},
      {"exim-warning.eml", Kind::delayed, "", 0, "", false},
      {"exchange-text.eml", Kind::failed, "5.1.1", 550, "User unknown", false},
      {"office-html.eml", Kind::failed, "5.4.1", 550, "Recipient address rejected", false},
      {"gmail-text.eml", Kind::failed, "5.7.1", 550, "content restrictions", false},
      {"gmail-delay.eml", Kind::delayed, "4.3.0", 451, "Try again", false},
      {"complaint.eml", Kind::complaint, "", 0, "", false},
      {"complaint-not-spam.eml", Kind::unknown, "", 0, "", false},
      {"complaint-auth-failure.eml", Kind::unknown, "", 0, "", false},
      {"vacation.eml", Kind::auto_reply, "", 0, "", false},
      {"out-of-office.eml", Kind::auto_reply, "", 0, "", false},
      {"letter.eml", Kind::unknown, "", 0, "", false},
      {"empty.eml", Kind::unknown, "", 0, "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    const ReturnedMail mail = read_file(c.file);
    EXPECT_EQ(to_string(mail.kind), to_string(c.kind));
    EXPECT_EQ(mail.status, c.status);
    EXPECT_EQ(mail.reply_code, c.reply_code);
    EXPECT_THAT(mail.text, HasSubstr(c.text));
    EXPECT_EQ(mail.has_given_up, c.has_given_up);
  }
  EXPECT_EQ(read_file("complaint.eml").source_ip, "192.0.2.1");
}

TEST(DsnTest, FindsStatusCodes) {
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"5.1.1", "5.1.1"},
      {"550 5.1.1 no", "5.1.1"},
      {"#5.1.10#", "5.1.10"},
      {"(4.2.2)", "4.2.2"},
      {"ends 5.7.26.", "5.7.26"},
      {"550-5.7.1 x", "5.7.1"},
      {"5.1", ""},
      {"3.1.1", ""},
      {"5.1.1.7", ""},
      {"192.5.1.1", ""},
      {"exim 4.94.2", ""},
      {"v5.1.1", ""},
      {"5.1.1-rc2", ""},
      {"5.1.1234", ""},
      {"", ""},
      {"10.5.1.1 said 5.2.1 x", "5.2.1"},
  };
  for (const auto& c : cases) EXPECT_EQ(find_status_code(c.text), c.want) << c.text;
}

TEST(DsnTest, FindsReplyCodes) {
  const struct {
    const char* text;
    int want;
  } cases[] = {
      {"550 no", 550},
      {"550", 550},
      {"550-5.1.1 x", 550},
      {"said: 451 later", 451},
      {"<<< 554 x", 554},
      {"554: delivery", 554},
      {"order 550 is", 0},
      {"5501 x", 0},
      {"x550 y", 0},
      {"560 x", 0},
      {"250 ok", 0},
      {"", 0},
      {"room 550 5.1.1 x", 550},
  };
  for (const auto& c : cases) EXPECT_EQ(find_reply_code(c.text), c.want) << c.text;
}

TEST(DsnTest, IsBoundedAndNeverFails) {
  std::string deep = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 1'000; ++i) deep += "--b\nContent-Type: multipart/mixed; boundary=b\n\n";
  EXPECT_EQ(read(deep).kind, Kind::unknown);
  std::string wide = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 100'000; ++i) wide += "--b\n\n";
  EXPECT_EQ(read(wide).kind, Kind::unknown);
  std::string groups = "Content-Type: message/delivery-status\n\n";
  for (int i = 0; i < 100'000; ++i) groups += "A: b\n\n";
  EXPECT_EQ(read(groups).kind, Kind::unknown);
  const std::string long_text =
      "Content-Type: message/delivery-status\n\nAction: failed\nStatus: "
      "5.1.1\nDiagnostic-Code: smtp; 550 " +
      std::string(100'000, 'x') + "\n";
  EXPECT_LE(read(long_text).text.size(), 503u);
  const ReturnedMail controls = read(
      "Content-Type: message/delivery-status\n\nAction: failed\nDiagnostic-Code: smtp; 550 "
      "a\x01\xFF"
      "b\n");
  EXPECT_EQ(controls.text, "550 a??b");
  std::string split_up = "Content-Type: message/delivery-status\n\nAction: failed\n\n";
  for (int i = 0; i < 100'000; ++i) split_up += "A: b\n\n";
  EXPECT_EQ(read(split_up).kind, Kind::failed);
}

}  // namespace
}  // namespace smtpapi
