// All that the checks of `smtpapictl doctor` look at, collected beforehand: they are functions of
// this and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "milter/ctl/postfix_config.h"
#include "milter/options.h"
#include "net/smtp_commands.h"

namespace smtpapi::ctl {

/// A UNIX or TCP socket, tried.
struct SocketFacts {
  bool is_there = false;   ///< a UNIX socket of that name; true for TCP
  bool answers = false;    ///< it takes connections
  std::string error;       ///< why not
  std::string blocked_at;  ///< the file or folder at which Postfix's user is refused; "" none
};

/// An SMTP listener, tried with EHLO.
struct ListenerFacts {
  bool greets = false;  ///< 220, and EHLO was answered
  std::string error;    ///< why not
  SmtpFeatures features;
};

struct StoreFacts {
  std::string path;   ///< "" when it is no file
  std::string error;  ///< why it cannot be used; "" when it can
  std::optional<std::uintmax_t> free_bytes;
  std::string blocked_at;  ///< the file or folder at which daemon.user is refused; "" none
  std::size_t left = 0;    ///< copies that were due a minute ago while nobody was sending any
};

/// A log that smtpapi-events follows.
struct LogFacts {
  std::string name;  ///< "/var/log/mail.log", "journal:postfix@-"
  bool is_there = false;
  std::string blocked_at;  ///< where daemon.user, with the groups of its unit, is refused; "" none
  bool is_journal() const { return name.starts_with("journal:"); }
};

struct KeyFileFacts {
  bool is_there = false;
  unsigned mode = 0;       ///< permission bits
  std::string error;       ///< what is wrong with its text; "" nothing that can be seen
  std::string blocked_at;  ///< where daemon.user is refused; "" none
};

/// The HTTP server of tracked links, tried at its socket and at its public address.
struct TrackingFacts {
  std::string local_error;  ///< of tracking.listen; "" when it answers
  std::string error;        ///< of tracking.url; "" when smtpapi-track answers there
};

/// What Postfix does with mail to the domain of inject.return-path.
struct ReturnPathFacts {
  std::string domain;
  std::string transport;  ///< "smtpapi-bounce:", "local"
  std::string list;       ///< "relay_domains" or another list that has it; "" none
  std::string error;      ///< why a table could not be asked; "" all were
};

struct DiskFacts {
  std::string path;
  std::uintmax_t free_bytes = 0;
  std::optional<std::uintmax_t> free_files;  ///< nothing where files are not counted
};

struct Facts {
  Settings settings;
  std::vector<std::string> config_mistakes;
  bool has_user = true;                       ///< daemon.user exists, or none is set
  std::vector<std::string> account_mistakes;  ///< "file:line:column: ..."
  std::vector<std::string> account_warnings;
  std::size_t account_files = 0;
  StoreFacts store;
  std::optional<KeyFileFacts> key_file;   ///< nothing when there is no name for it
  std::optional<KeyFileFacts> api_keys;   ///< when there is such a file; blocked: Dovecot's user
  std::optional<TrackingFacts> tracking;  ///< when tracking.url is set
  std::optional<bool> clock_is_in_step;   ///< nothing: not ours to judge
  std::vector<LogFacts> logs;

  std::optional<PostfixConfig> postfix;
  std::string postfix_error;  ///< why there is none
  /// By milter address, as text(MilterAddress) writes it.
  std::map<std::string, SocketFacts> sockets;
  /// By inject.server and the values of inject.pools.
  std::map<std::string, ListenerFacts> listeners;
  /// What a table of header checks says to an X-SMTPAPI field; "" nothing.
  std::map<std::string, std::string> header_actions;
  std::map<std::string, std::string> unasked_tables;  ///< tables that could not be asked -> why
  /// Programs that pipe services run -> may be executed.
  std::map<std::string, bool> programs;
  std::optional<ReturnPathFacts> return_path;        ///< when inject.return-path is set
  std::optional<DiskFacts> spool;                    ///< of queue_directory
  std::map<std::string, SocketFacts> login_sockets;  ///< by path: those of Dovecot's auth service

  std::string sendmail_file;  ///< path of sendmail.cf
  std::optional<std::string> sendmail;
  /// A folder of the milter socket's path that its group or all may write to; "" none.
  std::string sendmail_unsafe_folder;
};

}  // namespace smtpapi::ctl
