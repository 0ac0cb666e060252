// What smtpapictl can do: one table of commands, from which parsing and help come.
#pragma once

#include <sysexits.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "milter/ctl/arguments.h"
#include "milter/options.h"
#include "store/store.h"

namespace smtpapi::ctl {

/// Exit statuses: EX_OK, `found_fault`, and of sysexits.h EX_USAGE, EX_NOINPUT, EX_TEMPFAIL (the
/// store cannot be used) and EX_CONFIG.
constexpr int found_fault = 1;

/// One run of a command.
struct Call {
  std::string_view command;  ///< its words, for messages
  const Settings& settings;
  const Arguments& arguments;
  const Clock& clock;
  std::istream& in;
  std::ostream& out;  ///< results only
  std::ostream& err;
  /// Mistakes in the configuration, a line each, "" if there are none. Only `doctor` and
  /// `check-config` are called when there are some; the settings are then the defaults, but for
  /// those of [account].
  std::string_view config_mistakes = {};
  bool err_is_terminal = false;  ///< somebody watches: progress may be drawn on `err`
  bool out_is_terminal = false;  ///< bars may be drawn on `out`
  /// How a command that follows something waits. False: enough.
  std::function<bool(std::chrono::milliseconds)> sleep = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    return true;
  };

  /// Says `text` on `err` behind the command's name; gives `status` back.
  int fail(int status, std::string_view text) const;
};

struct Command {
  std::string_view words;     ///< "queue list"
  std::string_view operands;  ///< as the usage line shows them: "ID..."
  std::size_t at_least;       ///< operands
  std::size_t at_most;
  std::string_view summary;  ///< one line, without final dot
  std::span<const Option> options;
  std::string_view notes;  ///< for the help, behind the options; lines of 79 columns, LF
  int (*run)(const Call& call);
};

extern const Command explain_command;
extern const Command events_command;
extern const Command stats_command;
extern const Command init_command;
extern const Command check_config_command;
extern const Command postfix_setup_command;
extern const Command doctor_command;
std::span<const Command> queue_commands();
std::span<const Command> batch_commands();
std::span<const Command> suppression_commands();
std::span<const Command> group_commands();
std::span<const Command> webhook_commands();
std::span<const Command> key_commands();

/// All commands in the order of the help.
std::vector<const Command*> all_commands();

/// Names of all options with a value, for read_options().
std::vector<std::string_view> options_with_value();

/// What the first words of a command line ask for.
struct Chosen {
  const Command* command = nullptr;
  std::size_t words = 0;  ///< how many of the words name it
  std::string family;     ///< "queue" when only the family is named, or its sub-command is wrong
  std::string mistake;    ///< not empty: why there is no command, and how to mend it
};
Chosen choose(std::span<const std::string> words);

/// The lines of --help that are the command's own: options and notes.
std::string help_of(const Command& command);
/// The same for a family: its commands. "": the whole program.
std::string help_of_family(std::string_view family);
std::string_view summary_of_family(std::string_view family);

/// Runs `work` with the store of the settings; EX_TEMPFAIL when it cannot be opened.
int with_store(const Call& call, const std::function<int(Store&)>& work);
/// Says that the store failed and gives the exit status for it.
int store_failed(const Call& call, const Error& error);

}  // namespace smtpapi::ctl
