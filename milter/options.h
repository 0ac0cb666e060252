// Command line and configuration file to settings (only Boost.Program_options here).
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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
  std::string inject_return_path;                   ///< where bounces go (PIPE-7); "": the client's
  std::map<std::string, std::string> inject_pools;  ///< ip_pool name -> server

  std::string account_settings;  ///< path
  std::string account_by_login;  ///< folder

  std::string tracking_url;  ///< public base of links, no "/" at its end; "": tracking is off
  std::string tracking_listen = "127.0.0.1:8025";
  std::string tracking_key_file;                      ///< default: tracking.key beside the store
  std::vector<std::string> tracking_trusted_proxies;  ///< may tell the client in X-Forwarded-For
  std::string tracking_pages = "/etc/smtpapi/pages";  ///< folder
  bool tracking_unsubscribe_on_get = false;           ///< TRK-7
  bool tracking_trap_link = false;  ///< a link that no person sees goes into each HTML body
  bool tracking_gravatar = false;   ///< filter gravatar may fetch from a third party (GRAV-2)
  std::string tracking_utm_source = "sendgrid.com";  ///< where ganalytics names none (GA-2)
  std::size_t tracking_max_connections = 10'000;

  std::vector<std::string> events_log;  ///< files, and journal:UNIT; none: logs_to_follow()
  std::string events_bounce_classes = "/etc/smtpapi/bounce-classes.conf";

  seconds webhook_batch_seconds{30};          ///< EVT-3
  std::size_t webhook_batch_bytes = 786'432;  ///< EVT-3
  std::size_t webhook_retry_hours = 24;       ///< EVT-4; at most 72
  bool webhook_allow_private = false;         ///< endpoints may have addresses that are not public
  std::string webhook_ca_file;                ///< whose certificates are trusted; "": the system's

  Limits limits;
  std::string user;  ///< daemon.user
  LogTarget log_target = LogTarget::syslog;
  LogLevel log_level = LogLevel::info;

  /// One clause for each key that is set but has no effect, for the log at the start.
  std::vector<std::string> warnings;
};

/// A program's command line: common options (--help, --version, --config, every configuration key
/// as --section.key=value) are taken off; what is left is `arguments`. From "--" on, which is left
/// in too, nothing is taken off.
struct CommandLine {
  Settings settings;
  bool help = false;
  bool version = false;
  std::vector<std::string> arguments;
};

constexpr const char* default_config_file = "/etc/smtpapi/smtpapi.conf";

/// Reads --config FILE (default: default_config_file, which may be missing), then lets
/// --section.key=value override. `takes_value`: options of the program itself ("--from") whose next
/// word is a value and never one of the common options, whatever it looks like. With --help or
/// --version nothing is read. Errors: invalid, with every mistake on a line of its own:
/// "file:line: unknown key 'x'; did you mean 'y'?".
Result<CommandLine> read_options(int argc, char** argv,
                                 std::span<const std::string_view> takes_value = {});

/// --account.KEY=VALUE for what a configuration with mistakes says of accounts: their files can be
/// looked at whatever else is wrong.
std::vector<std::string> account_options(int argc, char** argv);

/// The mistakes in the file that account.settings names, in a configuration that has others:
/// "file:line:column: ...".
std::vector<std::string> mistakes_in_account_settings(int argc, char** argv);

/// Every "section.key" that smtpapi.conf may hold, sorted.
std::vector<std::string> known_keys();

/// Reads tracking.key-file, unless tracking.url and inject.return-path are empty. Errors: as
/// LinkKeys::load, and how to make the file.
Result<LinkSettings> link_settings(const Settings& settings);

/// What an Intake needs of the settings; reads account.settings and tracking.key-file. Errors:
/// invalid with file, line and column; unavailable, when the key file cannot be read.
Result<IntakeSettings> intake_settings(const Settings& settings);

}  // namespace smtpapi
