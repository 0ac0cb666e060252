// Checks of the traps that lie between Postfix and the rest of the machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ctl/complaints.h"
#include "ctl/healthy_facts.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;

struct Trap {
  const char* why;
  std::function<void(Facts&)> break_it;
  const char* want;
};

void expect_one_complaint(const Trap& trap) {
  SCOPED_TRACE(trap.why);
  Facts facts = healthy_facts();
  trap.break_it(facts);
  const std::string found = complaints(facts);
  EXPECT_THAT(found, HasSubstr(trap.want));
  EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 1) << found;
}

/// A value of one service or, with "", of main.cf.
void set(Facts& facts, std::string_view service, const std::string& parameter,
         const std::string& value) {
  if (service.empty()) {
    facts.postfix->parameters[parameter] = value;
    return;
  }
  for (PostfixService& one : facts.postfix->services)
    if (one.key() == service) one.overrides[parameter] = value;
}

PostfixService& service(Facts& facts, std::string_view key) {
  for (PostfixService& one : facts.postfix->services)
    if (one.key() == key) return one;
  throw std::out_of_range("no such service");
}

TEST(TrapChecksTest, Machine) {
  const Trap traps[] = {
      {"the key is everybody's", [](Facts& f) { f.key_file->mode = 0644; },
       "FAIL key file: /var/lib/smtpapi/tracking.key: mode 0644 > chmod 600 "
       "/var/lib/smtpapi/tracking.key\n"},
      {"the group may write", [](Facts& f) { f.key_file->mode = 0620; }, "FAIL key file: "},
      {"the group may read", [](Facts& f) { f.key_file->mode = 0640; }, "warn key file: "},
      {"no key", [](Facts& f) { f.key_file->is_there = false; },
       "FAIL key file: /var/lib/smtpapi/tracking.key: no such file > smtpapictl init; systemctl "
       "restart smtpapi.target\n"},
      {"no key, for bounces alone",
       [](Facts& f) {
         f.key_file->is_there = false;
         f.settings.tracking_url.clear();
         f.tracking.reset();
       },
       "FAIL key file: "},
      {"half a key", [](Facts& f) { f.key_file->error = "/k:1: not 64 digits"; },
       "FAIL key file: /k:1: not 64 digits > put the file back"},
      {"the key is root's",
       [](Facts& f) { f.key_file->blocked_at = "/var/lib/smtpapi/tracking.key"; },
       "user smtpapi is refused at /var/lib/smtpapi/tracking.key > chown smtpapi "
       "/var/lib/smtpapi/tracking.key\n"},
      {"everybody may make keys", [](Facts& f) { f.api_keys->mode = 0662; },
       "FAIL API keys: /etc/smtpapi/keys: mode 0662 > chmod 640 /etc/smtpapi/keys\n"},
      {"everybody sees the hashes", [](Facts& f) { f.api_keys->mode = 0644; },
       "warn API keys: /etc/smtpapi/keys: mode 0644 > chmod 640 /etc/smtpapi/keys\n"},
      {"Dovecot may not read them", [](Facts& f) { f.api_keys->blocked_at = "/etc/smtpapi/keys"; },
       "FAIL API keys: /etc/smtpapi/keys: user dovecot is refused at /etc/smtpapi/keys > chgrp "
       "dovecot /etc/smtpapi/keys && chmod 640 /etc/smtpapi/keys\n"},
      {"smtpapi-track does not run",
       [](Facts& f) {
         f.tracking = {"Connection refused", "it answers 502"};
       },
       "FAIL tracking: tracking.listen 127.0.0.1:8025: Connection refused; "
       "https://links.example.com: it answers 502 > systemctl enable --now smtpapi-track; curl -i "
       "https://links.example.com/robots.txt\n"},
      {"the web server does not pass on", [](Facts& f) { f.tracking->error = "it answers 404"; },
       "warn tracking: https://links.example.com: it answers 404 > let the web server of that "
       "address pass everything on to 127.0.0.1:8025; from outside: curl"},
      {"the clock", [](Facts& f) { f.clock_is_in_step = false; },
       "warn clock: nothing keeps it in step > timedatectl set-ntp true"},
      {"queue disk full", [](Facts& f) { f.spool->free_bytes = 40u << 20; },
       "FAIL queue disk: /var/spool/postfix: 40 MB free > make room"},
      {"queue disk nearly full", [](Facts& f) { f.spool->free_bytes = 900u << 20; },
       "warn queue disk: /var/spool/postfix: 900 MB free > "},
      {"no file can be made", [](Facts& f) { f.spool->free_files = 12; },
       "warn queue disk: /var/spool/postfix: 12 files free > "},
      {"a store of tomorrow",
       [](Facts& f) { f.store.error = "schema version 9 was made by a newer smtpapi"; },
       "FAIL store: schema version 9 was made by a newer smtpapi > apt-get install --only-upgrade "
       "smtpapi-milter; systemctl restart smtpapi.target\n"},
      {"smtpapi-queue does not run", [](Facts& f) { f.store.left = 2; },
       "FAIL hold queue: 2 copies that are due have waited for over a minute, and no smtpapi-queue "
       "is at work > systemctl restart smtpapi-queue; smtpapictl queue list\n"},
      {"a broken store", [](Facts& f) { f.store.error = "/x: not a database or corrupt"; },
       "FAIL store: /x: not a database or corrupt > put the store back from a backup"},
  };
  for (const Trap& trap : traps) expect_one_complaint(trap);
}

