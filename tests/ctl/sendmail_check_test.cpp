#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/complaints.h"
#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::StartsWith;

constexpr const char* good_sendmail = R"(# sendmail.cf
O MaxHeadersLength=2097152
O LogLevel=9
O InputMailFilters=smtpapi, opendkim
O DaemonPortOptions=Name=MTA, Family=inet, Port=smtp
O DaemonPortOptions=Name=SmtpapiIn, Family=inet, Addr=127.0.0.1, Port=10026, M=EAS, InputMailFilters=opendkim
O DaemonPortOptions=Name=PoolA, Family=inet, Addr=127.0.0.1, Port=10031, M=bEAS, I=opendkim
Xsmtpapi, S=local:/run/smtpapi/milter.sock, F=T, T=C:30s;S:30s;R:2m;E:5m
Xopendkim, S=local:/run/opendkim/opendkim.sock
R$+ < @ bounce.example.com >	$#smtpapi-bounce $@ bounce.example.com $: $1 @ bounce.example.com
)";

Facts facts_of_sendmail(std::string config) {
  Facts facts = healthy_facts();
  facts.postfix.reset();
  facts.settings.inject_pools = {{"a", "127.0.0.1:10031"}};
  facts.settings.inject_return_path = "bounces@bounce.example.com";
  facts.settings.milter_socket = "unix:/run/smtpapi/milter.sock";
  facts.sockets["unix:/run/smtpapi/milter.sock"] = {true, true, "", ""};
  facts.sendmail_file = "/etc/mail/sendmail.cf";
  facts.sendmail = std::move(config);
  return facts;
}

