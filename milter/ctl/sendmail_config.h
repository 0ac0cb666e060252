// What sendmail.cf says of filters, daemons and mailers. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi::ctl {

/// A DaemonPortOptions line.
struct SendmailDaemon {
  std::string name;
  std::string address;                 ///< "" every one of the machine
  std::string port = "25";             ///< a number, or a name that is not known here
  std::optional<std::string> filters;  ///< its own InputMailFilters; nothing: the global list
};

struct SendmailConfig {
  std::map<std::string, std::map<std::string, std::string>> filters;  ///< name -> equates
  std::vector<SendmailDaemon> daemons;
  std::map<std::string, std::string> options;
  std::string rules;  ///< the lines of rule sets
};

SendmailConfig parse_sendmail_config(std::string_view text);

/// The filters that mail to `daemon` passes, in their order (SM-6).
std::vector<std::string> filters_of(const SendmailConfig& config, const SendmailDaemon& daemon);

}  // namespace smtpapi::ctl