TEST(TrapChecksTest, Log) {
  const Trap traps[] = {
      {"DS-2: Debian 12 without rsyslog", [](Facts& f) { f.logs[0].is_there = false; },
       "FAIL mail log: /var/log/mail.log: no such file > in smtpapi.conf: [events] log = "
       "journal:postfix@-; systemctl restart smtpapi-events; or: apt-get install rsyslog\n"},
      {"postlogd makes it 0600",
       [](Facts& f) {
         f.postfix->parameters["maillog_file"] = "/var/log/mail.log";
         f.logs[0].blocked_at = "/var/log/mail.log";
       },
       "FAIL mail log: /var/log/mail.log: user smtpapi may not read it > chgrp adm "
       "/var/log/mail.log && chmod 640 /var/log/mail.log; "},
      {"a folder above", [](Facts& f) { f.logs[0].blocked_at = "/var/log"; },
       "FAIL mail log: /var/log/mail.log: user smtpapi is refused at /var/log > chmod o+x "
       "/var/log"},
      {"Postfix logs elsewhere",
       [](Facts& f) { f.postfix->parameters["maillog_file"] = "/var/log/postfix.log"; },
       "FAIL mail log: Postfix logs to /var/log/postfix.log, smtpapi-events follows "
       "/var/log/mail.log > in smtpapi.conf: [events] log = /var/log/postfix.log; systemctl "
       "restart smtpapi-events\n"},
      {"Postfix logs to nowhere",
       [](Facts& f) { f.postfix->parameters["maillog_file"] = "/dev/stdout"; },
       " > postconf -X maillog_file; postfix stop; postfix start\n"},
      {"no such unit",
       [](Facts& f) {
         f.logs = {{"journal:exim", false, ""}};
       },
       "FAIL mail log: journal:exim: there is no such unit, or no journal > "},
      {"not in the group",
       [](Facts& f) {
         f.logs = {{"journal:postfix@-", true, "/var/log/journal"}};
       },
       "FAIL mail log: journal:postfix@-: user smtpapi is not in group systemd-journal > usermod "
       "-a -G systemd-journal smtpapi; systemctl restart smtpapi-events\n"},
  };
  for (const Trap& trap : traps) expect_one_complaint(trap);
}

