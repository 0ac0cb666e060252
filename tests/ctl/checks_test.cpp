// Checks of Postfix's configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctl/complaints.h"
#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;

TEST(ChecksTest, NothingIsWrongWithAHealthyMachine) {
  EXPECT_EQ(complaints(healthy_facts()), "");
  Findings findings;
  run_checks(healthy_facts(), findings);
  EXPECT_GE(findings.count(Health::ok), 10u) << "it says what it looked at";
}

// One thing broken in what postconf says; the only complaint, and the command that mends it.
TEST(ChecksTest, FindsWhatIsWrongInPostfix) {
  const std::string ours =
      "{ unix:/smtpapi/milter.sock, connect_timeout=10s, default_action=tempfail }";
  const struct {
    const char* why;
    std::string PostconfTexts::*where;
    std::string old, other;
    const char* want;
    int count = 1;  ///< complaints
  } cases[] = {
      {"KEY-7: accept for all", &PostconfTexts::overrides,
       ", default_action=tempfail } { unix:/opendkim",
       " } { unix:/opendkim/dkim.sock }\nsubmission/inet/milter_default_action = accept\nx {",
       "FAIL default action: smtpd_milters of submission/inet: default_action is accept > postconf "
       "-P submission/inet/milter_default_action=tempfail\n"},
      {"KEY-7: accept for one milter", &PostconfTexts::overrides, "default_action=tempfail",
       "default_action=accept",
       "FAIL default action: smtpd_milters of submission/inet: default_action is accept > in "
       "smtpd_milters of submission/inet: default_action=tempfail\n"},
      {"quarantine", &PostconfTexts::overrides, "default_action=tempfail",
       "default_action=quarantine",
       "warn default action: smtpd_milters of submission/inet: default_action is quarantine > in "
       "smtpd_milters of submission/inet: default_action=tempfail\n"},
      {"protocol", &PostconfTexts::overrides, "connect_timeout=10s", "protocol=2",
       "FAIL milter protocol: smtpd_milters of submission/inet: protocol 2 > postconf -e "
       "'milter_protocol = 6'\n"},
      {"PF-12", &PostconfTexts::parameters, "enable_long_queue_ids = yes",
       "enable_long_queue_ids = no",
       "warn queue ids: short > postconf -e 'enable_long_queue_ids = yes'\n"},
      {"PF-4: signer first", &PostconfTexts::overrides, ours, "unix:/opendkim/a " + ours,
       "warn milter order: smtpd_milters of submission/inet: a DKIM signer stands before "
       "smtpapi-milter > put smtpapi-milter first in the list\n"},
      {"RW-12", &PostconfTexts::overrides, "submission/inet/smtpd_milters",
       "submission/inet/smtpd_proxy_filter = 127.0.0.1:1\nsubmission/inet/smtpd_milters",
       "FAIL milter order: submission/inet has smtpd_proxy_filter and milters > postconf -P "
       "submission/inet/smtpd_proxy_filter=\n"},
      {"not for sendmail(1)", &PostconfTexts::parameters,
       "non_smtpd_milters = { unix:/smtpapi/milter.sock, default_action=tempfail }",
       "non_smtpd_milters = inet:localhost:1",
       "warn way in: mail from sendmail(1) does not pass smtpapi-milter > postconf -e "
       "'non_smtpd_milters = unix:/smtpapi/milter.sock,inet:localhost:1'\n"},
      {"PF-5: path forgets the chroot", &PostconfTexts::overrides, "unix:/smtpapi/milter.sock",
       "unix:/var/spool/postfix/smtpapi/milter.sock",
       "FAIL way in: smtpd_milters of submission/inet has "
       "unix:/var/spool/postfix/smtpapi/milter.sock, which is "
       "unix:/var/spool/postfix/var/spool/postfix/smtpapi/milter.sock; smtpapi-milter listens at "
       "unix:/var/spool/postfix/smtpapi/milter.sock > postconf -P "
       "'submission/inet/smtpd_milters=unix:/smtpapi/milter.sock,{unix:/opendkim/"
       "dkim.sock,default_action=accept}'\n",
       3},
      {"RI-11: our milter at the listener", &PostconfTexts::overrides,
       "127.0.0.1:10026/inet/smtpd_milters =",
       "127.0.0.1:10026/inet/smtpd_milters = unix:/smtpapi/milter.sock ",
       "FAIL injection: 127.0.0.1:10026/inet passes smtpapi-milter again > postconf -P "
       "127.0.0.1:10026/inet/smtpd_milters=unix:/opendkim/dkim.sock\n"},
      {"RI-11: pipe at the listener", &PostconfTexts::overrides,
       "127.0.0.1:10026/inet/content_filter =", "127.0.0.1:10026/inet/content_filter = smtpapi:x",
       "FAIL injection: 127.0.0.1:10026/inet has content_filter smtpapi > postconf -P "
       "127.0.0.1:10026/inet/content_filter=\n"},
      {"RI-11: header check at the listener", &PostconfTexts::overrides,
       "cleanup-smtpapi/unix/header_checks =",
       "cleanup-smtpapi/unix/header_checks = regexp:/etc/postfix/smtpapi_pipe_header_checks",
       "header_checks regexp:/etc/postfix/smtpapi_pipe_header_checks sends to smtpapi > give it a "
       "cleanup service of its own",
       2},
      {"RW-6", &PostconfTexts::overrides, "127.0.0.1:10031/inet/local_header_rewrite_clients =",
       "127.0.0.1:10031/inet/local_header_rewrite_clients = static:all",
       "warn injection: 127.0.0.1:10031/inet rewrites addresses in header fields > postconf -P "
       "127.0.0.1:10031/inet/local_header_rewrite_clients=\n"},
      {"PF-18 at the listener", &PostconfTexts::overrides,
       "127.0.0.1:10031/inet/cleanup_service_name = cleanup-smtpapi",
       "127.0.0.1:10031/inet/cleanup_service_name = cleanup",
       "warn injection: 127.0.0.1:10031/inet shares the cleanup service cleanup with smtp/inet > "
       "add cleanup-smtpapi of etc/postfix/master.cf to master.cf; postconf -P "
       "127.0.0.1:10031/inet/cleanup_service_name=cleanup-smtpapi\n"},
      {"no such cleanup", &PostconfTexts::overrides,
       "127.0.0.1:10031/inet/cleanup_service_name = cleanup-smtpapi",
       "127.0.0.1:10031/inet/cleanup_service_name = cleanup-x",
       "FAIL injection: 127.0.0.1:10031/inet: there is no cleanup service cleanup-x > add it"},
      {"process limit", &PostconfTexts::services,
       "127.0.0.1:10026 inet n   -       y       -       20",
       "127.0.0.1:10026 inet n   -       y       -       4",
       "warn injection: 127.0.0.1:10026/inet takes 4 sessions, inject.concurrency is 8 > postconf "
       "-F 127.0.0.1:10026/inet/process_limit=12\n"},
      {"message_size_limit too small", &PostconfTexts::parameters, "message_size_limit = 31457280",
       "message_size_limit = 10240000",
       "warn sizes: 127.0.0.1:10026/inet, 127.0.0.1:10031/inet: message_size_limit 10,240,000, "
       "limits.message-bytes "
       "31,457,280 > postconf -e 'message_size_limit = 31457280'\n"},
      {"message_size_limit of the listener's cleanup", &PostconfTexts::overrides,
       "cleanup-smtpapi/unix/header_checks =",
       "cleanup-smtpapi/unix/header_checks =\ncleanup-smtpapi/unix/message_size_limit = 1000",
       "warn sizes: 127.0.0.1:10026/inet, 127.0.0.1:10031/inet: message_size_limit 1,000, "
       "limits.message-bytes 31,457,280 > postconf -P "
       "cleanup-smtpapi/unix/message_size_limit=31457280\n"},
      {"none at the way in", &PostconfTexts::parameters, "message_size_limit = 31457280",
       "message_size_limit = 0",
       "warn sizes: submission/inet, 2587/inet: message_size_limit none, limits.message-bytes "
       "31,457,280 > postconf -e 'message_size_limit = 31457280'\n"},
      {"pipe: flags", &PostconfTexts::services, "flags=q user", "flags=Rq user",
       "FAIL pipe: smtpapi/unix: flags=Rq > postconf -F 'smtpapi/unix/command=pipe user=smtpapi "
       "null_sender= flags=q argv=/usr/sbin/smtpapi-intake --from ${sender} --login "
       "${sasl_username} --client ${client_address} -- ${recipient}'\n"},
      {"pipe: no flags", &PostconfTexts::services, "flags=q user", "user",
       "FAIL pipe: smtpapi/unix: flags= > postconf -F"},
      {"pipe: null sender", &PostconfTexts::services, "null_sender= ", "",
       "FAIL pipe: smtpapi/unix: the null sender comes in as MAILER-DAEMON > postconf -F "
       "'smtpapi/unix/command=pipe flags=q user=smtpapi null_sender= argv=/usr/sbin/"
       "smtpapi-intake --from ${sender} --login ${sasl_username} --client ${client_address} -- "
       "${recipient}'\n"},
      {"pipe: user", &PostconfTexts::services, "user=smtpapi", "user=nobody:nogroup",
       "FAIL pipe: smtpapi/unix: runs as nobody, daemon.user is smtpapi > postconf -F"},
      {"pipe: no recipients", &PostconfTexts::services, " -- ${recipient}\nsmtpapi-bounce",
       "\nsmtpapi-bounce", "FAIL pipe: smtpapi/unix: argv has no ${recipient} >"},
      {"pipe: recipient limit", &PostconfTexts::parameters,
       "smtpapi_destination_recipient_limit = 0", "smtpapi_destination_recipient_limit = 50",
       "FAIL pipe: smtpapi_destination_recipient_limit is 50, a message can have 1000 recipients > "
       "postconf -e 'smtpapi_destination_recipient_limit = 0'\n"},
      {"pipe: PF-18 by milters", &PostconfTexts::overrides,
       "2587/inet/smtpd_milters =", "2587/inet/smtpd_milters = inet:localhost:8892",
       "FAIL pipe: 2587/inet has milters > postconf -P 2587/inet/smtpd_milters=\n"},
      {"pipe: PF-18 by another service", &PostconfTexts::overrides, "submission/inet/smtpd_milters",
       "submission/inet/cleanup_service_name = cleanup-pipe\nsubmission/inet/smtpd_milters",
       "FAIL pipe: 2587/inet shares the cleanup service cleanup-pipe with submission/inet, which "
       "has milters >",
       3},
      {"pipe: PF-18 by non_smtpd_milters", &PostconfTexts::overrides,
       "cleanup-pipe/unix/non_smtpd_milters =",
       "cleanup-pipe/unix/non_smtpd_milters = unix:/smtpapi/milter.sock",
       "FAIL pipe: cleanup-pipe/unix knows of milters by non_smtpd_milters > postconf -P "
       "cleanup-pipe/unix/non_smtpd_milters=\n"},
      {"pipe: KEY-4", &PostconfTexts::overrides, "header_size_limit = 8388608",
       "header_size_limit = 102400",
       "FAIL pipe: cleanup-pipe/unix: header_size_limit 102,400, limits.header-bytes 8,388,608 > "
       "postconf -P cleanup-pipe/unix/header_size_limit=8388608\n"},
      {"pipe: nobody uses it", &PostconfTexts::overrides,
       "cleanup-pipe/unix/header_checks = regexp:/etc/postfix/smtpapi_pipe_header_checks",
       "cleanup-pipe/unix/header_checks =", "warn pipe: smtpapi/unix is not used >"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    PostconfTexts texts;
    replace(texts.*c.where, c.old, c.other);
    Facts facts = healthy_facts();
    facts.postfix = texts.config();
    const std::string said = complaints(facts);
    EXPECT_THAT(said, HasSubstr(c.want));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), c.count) << said;
  }
}

}  // namespace
}  // namespace smtpapi::ctl
