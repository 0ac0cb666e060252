#include "milter/ctl/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;

TEST(CommandTest, FindsCommandsByOneOrTwoWords) {
  const struct {
    std::vector<std::string> words;
    const char* command;
    std::size_t count;
  } cases[] = {
      {{"explain", "file"}, "explain", 1},
      {{"queue", "list", "--json"}, "queue list", 2},
      {{"batch", "pause", "x"}, "batch pause", 2},
      {{"doctor"}, "doctor", 1},
  };
  for (const auto& c : cases) {
    const Chosen chosen = choose(c.words);
    ASSERT_TRUE(chosen.command) << chosen.mistake;
    EXPECT_EQ(chosen.command->words, c.command);
    EXPECT_EQ(chosen.words, c.count);
  }
}

TEST(CommandTest, SaysWhatWasMeant) {
  const struct {
    std::vector<std::string> words;
    const char* mistake;
    const char* family;
  } cases[] = {
      {{}, "a command is missing", ""},
      {{""}, "a command is missing", ""},
      {{"--json"}, "a command is missing", ""},
      {{"exlpain"}, "unknown command 'exlpain'; did you mean 'explain'?", ""},
      {{"frobnicate"}, "unknown command 'frobnicate' (see smtpapictl --help)", ""},
      {{"list"}, "unknown command 'list'", ""},
      {{"queue"}, "queue what? One of list, show, cancel, release", "queue"},
      {{"queue", "--json"}, "queue what?", "queue"},
      {{"queue", "shwo"}, "unknown command 'queue shwo'; did you mean 'show'?", "queue"},
      {{"queue", "\r\n"},
       "unknown command 'queue ?"
       "?'",
       "queue"},
      {{"suppression"}, "suppression what? One of list, search", "suppression"},
      {{"group", "rm"}, "unknown command 'group rm'", "group"},
  };
  for (const auto& c : cases) {
    const Chosen chosen = choose(c.words);
    EXPECT_FALSE(chosen.command);
    EXPECT_THAT(chosen.mistake, HasSubstr(c.mistake));
    EXPECT_EQ(chosen.family, c.family);
  }
}

TEST(CommandTest, HelpFitsTheTerminal) {
  std::vector<std::string> texts = {help_of_family(""), help_of_family("queue"),
                                    help_of_family("batch")};
  for (const Command* command : all_commands()) {
    texts.push_back(help_of(*command));
    texts.emplace_back(command->summary);
  }
  for (const std::string& text : texts)
    for (const std::string_view line : split(text, '\n')) EXPECT_LE(columns(line), 79u) << line;
}

TEST(CommandTest, HelpOfTheProgramNamesEveryFamilyOnce) {
  const std::string help = help_of_family("");
  for (const Command* command : all_commands()) {
    const std::string first(command->words.substr(0, command->words.find(' ')));
    const auto at = help.find("  " + first + " ");
    ASSERT_NE(at, std::string::npos) << first;
    EXPECT_EQ(help.find("\n  " + first + " ", at + 1), std::string::npos) << first;
  }
}

// read_options() is told the options with a value once for all commands.
TEST(CommandTest, AnOptionMeansTheSameEverywhere) {
  std::map<std::string_view, bool> takes_value;
  for (const Command* command : all_commands()) {
    for (const Option& option : command->options) {
      const auto [known, is_new] = takes_value.emplace(option.name, !option.value.empty());
      EXPECT_EQ(known->second, !option.value.empty()) << option.name;
    }
  }
  for (const std::string_view name : options_with_value()) EXPECT_TRUE(takes_value.at(name));
}

}  // namespace
}  // namespace smtpapi::ctl
