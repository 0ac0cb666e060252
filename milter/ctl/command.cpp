#include "milter/ctl/command.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "store/open_store.h"

namespace smtpapi::ctl {
namespace {

struct Family {
  std::string_view name;
  std::string_view summary;
};
constexpr std::array families = {
    Family{"queue", "Lists copies that are kept, moves those that wait"},
    Family{"batch", "Holds or discards scheduled mail by its batch_id"},
    Family{"suppression", "Lists and changes who gets no mail"},
    Family{"group", "Lists and changes unsubscribe groups"},
    Family{"webhook", "Lists, changes and tries endpoints that get events"},
    Family{"key", "Makes and revokes API keys of applications"},
};

std::string_view first_word(std::string_view words) { return words.substr(0, words.find(' ')); }

/// Where the text of options begins in the help, as in the common options.
constexpr std::size_t help_column = 29;

void append_option(std::string& out, std::string_view left, std::string_view text) {
  out += left;
  if (left.size() + 2 > help_column) {
    out += '\n' + std::string(help_column, ' ');
  } else {
    out.append(help_column - left.size(), ' ');
  }
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(help_column, ' ');
  }
  out += '\n';
}

std::string left_of(const Option& option) {
  const std::string letter = option.letter ? fmt::format("  -{}, ", option.letter) : "      ";
  return fmt::format("{}{}{}{}", letter, option.name, option.value.empty() ? "" : " ",
                     option.value);
}

/// `place`: "" or the family with a blank behind it.
std::string mistake_in(std::string_view place, std::string_view word,
                       std::span<const std::string_view> known) {
  return fmt::format("unknown command '{}{}'{} (see smtpapictl {}--help)", place,
                     printable(word, 60), did_you_mean(word, known), place);
}

}  // namespace

int Call::fail(int status, std::string_view text) const {
  out.flush();
  fmt::print(err, "smtpapictl {}: {}\n", command, text);
  return status;
}

std::vector<const Command*> all_commands() {
  std::vector<const Command*> all = {&explain_command};
  for (const Command& command : queue_commands()) all.push_back(&command);
  for (const Command& command : batch_commands()) all.push_back(&command);
  for (const Command& command : suppression_commands()) all.push_back(&command);
  for (const Command& command : group_commands()) all.push_back(&command);
  for (const Command& command : webhook_commands()) all.push_back(&command);
  for (const Command& command : key_commands()) all.push_back(&command);
  all.push_back(&events_command);
  all.push_back(&stats_command);
  all.push_back(&init_command);
  all.push_back(&check_config_command);
  all.push_back(&postfix_setup_command);
  all.push_back(&doctor_command);
  return all;
}

std::vector<std::string_view> options_with_value() {
  std::vector<std::string_view> names;
  for (const Command* command : all_commands())
    for (const Option& option : command->options)
      if (!option.value.empty()) names.push_back(option.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Chosen choose(std::span<const std::string> words) {
  Chosen chosen;
  if (words.empty() || words[0].empty() || words[0][0] == '-') {
    chosen.mistake = "a command is missing (see smtpapictl --help)";
    return chosen;
  }
  std::vector<std::string_view> firsts, seconds;
  for (const Command* command : all_commands()) {
    if (command->words == words[0]) return {command, 1, {}, {}};
    firsts.push_back(first_word(command->words));
    if (firsts.back() != words[0]) continue;
    chosen.family = words[0];
    const std::string_view second = command->words.substr(words[0].size() + 1);
    if (words.size() > 1 && second == words[1]) return {command, 2, {}, {}};
    seconds.push_back(second);
  }
  if (chosen.family.empty()) {
    chosen.mistake = mistake_in("", words[0], firsts);
  } else if (words.size() == 1 || words[1].empty() || words[1][0] == '-') {
    chosen.mistake = fmt::format("{} what? One of {} (see smtpapictl {} --help)", words[0],
                                 fmt::join(seconds, ", "), words[0]);
  } else {
    chosen.mistake = mistake_in(chosen.family + " ", words[1], seconds);
  }
  return chosen;
}

std::string help_of(const Command& command) {
  std::string out;
  for (const Option& option : command.options) append_option(out, left_of(option), option.help);
  if (command.options.empty() && command.notes.empty()) return out;
  if (!command.notes.empty()) {
    if (!command.options.empty()) out += '\n';
    out += command.notes;
    out += '\n';
  }
  return out + '\n';
}

std::string help_of_family(std::string_view family) {
  std::string out;
  std::string_view last_family;
  for (const Command* command : all_commands()) {
    const std::string_view first = first_word(command->words);
    const auto group = std::find_if(families.begin(), families.end(),
                                    [&](const Family& f) { return f.name == first; });
    if (family.empty() && group != families.end()) {
      if (first != last_family) append_option(out, fmt::format("  {} ...", first), group->summary);
      last_family = first;
    } else if (family.empty() || first == family) {
      append_option(out,
                    fmt::format("  {}{}{}", command->words, command->operands.empty() ? "" : " ",
                                command->operands),
                    command->summary);
    }
  }
  return out + fmt::format("\nMore about one: smtpapictl {}{}COMMAND --help\n\n", family,
                           family.empty() ? "" : " ");
}

std::string_view summary_of_family(std::string_view family) {
  for (const Family& f : families)
    if (f.name == family) return f.summary;
  return "The operator's hand of smtpapi-milter";
}

int store_failed(const Call& call, const Error& error) {
  return call.fail(error.fault == Fault::invalid ? found_fault : EX_TEMPFAIL, error.text);
}

int with_store(const Call& call, const std::function<int(Store&)>& work) {
  const auto store = open_store(call.settings.store_url, StoreAccess::existing);
  // Whatever is wrong with the store, there is none to work with.
  if (!store) return call.fail(EX_TEMPFAIL, "store: " + store.error().text);
  return work(**store);
}

}  // namespace smtpapi::ctl