TEST(TrapChecksTest, OneLogOfSeveralIsEnough) {
  Facts facts = healthy_facts();
  facts.logs = {{"journal:postfix@-", true, ""}, {"journal:sendmail", false, ""}};
  EXPECT_EQ(complaints(facts), "");
  facts.logs[0].is_there = false;
  const std::string none = complaints(facts);
  EXPECT_THAT(none, HasSubstr("FAIL mail log: journal:postfix@-: there is no such unit"));
  EXPECT_THAT(none, HasSubstr("FAIL mail log: journal:sendmail: there is no such unit"));
}

TEST(TrapChecksTest, Login) {
  const Trap traps[] = {
      {"SASL not passed", [](Facts& f) { set(f, "", "milter_mail_macros", "i {mail_addr}"); },
       "warn login: submission/inet: milter_mail_macros has no {auth_authen} > postconf -e "
       "'milter_mail_macros = i {mail_addr} {auth_authen}'\n"},
      {"keys in the clear",
       [](Facts& f) { set(f, "submission/inet", "smtpd_tls_security_level", "may"); },
       "warn login: submission/inet takes logins without TLS > postconf -e 'smtpd_tls_auth_only = "
       "yes'\n"},
      {"nobody logs in",
       [](Facts& f) { set(f, "submission/inet", "smtpd_sasl_auth_enable", "no"); },
       "warn login: account.by-login is set, and no service that leads to us takes logins > "},
      {"Dovecot does not run",
       [](Facts& f) {
         f.login_sockets.begin()->second = {false, false, "", ""};
       },
       "FAIL login: submission/inet: /var/spool/postfix/private/auth: no such socket > systemctl "
       "start dovecot"},
      {"Dovecot's socket is root's",
       [](Facts& f) {
         f.login_sockets.begin()->second.blocked_at = "/var/spool/postfix/private/auth";
       },
       "user postfix is refused at /var/spool/postfix/private/auth > in Dovecot's unix_listener "
       "/var/spool/postfix/private/auth: mode = 0660, user = group = postfix; "},
      {"the pipe does not tell the login",
       [](Facts& f) {
         replace(service(f, "smtpapi/unix").arguments, "--login ${sasl_username} ", "");
       },
       "FAIL pipe: smtpapi/unix: argv has no --login ${sasl_username} > take the service as it is "
       "in etc/postfix/master.cf\n"},
      {"the pipe does not tell the client",
       [](Facts& f) {
         replace(service(f, "smtpapi/unix").arguments, "--client ${client_address} ", "");
       },
       "FAIL pipe: smtpapi/unix: argv has no --client ${client_address} > "},
      {"a name that nobody has", [](Facts& f) { f.settings.trust.daemon_names = {"MSA"}; },
       "warn trust: trust.daemon-names has MSA, and no service of Postfix that asks smtpapi-milter "
       "calls itself so > in master.cf, for the service that you mean: -o "
       "milter_macro_daemon_name=MSA\n"},
  };
  for (const Trap& trap : traps) expect_one_complaint(trap);
}

TEST(TrapChecksTest, LoginsThatNobodyCanReadNeedNoTls) {
  for (const auto& [parameter, value] :
       {std::pair{"smtpd_tls_auth_only", "yes"}, std::pair{"smtpd_tls_wrappermode", "yes"}}) {
    Facts facts = healthy_facts();
    set(facts, "submission/inet", "smtpd_tls_security_level", "may");
    set(facts, "submission/inet", parameter, value);
    EXPECT_EQ(complaints(facts), "") << parameter;
  }
  Facts facts = healthy_facts();
  set(facts, "submission/inet", "smtpd_tls_security_level", "none");
  set(facts, "", "inet_interfaces", "loopback-only");
  EXPECT_EQ(complaints(facts), "");
}

