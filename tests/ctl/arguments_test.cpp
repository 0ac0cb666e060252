#include "milter/ctl/arguments.h"

#include <gtest/gtest.h>

namespace smtpapi::ctl {
namespace {

constexpr Option options[] = {
    {"--from", "ADDRESS", ""},
    {.name = "--rcpt", .value = "ADDRESS", .help = "", .may_repeat = true},
    {.name = "--quiet", .value = "", .help = "", .letter = 'q'},
    {"--limit", "N", ""},
};

TEST(ArgumentsTest, TakesValuesInBothSpellings) {
  const std::vector<std::string> words = {"--from", "a@example.org", "--rcpt=b",   "file",
                                          "--rcpt", "--quiet",       "-q",         "-",
                                          "--",     "--from",        "--no-option"};
  const auto arguments = Arguments::parse(words, options);
  ASSERT_TRUE(arguments) << arguments.error().text;
  EXPECT_EQ(arguments->value("--from"), "a@example.org");
  EXPECT_EQ(arguments->values("--rcpt"), (std::vector<std::string>{"b", "--quiet"}))
      << "a value may look like an option";
  EXPECT_TRUE(arguments->has("--quiet"));
  EXPECT_FALSE(arguments->has("--limit"));
  EXPECT_EQ(arguments->operands(),
            (std::vector<std::string>{"file", "-", "--from", "--no-option"}));
}

TEST(ArgumentsTest, AnEmptyValueIsAValue) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--from="}, std::vector<std::string>{"--from", ""}}) {
    const auto arguments = Arguments::parse(words, options);
    ASSERT_TRUE(arguments);
    EXPECT_EQ(arguments->value("--from"), "");
  }
}

TEST(ArgumentsTest, SaysWhatIsWrong) {
  const struct {
    const char* why;
    std::vector<std::string> words;
    const char* want;
  } cases[] = {
      {"unknown", {"--form", "x"}, "unknown option '--form'; did you mean '--from'?"},
      {"unknown and far", {"--zzzzzz"}, "unknown option '--zzzzzz'"},
      {"unknown with a value", {"--form=x"}, "unknown option '--form'; did you mean '--from'?"},
      {"unknown letter", {"-x"}, "unknown option '-x'"},
      {"value missing", {"--from"}, "--from: ADDRESS is missing"},
      {"a flag with a value", {"--quiet=yes"}, "--quiet takes no value"},
      {"twice", {"--from=a", "--from=b"}, "--from: given twice"},
      {"control characters", {"--\x1B[31m"}, "unknown option '--?[31m'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto arguments = Arguments::parse(c.words, options);
    ASSERT_FALSE(arguments);
    EXPECT_EQ(arguments.error().text, c.want);
  }
}

TEST(ArgumentsTest, ReadsNumbers) {
  const struct {
    const char* text;
    std::optional<std::int64_t> want;
  } cases[] = {
      {"1", 1},    {"9007199254740993", 9007199254740993},
      {"0", {}},   {"-5", {}},
      {"5x", {}},  {"", {}},
      {"1.5", {}}, {"99999999999999999999", {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const std::vector<std::string> words = {"--limit", c.text};
    const auto number = Arguments::parse(words, options)->number("--limit", 50, 1);
    ASSERT_EQ(number.has_value(), c.want.has_value());
    if (number) {
      EXPECT_EQ(*number, *c.want);
    }
  }
  EXPECT_EQ(*Arguments().number("--limit", 50, 1), 50);
}

TEST(ArgumentsTest, NearestForgivesSlipsAndNoMore) {
  const std::string_view known[] = {"list", "show", "cancel", "release", "pause", "resume"};
  const struct {
    const char* word;
    const char* want;
  } cases[] = {
      {"lst", "list"},
      {"lsit", "list"},
      {"LIST", "list"},
      {"canel", "cancel"},
      {"cancell", "cancel"},
      {"rel", "release"},
      {"resum", "resume"},
      {"delete", ""},
      {"", ""},
      {"qqqqqqqqqqqq", ""},
      {"x", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(nearest(c.word, known), c.want) << c.word;
  EXPECT_EQ(nearest(std::string(100'000, 'l'), known), "") << "nothing is spent on long words";
}

}  // namespace
}  // namespace smtpapi::ctl
