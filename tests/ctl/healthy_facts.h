// A machine on which all is well, for tests that break one thing.
#pragma once

#include <string>

#include "milter/ctl/facts.h"

namespace smtpapi::ctl {

/// What postconf says, as texts that a test may change before they are read.
struct PostconfTexts {
  std::string parameters = R"(cleanup_service_name = cleanup
compatibility_level = 3.6
config_directory = /etc/postfix
content_filter =
default_destination_recipient_limit = 50
default_filter_nexthop =
default_process_limit = 100
enable_long_queue_ids = yes
header_checks =
header_size_limit = 102400
inet_interfaces = all
local_header_rewrite_clients = permit_inet_interfaces
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
mail_owner = postfix
message_size_limit = 31457280
maillog_file =
milter_default_action = tempfail
milter_macro_daemon_name = mx.example.com
milter_mail_macros = i {auth_type} {auth_authen} {mail_addr}
milter_protocol = 6
non_smtpd_milters = { unix:/smtpapi/milter.sock, default_action=tempfail }
queue_directory = /var/spool/postfix
receive_override_options =
relay_domains = bounce.example.com
smtp_header_checks = regexp:/etc/postfix/smtpapi_smtp_header_checks
smtpapi-bounce_destination_recipient_limit = 1
smtpapi_destination_recipient_limit = 0
smtpd_milters =
smtpd_proxy_filter =
smtpd_recipient_limit = 1000
smtpd_sasl_path = private/auth
smtpd_sasl_type = dovecot
transport_maps = inline:{bounce.example.com=smtpapi-bounce:}
)";
  std::string services = R"(smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o smtpd_milters=$smtpapi_milter -o smtpd_sasl_auth_enable=yes
2587       inet  n       -       y       -       -       smtpd -o smtpd_milters= -o cleanup_service_name=cleanup-pipe
127.0.0.1:10026 inet n   -       y       -       20      smtpd -o smtpd_milters=
127.0.0.1:10031 inet n   -       y       -       20      smtpd -o smtpd_milters= -o content_filter=pool-a:
pickup     unix  n       -       y       60      1       pickup
cleanup    unix  n       -       y       -       0       cleanup
cleanup-smtpapi unix n   -       y       -       0       cleanup -o header_checks=
cleanup-pipe unix n      -       y       -       0       cleanup -o header_size_limit=8388608
smtpapi    unix  -       n       n       -       10      pipe flags=q user=smtpapi null_sender= argv=/usr/sbin/smtpapi-intake --from ${sender} --login ${sasl_username} --client ${client_address} -- ${recipient}
smtpapi-bounce unix -    n       n       -       4       pipe flags=q user=smtpapi null_sender= argv=/usr/sbin/smtpapi-bounce -- ${recipient}
uucp       unix  -       n       n       -       -       pipe flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)
pool-a     unix  -       -       y       -       -       smtp
)";
  std::string overrides =
      R"(submission/inet/smtpd_milters = { unix:/smtpapi/milter.sock, connect_timeout=10s, default_action=tempfail } { unix:/opendkim/dkim.sock, default_action=accept }
submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_tls_security_level = encrypt
submission/inet/milter_macro_daemon_name = ORIGINATING
2587/inet/smtpd_milters =
2587/inet/cleanup_service_name = cleanup-pipe
127.0.0.1:10026/inet/smtpd_milters = unix:/opendkim/dkim.sock
127.0.0.1:10026/inet/cleanup_service_name = cleanup-smtpapi
127.0.0.1:10026/inet/local_header_rewrite_clients =
127.0.0.1:10026/inet/content_filter =
127.0.0.1:10031/inet/smtpd_milters = unix:/opendkim/dkim.sock
127.0.0.1:10031/inet/cleanup_service_name = cleanup-smtpapi
127.0.0.1:10031/inet/local_header_rewrite_clients =
127.0.0.1:10031/inet/content_filter = pool-a:
cleanup-smtpapi/unix/header_checks =
cleanup-pipe/unix/header_checks = regexp:/etc/postfix/smtpapi_pipe_header_checks
cleanup-pipe/unix/header_size_limit = 8388608
cleanup-pipe/unix/non_smtpd_milters =
)";

  PostfixConfig config() const {
    PostfixConfig parsed = parse_postfix_config(parameters, services, overrides);
    parsed.folder = "/etc/postfix";
    return parsed;
  }
};

inline Facts healthy_facts() {
  Facts facts;
  facts.settings.config_file = "/etc/smtpapi/smtpapi.conf";
  facts.settings.user = "smtpapi";
  facts.settings.milter_socket = "unix:/var/spool/postfix/smtpapi/milter.sock";
  facts.settings.inject_pools = {{"a", "127.0.0.1:10031"}};
  facts.settings.trust.networks = {"127.0.0.0/8"};
  facts.store.path = "/var/lib/smtpapi/store.db";
  facts.store.free_bytes = std::uintmax_t{100} << 30;
  facts.settings.trust.daemon_names = {"ORIGINATING"};
  facts.settings.tracking_url = "https://links.example.com";
  facts.settings.tracking_key_file = "/var/lib/smtpapi/tracking.key";
  facts.settings.inject_return_path = "bounces@bounce.example.com";
  facts.settings.account_by_login = "/etc/smtpapi/accounts";
  facts.key_file = {true, 0600, "", ""};
  facts.api_keys = {true, 0640, "", ""};
  facts.tracking.emplace();
  facts.clock_is_in_step = true;
  facts.logs = {{"/var/log/mail.log", true, ""}};
  facts.return_path = {"bounce.example.com", "smtpapi-bounce:", "relay_domains", ""};
  facts.spool = {"/var/spool/postfix", std::uintmax_t{100} << 30, 1'000'000};
  facts.login_sockets["/var/spool/postfix/private/auth"] = {true, true, "", ""};
  facts.postfix = PostconfTexts().config();
  facts.sockets["unix:/var/spool/postfix/smtpapi/milter.sock"] = {true, true, "", ""};
  ListenerFacts listener;
  listener.greets = true;
  listener.features.xforward_ident = listener.features.xforward_addr = true;
  facts.listeners = {{"127.0.0.1:10026", listener}, {"127.0.0.1:10031", listener}};
  facts.header_actions = {
      {"regexp:/etc/postfix/smtpapi_smtp_header_checks", "IGNORE"},
      {"regexp:/etc/postfix/smtpapi_pipe_header_checks", "FILTER smtpapi:all"},
  };
  facts.programs = {
      {"/usr/sbin/smtpapi-intake", true}, {"/usr/sbin/smtpapi-bounce", true}, {"uux", false}};
  return facts;
}

}  // namespace smtpapi::ctl