TEST(TrapChecksTest, WaysThroughPostfix) {
  const Trap traps[] = {
      {"KEY-1: even less than Postfix allows",
       [](Facts& f) { set(f, "", "header_size_limit", "4096"); },
       "warn header size: cleanup/unix: header_size_limit 4096 > postconf -e 'header_size_limit = "
       "102400'\n"},
      {"PF-4: copies leave unsigned",
       [](Facts& f) { set(f, "127.0.0.1:10031/inet", "smtpd_milters", ""); },
       "warn signatures: 127.0.0.1:10031/inet has no DKIM signer, submission/inet has > postconf "
       "-P "
       "'127.0.0.1:10031/inet/smtpd_milters={unix:/opendkim/dkim.sock,default_action=accept}'\n"},
      {"nobody takes mail for the domain", [](Facts& f) { f.return_path->list.clear(); },
       "FAIL return path: bounce.example.com is in no list of domains > postconf -e "
       "'relay_domains = bounce.example.com, bounce.example.com'; postfix reload\n"},
      {"unknown users are refused", [](Facts& f) { f.return_path->list = "mydestination"; },
       "FAIL return path: bounce.example.com is in mydestination > take it out of mydestination; "},
      {"it goes out again", [](Facts& f) { f.return_path->transport = "relay"; },
       "FAIL return path: mail to bounce.example.com goes to relay, which is not smtpapi-bounce > "
       "postconf -e 'transport_maps = inline:{bounce.example.com=smtpapi-bounce:}, "
       "inline:{bounce.example.com=smtpapi-bounce:}'; postfix reload\n"},
      {"the service is missing too",
       [](Facts& f) {
         service(f, "smtpapi-bounce/unix").name = "other";
         service(f, "other/unix").arguments = "flags=q argv=/bin/cat";
       },
       "postconf -M 'smtpapi-bounce/unix=smtpapi-bounce unix - n n - 4 pipe flags=q user=smtpapi "
       "null_sender= argv=/usr/sbin/smtpapi-bounce -- ${recipient}'; postconf -e "},
      {"as somebody else",
       [](Facts& f) {
         replace(service(f, "smtpapi-bounce/unix").arguments, "user=smtpapi",
                 "user=nobody:nogroup");
       },
       "FAIL return path: smtpapi-bounce/unix: runs as nobody, daemon.user is smtpapi > in "
       "master.cf, smtpapi-bounce/unix: user=smtpapi\n"},
      {"without the address",
       [](Facts& f) {
         replace(service(f, "smtpapi-bounce/unix").arguments, " -- ${recipient}", "");
       },
       "FAIL return path: smtpapi-bounce/unix: argv has no ${recipient} > "},
      {"not installed", [](Facts& f) { f.programs["/usr/sbin/smtpapi-bounce"] = false; },
       "FAIL return path: smtpapi-bounce/unix: /usr/sbin/smtpapi-bounce cannot be run > "},
      {"several at one time",
       [](Facts& f) { set(f, "", "smtpapi-bounce_destination_recipient_limit", ""); },
       "warn return path: smtpapi-bounce_destination_recipient_limit is not 1 > postconf -e "
       "'smtpapi-bounce_destination_recipient_limit = 1'\n"},
      {"a table that cannot be asked", [](Facts& f) { f.return_path->error = "hash:/x: no file"; },
       "warn return path: hash:/x: no file > correct the table\n"},
  };
  for (const Trap& trap : traps) expect_one_complaint(trap);
}

TEST(TrapChecksTest, WhatIsNotUsedIsNotMissed) {
  Facts facts = healthy_facts();
  facts.settings.tracking_url.clear();
  facts.settings.inject_return_path.clear();
  facts.settings.account_by_login.clear();
  facts.settings.trust.daemon_names.clear();
  facts.key_file->is_there = false;
  facts.api_keys.reset();
  facts.tracking.reset();
  facts.return_path.reset();
  facts.clock_is_in_step.reset();
  facts.spool->free_files.reset();
  set(facts, "submission/inet", "smtpd_sasl_auth_enable", "no");
  EXPECT_EQ(complaints(facts), "");
}

}  // namespace
}  // namespace smtpapi::ctl
