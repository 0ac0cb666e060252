// smtpapictl(1): the operator's hand.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "milter/ctl/command.h"
#include "milter/daemon.h"
#include "milter/options.h"

namespace {

using namespace smtpapi;

/// What the command line asks for, told without reading any file.
struct Request {
  std::vector<std::string> words;  ///< without the options that all programs have in common
  bool help_or_version = false;
};

Request read_request(int argc, char** argv, std::span<const std::string_view> takes_value) {
  Request request;
  for (std::string extra : {"--help", "--version"}) {
    std::vector<char*> words = {argv[0], extra.data()};
    words.insert(words.end(), argv + 1, argv + argc);
    auto line = read_options(static_cast<int>(words.size()), words.data(), takes_value);
    if (!line) continue;
    request.help_or_version |= line->help && line->version;
    request.words = std::move(line->arguments);
  }
  return request;
}

int run(const ctl::Command& command, const Settings& settings, std::span<const std::string> words,
        std::string_view config_mistakes) {
  signal(SIGPIPE, SIG_DFL);  // `smtpapictl queue list --all | head` ends quietly
  const SystemClock clock;
  const auto parsed = ctl::Arguments::parse(words, command.options);
  const ctl::Arguments arguments = parsed ? *parsed : ctl::Arguments();
  const ctl::Call call{command.words,
                       settings,
                       arguments,
                       clock,
                       std::cin,
                       std::cout,
                       std::cerr,
                       config_mistakes,
                       isatty(STDERR_FILENO) == 1,
                       isatty(STDOUT_FILENO) == 1};
  const auto misused = [&](std::string_view text) {
    return call.fail(EX_USAGE, fmt::format("{} (see smtpapictl {} --help)", text, command.words));
  };
  if (!parsed) return misused(parsed.error().text);
  const auto& operands = arguments.operands();
  if (operands.size() < command.at_least)
    return misused(fmt::format("{} is missing", command.operands));
  if (operands.size() > command.at_most)
    return misused(fmt::format("'{}' is too much", printable(operands[command.at_most])));

  const int status = command.run(call);
  std::cout.flush();
  if (!std::cout && status == EX_OK) return call.fail(EX_IOERR, "the output could not be written");
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string_view> takes_value = ctl::options_with_value();
  const Request request = read_request(argc, argv, takes_value);
  const ctl::Chosen chosen = ctl::choose(request.words);

  // --help speaks of the command that was named, as far as it was.
  std::string usage = chosen.family + (chosen.family.empty() ? "" : " ") + "COMMAND [OPTION]...";
  std::string summary(ctl::summary_of_family(chosen.family));
  std::string help = ctl::help_of_family(chosen.family);
  if (const ctl::Command* command = chosen.command) {
    usage = fmt::format("{} [OPTION]...{}{}", command->words, command->operands.empty() ? "" : " ",
                        command->operands);
    summary = command->summary;
    help = ctl::help_of(*command);
  }
  Program program{"smtpapictl", summary.c_str(), usage.c_str(),
                  help.c_str(), takes_value,     ProgramKind::tool};

  if (!chosen.command && !request.help_or_version) return fail(program, EX_USAGE, chosen.mistake);

  // `doctor` and `check-config` tell what is wrong with the configuration, and look at the rest all
  // the same.
  std::string mistakes;
  std::vector<std::string> words(argv, argv + argc);
  const bool is_check =
      chosen.command == &ctl::doctor_command || chosen.command == &ctl::check_config_command;
  if (is_check && !request.help_or_version) {
    if (const auto line = read_options(argc, argv, takes_value); !line) {
      mistakes = line.error().text;
      words = {argv[0], "--config=/dev/null"};
      for (std::string& option : account_options(argc, argv)) words.push_back(std::move(option));
      words.insert(words.end(), request.words.begin(), request.words.end());
    }
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());

  return run_program(
      program, static_cast<int>(pointers.size()), pointers.data(), [&](CommandLine& line) {
        const auto rest = std::span<const std::string>(line.arguments).subspan(chosen.words);
        return run(*chosen.command, line.settings, rest, mistakes);
      });
}
