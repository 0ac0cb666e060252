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
mail_owner = postfix
message_size_limit = 31457280
milter_default_action = tempfail
milter_protocol = 6
non_smtpd_milters = { unix:/smtpapi/milter.sock, default_action=tempfail }
queue_directory = /var/spool/postfix
receive_override_options =
smtp_header_checks = regexp:/etc/postfix/smtpapi_smtp_header_checks
smtpapi_destination_recipient_limit = 0
smtpd_milters =
smtpd_proxy_filter =
smtpd_recipient_limit = 1000
)";
  std::string services = R"(smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o smtpd_milters=$smtpapi_milter
2587       inet  n       -       y       -       -       smtpd -o smtpd_milters= -o cleanup_service_name=cleanup-pipe
127.0.0.1:10026 inet n   -       y       -       20      smtpd -o smtpd_milters=
127.0.0.1:10031 inet n   -       y       -       20      smtpd -o smtpd_milters= -o content_filter=pool-a:
pickup     unix  n       -       y       60      1       pickup
cleanup    unix  n       -       y       -       0       cleanup
cleanup-smtpapi unix n   -       y       -       0       cleanup -o header_checks=
cleanup-pipe unix n      -       y       -       0       cleanup -o header_size_limit=8388608
smtpapi    unix  -       n       n       -       10      pipe flags=q user=smtpapi null_sender= argv=/usr/sbin/smtpapi-intake --from ${sender} -- ${recipient}
uucp       unix  -       n       n       -       -       pipe flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)
pool-a     unix  -       -       y       -       -       smtp
)";
  std::string overrides =
      R"(submission/inet/smtpd_milters = { unix:/smtpapi/milter.sock, connect_timeout=10s, default_action=tempfail } { unix:/opendkim/dkim.sock, default_action=accept }
2587/inet/smtpd_milters =
2587/inet/cleanup_service_name = cleanup-pipe
127.0.0.1:10026/inet/smtpd_milters =
127.0.0.1:10026/inet/cleanup_service_name = cleanup-smtpapi
127.0.0.1:10026/inet/local_header_rewrite_clients =
127.0.0.1:10026/inet/content_filter =
127.0.0.1:10031/inet/smtpd_milters =
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
  facts.programs = {{"/usr/sbin/smtpapi-intake", true}, {"uux", false}};
  return facts;
}

}  // namespace smtpapi::ctl
