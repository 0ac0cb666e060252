#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/complaints.h"
#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::StartsWith;

constexpr const char* good_sendmail = R"(# sendmail.cf
O MaxHeadersLength=2097152
O InputMailFilters=smtpapi, opendkim
O DaemonPortOptions=Name=SmtpapiIn, Family=inet, Addr=127.0.0.1, Port=10026, InputMailFilters=
Xsmtpapi, S=local:/run/smtpapi/milter.sock, F=T, T=C:30s;S:30s;R:2m;E:5m
Xopendkim, S=local:/run/opendkim/opendkim.sock
)";

TEST(ChecksTest, LooksAtSendmailWhenThereIsNoPostfix) {
  const struct {
    const char* why;
    const char* old;
    const char* other;
    const char* want;
  } cases[] = {
      {"all well", "", "", ""},
      {"other socket", "/run/smtpapi/milter.sock", "/run/other.sock",
       "FAIL sendmail: /etc/mail/sendmail.cf has no filter at unix:/run/smtpapi/milter.sock > "
       "sendmail.mc: INPUT_MAIL_FILTER(`smtpapi', `S=unix:/run/smtpapi/milter.sock, F=T, "},
      {"SM-2", "F=T, ", "", "FAIL sendmail: filter smtpapi has no F=T > "},
      {"SM-2: reject is not tempfail", "F=T, ", "F=R, ",
       "FAIL sendmail: filter smtpapi has no F=T"},
      {"SM-3", ", T=C:30s;S:30s;R:2m;E:5m", "", "warn sendmail: filter smtpapi has no T= > "},
      {"SM-6", "=smtpapi, opendkim", "=opendkim",
       "warn sendmail: filter smtpapi is not in InputMailFilters > "},
      {"KEY-2", "O MaxHeadersLength=2097152", "#O MaxHeadersLength=2097152",
       "warn sendmail: MaxHeadersLength 32,768 > "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Facts facts = healthy_facts();
    facts.postfix.reset();
    facts.settings.milter_socket = "unix:/run/smtpapi/milter.sock";
    facts.sendmail_file = "/etc/mail/sendmail.cf";
    facts.sendmail = good_sendmail;
    if (*c.old) replace(*facts.sendmail, c.old, c.other);
    EXPECT_THAT(complaints(facts), StartsWith(c.want));
    if (!*c.want) {
      EXPECT_EQ(complaints(facts), "");
    }
  }
}

}  // namespace
}  // namespace smtpapi::ctl
