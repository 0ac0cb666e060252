// Command line and configuration file to settings (only Boost.Program_options here).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "job/intake.h"
#include "smtpapi/limits.h"

namespace smtpapi {

/// All of smtpapi.conf: every program reads the same file and takes what concerns it.
struct Settings {
  std::string config_file;  ///< that was read; "" if there was none

  std::string milter_socket = "unix:/run/smtpapi/milter.sock";  ///< libmilter syntax (LM-10)
  std::size_t milter_memory_bytes = 2u << 30;  ///< of all messages being taken in at one time
  Scope scope = Scope::header;
  Trust trust;
  ErrorMode error_mode = ErrorMode::bounce;
  std::string postmaster;  ///< default: postmaster@<hostname>
  std::string hostname;    ///< gethostname(2)'s; option daemon.hostname

  std::string store_url = "sqlite:///var/lib/smtpapi/store.db";
  seconds store_keep = std::chrono::days(30);  ///< finished submissions stay listed that long

  std::string inject_server = "127.0.0.1:10026";  ///< or unix:/path
  std::size_t inject_concurrency = 8;
  seconds inject_give_up = std::chrono::days(5);    ///< after the due time a deferred copy fails
  std::map<std::string, std::string> inject_pools;  ///< ip_pool name -> server

  std::string account_settings;  ///< path
  std::string account_by_login;  ///< folder

  Limits limits;
  std::string user;  ///< daemon.user
  LogTarget log_target = LogTarget::syslog;
  LogLevel log_level = LogLevel::info;
};

/// A program's command line: common options (--help, --version, --config, every configuration key
/// as
/// --section.key=value) are taken off; what is left is `arguments`.
struct CommandLine {
  Settings settings;
  bool help = false;
  bool version = false;
  std::vector<std::string> arguments;
};

constexpr const char* default_config_file = "/etc/smtpapi/smtpapi.conf";

/// Reads --config FILE (default: default_config_file, which may be missing), then lets
/// --section.key=value override. Errors: invalid, with every mistake on a line of its own:
/// "file:line: unknown key 'x'; did you mean 'y'?".
Result<CommandLine> read_options(int argc, char** argv);

/// What an Intake needs of the settings; reads account.settings. Errors: invalid with file, line
/// and column.
Result<IntakeSettings> intake_settings(const Settings& settings);

}  // namespace smtpapi