TEST(SendmailCheckTest, ReadsTheConfiguration) {
  const struct {
    const char* why;
    const char* old;
    const char* other;
    const char* want;
  } cases[] = {
      {"all well", "", "", ""},
      {"other socket", "/run/smtpapi/milter.sock", "/run/other.sock",
       "FAIL sendmail: /etc/mail/sendmail.cf has no filter at unix:/run/smtpapi/milter.sock > "
       "sendmail.mc, in front of the MAILER lines: include(`/etc/mail/m4/smtpapi.m4')dnl; "
       "S=unix:/run/smtpapi/milter.sock in its INPUT_MAIL_FILTER line; make -C /etc/mail"},
      {"SM-2", "F=T, ", "", "FAIL sendmail: filter smtpapi has no F=T > "},
      {"SM-2: reject is not tempfail", "F=T, ", "F=R, ",
       "FAIL sendmail: filter smtpapi has no F=T"},
      {"SM-2: closing the session is", "F=T, ", "F=4, ", ""},
      {"SM-3", ", T=C:30s;S:30s;R:2m;E:5m", "", "warn sendmail: filter smtpapi has no T= > "},
      {"SM-3: the default", "R:2m;", "", "warn sendmail: filter smtpapi has 10 s to answer > "},
      {"SM-3: too short", "R:2m", "R:20s", "warn sendmail: filter smtpapi has 20 s to answer > "},
      {"SM-3: minutes without a unit", "R:2m", "R:2", ""},
      {"SM-6: no way in", "=smtpapi, opendkim", "=opendkim",
       "FAIL way in: no daemon that takes mail in has filter smtpapi > "},
      {"SM-6: a daemon's own list", "Port=smtp", "Port=smtp, InputMailFilters=opendkim",
       "FAIL way in: no daemon that takes mail in has filter smtpapi > "},
      {"SM-6: semicolons", "Port=smtp", "Port=smtp, InputMailFilters=smtpapi;opendkim", ""},
      {"RW-10: signed too early", "=smtpapi, opendkim", "=opendkim, smtpapi",
       "warn way in: daemon MTA: filter opendkim comes before smtpapi > sendmail.mc: smtpapi "
       "first"},
      {"copies in circles", "M=EAS, InputMailFilters=opendkim", "M=EAS",
       "FAIL injection: daemon SmtpapiIn has filter smtpapi > "},
      {"copies in circles, named", "M=EAS, InputMailFilters=opendkim",
       "InputMailFilters=smtpapi;opendkim", "FAIL injection: daemon SmtpapiIn has filter smtpapi"},
      {"RW-10: unsigned", "M=EAS, InputMailFilters=opendkim",
       "M=EAS, InputMailFilters=", "warn injection: daemon SmtpapiIn has no filter opendkim > "},
      {"TR-7", "Addr=127.0.0.1, Port=10026", "Port=10026",
       "warn injection: daemon SmtpapiIn is open to other machines > "},
      {"no injection daemon", "Port=10026", "Port=10027",
       "warn injection: 127.0.0.1:10026: there is no daemon of Sendmail's for it > sendmail.mc: "
       "DAEMON_OPTIONS(`Name=SmtpapiIn, Family=inet, Addr=127.0.0.1, Port=10026, M=EAS, "
       "InputMailFilters=')dnl; "},
      {"another pool", "Port=10031", "Port=10032", "warn injection: 127.0.0.1:10031: there is no"},
      {"KEY-2", "O MaxHeadersLength=2097152", "#O MaxHeadersLength=2097152",
       "warn sendmail: MaxHeadersLength 32,768 > "},
      {"DS-3", "LogLevel=9", "LogLevel=5", "warn sendmail: LogLevel 5 > "},
      {"bounces go elsewhere", "$#smtpapi-bounce", "$#local",
       "warn return path: mail to bounce.example.com does not go to smtpapi-bounce > sendmail.mc, "
       "in front of the include line: define(`SMTPAPI_BOUNCE_DOMAIN', `bounce.example.com')dnl; "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::string config = good_sendmail;
    if (*c.old) replace(config, c.old, c.other);
    const Facts facts = facts_of_sendmail(config);
    EXPECT_THAT(complaints(facts), StartsWith(c.want));
    if (!*c.want) {
      EXPECT_EQ(complaints(facts), "");
    }
  }
}

TEST(SendmailCheckTest, LooksAtSockets) {
  Facts facts = facts_of_sendmail(good_sendmail);
  facts.sockets["unix:/run/smtpapi/milter.sock"] = {true, false, "Connection refused", ""};
  EXPECT_THAT(complaints(facts),
              StartsWith("FAIL milter socket: unix:/run/smtpapi/milter.sock: Connection refused"));

  facts.sockets["unix:/run/smtpapi/milter.sock"] = {false, false, "", ""};
  EXPECT_THAT(complaints(facts),
              StartsWith("FAIL milter socket: unix:/run/smtpapi/milter.sock: there is no such "
                         "socket > systemctl start smtpapi-milter"));

  facts = facts_of_sendmail(good_sendmail);
  facts.sendmail_unsafe_folder = "/run/smtpapi";
  EXPECT_THAT(complaints(facts), StartsWith("FAIL milter socket: /run/smtpapi may be written by "
                                            "its group or by all > chmod go-w /run/smtpapi\n"))
      << "SM-4";
  facts.sendmail->append("O DontBlameSendmail=GroupWritableDirPathSafe\n");
  EXPECT_EQ(complaints(facts), "");

  facts = facts_of_sendmail(good_sendmail);
  facts.listeners["127.0.0.1:10026"] = {false, "Connection refused", {}};
  EXPECT_THAT(complaints(facts),
              StartsWith("FAIL injection: 127.0.0.1:10026: Connection refused > "));
  replace(*facts.sendmail, "Port=10026", "Port=10027");
  EXPECT_THAT(complaints(facts),
              StartsWith("FAIL injection: 127.0.0.1:10026: no daemon for it, and nobody answers"));
}

TEST(SendmailCheckTest, WithoutDaemonsThereIsSendmailsOwn) {
  Facts facts = facts_of_sendmail(
      "O MaxHeadersLength=2097152\nO InputMailFilters=smtpapi\n"
      "Xsmtpapi, S=local:/run/smtpapi/milter.sock, F=T, T=R:2m\n");
  facts.settings.inject_return_path.clear();
  EXPECT_THAT(complaints(facts), StartsWith("warn injection: 127.0.0.1:10026: there is no daemon"));
}

}  // namespace
}  // namespace smtpapi::ctl
