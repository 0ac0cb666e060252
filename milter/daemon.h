// What every program shares: the start, signals, readiness, privileges, and the last catch.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "milter/options.h"

namespace smtpapi {

/// Where a program's log goes.
enum class ProgramKind {
  daemon,       ///< where log.to says; settings without effect are warned of at the start
  per_message,  ///< the same, but what goes to standard error is warnings and worse: the MTA puts
                ///< it before people
  tool,         ///< standard error, warnings and worse
};

/// How a program presents itself.
struct Program {
  const char* name;           ///< "smtpapi-queue"; must outlive the process (it goes to syslog)
  const char* summary;        ///< one line for --help: what it does
  const char* usage = "";     ///< for --help, behind the name: "[OPTION]... -- RECIPIENT..."
  const char* own_help = "";  ///< for --help: its own options and words, lines ended by LF
  /// Its own options whose value is the next word ("--from"): that word is never taken for an
  /// option.
  std::span<const std::string_view> takes_value = {};
  ProgramKind kind = ProgramKind::daemon;
  int on_bad_settings = 78;  ///< exit status for mistakes in file or command line (EX_CONFIG)
  int on_exception = 70;     ///< exit status for what nobody expected (EX_SOFTWARE)
};

/// Reads the settings, answers --help and --version, opens the log, warns of settings without
/// effect and runs `body`, whose result becomes the exit status. Mistakes in file and command line
/// go to standard error, all of them. What `body` throws is logged and becomes exit status
/// `on_exception`. SIGPIPE is ignored from then on; a daemon's SIGTERM, SIGINT, SIGHUP and SIGUSR1
/// are blocked until somebody waits for them.
int run_program(const Program& program, int argc, char** argv,
                const std::function<int(CommandLine&)>& body);

/// Prints `text` to standard error behind the program's name and returns `status`:
/// `return fail(program, EX_USAGE, "no recipient");`
int fail(const Program& program, int status, std::string_view text);

/// Says why a daemon cannot start, in the log and, should that be elsewhere, on standard error.
/// Returns its exit status: EX_CONFIG for what is invalid, else EX_UNAVAILABLE.
int cannot_start(const Program& program, const Settings& settings, const Error& error);

/// A reload finds another value for `key`, which is read at the start only: says so in the log.
void warn_of_late_change(std::string_view key);
/// The same for what every daemon reads at the start only.
void warn_of_late_changes(const Settings& now, const Settings& then);

/// Signals as calls, made one at a time on a thread of this object. run_program() blocks the
/// signals in a daemon's first thread and thereby in all others: one that comes earlier waits.
class Signals {
 public:
  struct Handlers {
    std::function<void()> stop;    ///< SIGTERM, SIGINT, SIGHUP. Null: they are left alone, for
                                   ///< libmilter, which waits for them itself (LM-7)
    std::function<void()> reload;  ///< SIGUSR1
  };
  explicit Signals(Handlers handlers);
  ~Signals();  ///< No handler runs any more. The signals stay blocked.
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The owner of daemon.user: what a socket made by root is given to.
struct UserId {
  unsigned user = 0;
  unsigned group = 0;
};
/// Errors: invalid when there is no such user.
Result<UserId> find_user(const std::string& name);

/// Becomes `name` with all of its groups, for good. "" stays who we are, and so does a name that we
/// are already. After sockets on low ports are open, before the store is: its files belong to the
/// user. Errors: invalid (no such user, or not started as root).
Status become_user(const std::string& name);

/// Tells the service manager: "READY=1", "STOPPING=1", "RELOADING=1" (sd_notify(3), a datagram to
/// $NOTIFY_SOCKET). Nothing happens when there is none.
void notify_manager(std::string_view state);

}  // namespace smtpapi
