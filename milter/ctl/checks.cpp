#include "milter/ctl/checks.h"

#include <array>

namespace smtpapi::ctl {
namespace {

using OwnCheck = void (*)(const Facts&, Findings&);
constexpr std::array own_checks = {
    OwnCheck{check_configuration}, OwnCheck{check_accounts}, OwnCheck{check_trust},
    OwnCheck{check_store},         OwnCheck{check_queue},    OwnCheck{check_key_file},
    OwnCheck{check_api_keys},      OwnCheck{check_tracking}, OwnCheck{check_log},
    OwnCheck{check_clock},
};

using PostfixCheck = void (*)(const Facts&, const PostfixView&, Findings&);
constexpr std::array postfix_checks = {
    PostfixCheck{check_way_in},         PostfixCheck{check_milter_socket},
    PostfixCheck{check_default_action}, PostfixCheck{check_milter_order},
    PostfixCheck{check_pipe},           PostfixCheck{check_pipe_cleanup},
    PostfixCheck{check_listeners},      PostfixCheck{check_sizes},
    PostfixCheck{check_header_checks},  PostfixCheck{check_last_defence},
    PostfixCheck{check_header_size},    PostfixCheck{check_queue_ids},
    PostfixCheck{check_login},          PostfixCheck{check_daemon_names},
    PostfixCheck{check_signers},        PostfixCheck{check_return_path},
    PostfixCheck{check_spool},
};

}  // namespace

void run_checks(const Facts& facts, Findings& findings) {
  for (const OwnCheck check : own_checks) check(facts, findings);
  if (facts.postfix) {
    const PostfixView postfix(facts);
    for (const PostfixCheck check : postfix_checks) check(facts, postfix, findings);
  } else if (facts.sendmail) {
    check_sendmail(facts, findings);
  } else {
    findings.fail(
        "mta", fmt::format("no Postfix ({}) and no {}", facts.postfix_error, facts.sendmail_file),
        "messages come from the MTA and copies go back to it",
        {"apt-get install postfix, or say where it is: smtpapictl doctor "
         "--postfix-config FOLDER, --sendmail-config FILE"});
  }
}

}  // namespace smtpapi::ctl
