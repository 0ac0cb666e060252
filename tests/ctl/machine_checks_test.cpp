// Checks of what is not in the MTA's configuration: our own, the store, who answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ctl/complaints.h"
#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// One thing broken on the machine.
TEST(ChecksTest, FindsWhatIsWrongElsewhere) {
  constexpr const char* socket = "unix:/var/spool/postfix/smtpapi/milter.sock";
  const struct {
    const char* why;
    std::function<void(Facts&)> break_it;
    const char* want;
  } cases[] = {
      {"configuration",
       [](Facts& f) {
         f.config_mistakes = {"/x.conf:3: unknown key 'a'", "/x.conf:4: b"};
       },
       "FAIL configuration: /x.conf:3: unknown key 'a' > correct the file; smtpapi.conf(5) has all "
       "keys\nFAIL configuration: /x.conf:4: b > "},
      {"settings without effect",
       [](Facts& f) { f.settings.warnings = {"tracking.url has no effect"}; },
       "warn configuration: tracking.url has no effect > take the line out\n"},
      {"no user", [](Facts& f) { f.has_user = false; },
       "FAIL configuration: daemon.user smtpapi: there is no such user > adduser --system --group "
       "smtpapi\n"},
      {"account", [](Facts& f) { f.account_mistakes = {"/s.json:1:2: not JSON"}; },
       "FAIL account settings: /s.json:1:2: not JSON > correct the file\n"},
      {"account warning", [](Facts& f) { f.account_warnings = {"/s.json:1:2: ignored"}; },
       "warn account settings: /s.json:1:2: ignored > correct the file\n"},
      {"KEY-8", [](Facts& f) { f.settings.trust.networks.push_back("0.0.0.0/0"); },
       "FAIL trust: trust.networks has 0.0.0.0/0 > name your own networks in trust.networks\n"},
      {"nobody trusted",
       [](Facts& f) {
         f.settings.trust = {};
         f.settings.trust.authenticated = false;
       },
       "warn trust: nobody is trusted > "},
      {"store", [](Facts& f) { f.store.error = "/x: no store there"; },
       "FAIL store: /x: no store there > smtpapictl init\n"},
      {"store of somebody else", [](Facts& f) { f.store.blocked_at = "/var/lib/smtpapi"; },
       "FAIL store: /var/lib/smtpapi/store.db: user smtpapi is refused at /var/lib/smtpapi > as "
       "root: smtpapictl init; chown smtpapi /var/lib/smtpapi\n"},
      {"disk full", [](Facts& f) { f.store.free_bytes = 1 << 20; },
       "FAIL store: /var/lib/smtpapi/store.db, 1 MB free > make room"},
      {"disk nearly full", [](Facts& f) { f.store.free_bytes = 900 << 20; },
       "warn store: /var/lib/smtpapi/store.db, 900 MB free > make room"},
      {"no milter", [](Facts& f) { f.sockets[socket] = {}; },
       "FAIL milter socket: unix:/var/spool/postfix/smtpapi/milter.sock: no such socket > "
       "systemctl start smtpapi-milter\n"},
      {"stale socket",
       [](Facts& f) {
         f.sockets[socket] = {true, false, "refused", ""};
       },
       "FAIL milter socket: unix:/var/spool/postfix/smtpapi/milter.sock: refused > systemctl"},
      {"PF-5: rights",
       [](Facts& f) {
         f.sockets[socket] = {true, true, "", "/var/spool/postfix/smtpapi"};
       },
       "FAIL milter socket: unix:/var/spool/postfix/smtpapi/milter.sock: user postfix is refused "
       "at "
       "/var/spool/postfix/smtpapi > usermod -a -G smtpapi postfix; systemctl restart postfix\n"},
      {"listener down",
       [](Facts& f) {
         f.listeners["127.0.0.1:10026"] = {false, "refused", {}};
       },
       "FAIL injection: inject.server 127.0.0.1:10026 (127.0.0.1:10026/inet): refused > postfix "
       "start, or after a change of master.cf: postfix reload\n"},
      {"RI-7", [](Facts& f) { f.listeners["127.0.0.1:10031"].features = {}; },
       "warn injection: inject.pools a 127.0.0.1:10031 offers us no XFORWARD > postconf -P "
       "127.0.0.1:10031/inet/smtpd_authorized_xforward_hosts=127.0.0.0/8\n"},
      {"listener elsewhere",
       [](Facts& f) {
         f.settings.inject_server = "192.0.2.1:25";
         f.listeners["192.0.2.1:25"] = f.listeners["127.0.0.1:10026"];
       },
       "warn injection: inject.server 192.0.2.1:25 answers, but is no smtpd of this Postfix > "},
      {"no listener",
       [](Facts& f) {
         f.settings.inject_server = "127.0.0.1:10099";
         f.listeners["127.0.0.1:10099"] = {false, "refused", {}};
       },
       "FAIL injection: inject.server 127.0.0.1:10099: refused, and master.cf has no such smtpd > "
       "add the listener of etc/postfix/master.cf to master.cf, then: postfix reload\n"},
      {"intake is not installed", [](Facts& f) { f.programs["/usr/sbin/smtpapi-intake"] = false; },
       "FAIL pipe: smtpapi/unix: /usr/sbin/smtpapi-intake cannot be run > "},
      {"no next hop",
       [](Facts& f) {
         f.header_actions["regexp:/etc/postfix/smtpapi_pipe_header_checks"] = "FILTER smtpapi:";
       },
       "FAIL pipe: regexp:/etc/postfix/smtpapi_pipe_header_checks to smtpapi names no next hop > "
       "in "
       "regexp:/etc/postfix/smtpapi_pipe_header_checks: FILTER smtpapi:all\n"},
      {"RI-13",
       [](Facts& f) { f.header_actions["regexp:/etc/postfix/smtpapi_smtp_header_checks"] = ""; },
       "warn last defence: smtp_header_checks lets X-SMTPAPI fields out > echo "
       "'/^X-SMTPAPI(-Part)?[[:space:]]*:/ IGNORE' >> /etc/postfix/smtpapi_smtp_header_checks; "
       "postconf -e 'smtp_header_checks = regexp:/etc/postfix/smtpapi_smtp_header_checks'\n"},
      {"RI-13: not known",
       [](Facts& f) {
         f.header_actions.erase("regexp:/etc/postfix/smtpapi_smtp_header_checks");
         f.unasked_tables["regexp:/etc/postfix/smtpapi_smtp_header_checks"] = "no such file";
       },
       "warn last defence: regexp:/etc/postfix/smtpapi_smtp_header_checks: no such file > postmap "
       "-q 'X-SMTPAPI: {}' regexp:/etc/postfix/smtpapi_smtp_header_checks\n"},
      {"RI-13: another table",
       [](Facts& f) {
         f.postfix->parameters["smtp_header_checks"] = "pcre:/mine";
         f.header_actions["pcre:/mine"] = "WARN";
       },
       "postconf -e 'smtp_header_checks = regexp:/etc/postfix/smtpapi_smtp_header_checks, "
       "pcre:/mine'\n"},
      {"RW-11",
       [](Facts& f) {
         f.postfix->parameters["header_checks"] = "pcre:/mine";
         f.header_actions["pcre:/mine"] = "IGNORE";
       },
       "FAIL header checks: pcre:/mine says IGNORE to an X-SMTPAPI field > take the rule out of "
       "pcre:/mine\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Facts facts = healthy_facts();
    c.break_it(facts);
    EXPECT_THAT(complaints(facts), HasSubstr(c.want));
  }
}

TEST(ChecksTest, AHarmlessHeaderCheckIsNoFault) {
  for (const char* action : {"", "WARN seen", "INFO", "DUNNO"}) {
    Facts facts = healthy_facts();
    facts.postfix->parameters["header_checks"] = "pcre:/mine";
    facts.header_actions["pcre:/mine"] = action;
    EXPECT_EQ(complaints(facts), "") << action;
  }
}

TEST(ChecksTest, APlainPostfixIsToldWhatToDo) {
  PostconfTexts texts;
  texts.overrides = "";
  texts.parameters = R"(cleanup_service_name = cleanup
compatibility_level = 3.6
inet_interfaces = all
mail_owner = postfix
message_size_limit = 10240000
queue_directory = /var/spool/postfix
enable_long_queue_ids = no
)";
  texts.services = R"(smtp inet n - y - - smtpd
cleanup unix n - y - 0 cleanup
)";
  Facts facts = healthy_facts();
  facts.postfix = texts.config();
  facts.settings.inject_pools.clear();
  facts.settings.milter_socket = "unix:/run/smtpapi/milter.sock";
  facts.listeners = {{"127.0.0.1:10026", {false, "Connection refused", {}}}};
  EXPECT_THAT(
      complaints(facts),
      StartsWith("FAIL way in: no service of Postfix asks smtpapi-milter at "
                 "unix:/run/smtpapi/milter.sock or runs smtpapi-intake > "
                 "install -d -o smtpapi -g postfix -m 2750 /var/spool/postfix/smtpapi; "
                 "in smtpapi.conf: [milter] socket = "
                 "unix:/var/spool/postfix/smtpapi/milter.sock, then restart smtpapi-milter; "
                 "postconf -e 'smtpd_milters = unix:/smtpapi/milter.sock'; "
                 "postconf -e 'non_smtpd_milters = unix:/smtpapi/milter.sock'\n"
                 "FAIL injection: inject.server 127.0.0.1:10026: Connection refused, and "));
}

