// Looks at the machine for `smtpapictl doctor`. Changes nothing; says no more to the MTA than EHLO.
#pragma once

#include <string>
#include <vector>

#include "milter/ctl/facts.h"

namespace smtpapi::ctl {

struct Places {
  std::string postfix_folder;  ///< of main.cf; "": postconf's own
  std::string sendmail_file = "/etc/mail/sendmail.cf";
  bool is_sendmail = false;  ///< do not look for Postfix
};

Facts collect_facts(const Settings& settings, std::vector<std::string> config_mistakes,
                    const Places& places);

/// The configuration of the Postfix in `folder` ("": its own). Errors: unavailable (no postconf,
/// or what it says is wrong).
Result<PostfixConfig> read_postfix_config(const std::string& folder);

/// Reads what account.settings and account.by-login name; fills in the members about accounts.
void read_accounts(Facts& facts);

/// Whether daemon.user exists, or none is set.
bool has_user(const Settings& settings);

}  // namespace smtpapi::ctl
