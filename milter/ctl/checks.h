// The checks of `smtpapictl doctor`: facts in, findings out. Each says at least one thing, "ok"
// when all is well, unless what it looks at is not there at all.
#pragma once

#include <span>

#include "milter/ctl/facts.h"
#include "milter/ctl/findings.h"
#include "milter/ctl/postfix_view.h"

namespace smtpapi::ctl {

/// In the order of the report.
void run_checks(const Facts& facts, Findings& findings);

// Of our own set-up.
void check_configuration(const Facts& facts, Findings& findings);
void check_accounts(const Facts& facts, Findings& findings);
void check_trust(const Facts& facts, Findings& findings);
void check_store(const Facts& facts, Findings& findings);
void check_queue(const Facts& facts, Findings& findings);
void check_key_file(const Facts& facts, Findings& findings);
void check_api_keys(const Facts& facts, Findings& findings);
void check_tracking(const Facts& facts, Findings& findings);
void check_clock(const Facts& facts, Findings& findings);
/// Also knows where Postfix logs to, when there is one.
void check_log(const Facts& facts, Findings& findings);

// Of Postfix. They are called only when there is one.
void check_way_in(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_milter_socket(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_default_action(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_milter_order(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_queue_ids(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_listeners(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_sizes(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_pipe(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_pipe_cleanup(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_header_checks(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_header_size(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_last_defence(const Facts& facts, const PostfixView& postfix, Findings& findings);

void check_login(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_daemon_names(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_signers(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_return_path(const Facts& facts, const PostfixView& postfix, Findings& findings);
void check_spool(const Facts& facts, const PostfixView& postfix, Findings& findings);

// Of Sendmail, when there is no Postfix.
void check_sendmail(const Facts& facts, Findings& findings);

}  // namespace smtpapi::ctl