TEST(ChecksTest, CommandsNameTheConfigurationThatWasLookedAt) {
  Facts facts = healthy_facts();
  facts.postfix->folder = "/srv/my mail";
  facts.postfix->parameters["enable_long_queue_ids"] = "no";
  EXPECT_THAT(complaints(facts),
              HasSubstr("> postconf -c '/srv/my mail' -e 'enable_long_queue_ids = yes'\n"));
}

TEST(ChecksTest, AnOpenListenerIsNamed) {  // TR-7
  PostconfTexts texts;
  for (std::string* text : {&texts.services, &texts.overrides})
    for (auto at = text->find("127.0.0.1:10026"); at != std::string::npos;
         at = text->find("127.0.0.1:10026"))
      text->replace(at, 15, "10026");
  Facts facts = healthy_facts();
  facts.postfix = texts.config();
  EXPECT_EQ(complaints(facts),
            "warn injection: 10026/inet listens on more than the loopback interface > postconf -F "
            "10026/inet/service=127.0.0.1:10026\n");
  facts.postfix->parameters["inet_interfaces"] = "loopback-only";
  EXPECT_EQ(complaints(facts), "");
}

TEST(ChecksTest, WithoutAnyMtaItFails) {
  Facts facts = healthy_facts();
  facts.postfix.reset();
  facts.postfix_error = "there is no postconf";
  facts.sendmail_file = "/etc/mail/sendmail.cf";
  EXPECT_THAT(complaints(facts), StartsWith("FAIL mta: no Postfix (there is no postconf) and no "
                                            "/etc/mail/sendmail.cf > apt-get install postfix"));
}

}  // namespace
}  // namespace smtpapi::ctl
