#include "milter/ini.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(IniTest, ReadsValuesAsWritten) {
  const struct {
    const char* why;
    const char* line;
    const char* want;
  } cases[] = {
      {"plain", "key = value", "value"},
      {"no blanks", "key=value", "value"},
      {"blanks around", "\t key \t=  value \t", "value"},
      {"CRLF file", "key = value\r", "value"},
      {"empty value", "key =", ""},
      {"LIB-49: # inside a value stays", "key = abc#def", "abc#def"},
      {"LIB-49: # behind a blank is a comment", "key = abc #def", "abc"},
      {"LIB-49: # behind a tab is a comment", "key = abc\t# def", "abc"},
      {"a value of nothing but a comment", "key = # none", ""},
      {"; inside a value stays", "key = a ; b;c", "a ; b;c"},
      {"quotes are part of the value", "key = \"a b\"", "\"a b\""},
      {"only the first = counts", "key = a=127.0.0.1:1 b=c", "a=127.0.0.1:1 b=c"},
      {"8-bit text", "key = gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const IniFile file = parse_ini(std::string("[s]\n") + c.line + "\n");
    EXPECT_TRUE(file.mistakes.empty());
    ASSERT_EQ(file.entries.size(), 1u);
    EXPECT_EQ(file.entries[0].section, "s");
    EXPECT_EQ(file.entries[0].key, "key");
    EXPECT_EQ(file.entries[0].value, c.want);
    EXPECT_EQ(file.entries[0].line, 2u);
  }
}

TEST(IniTest, SkipsCommentsAndBlankLines) {
  const IniFile file = parse_ini(
      "\xEF\xBB\xBF# first\n"
      "\n"
      "  ; second = x\n"
      "\t# third = y\n"
      "[ a ] # behind a section\n"
      "one = 1\n"
      "[b]\r\n"
      "two = 2");
  EXPECT_TRUE(file.mistakes.empty());
  ASSERT_EQ(file.entries.size(), 2u);
  EXPECT_EQ(file.entries[0].section, "a");
  EXPECT_EQ(file.entries[0].line, 6u);
  EXPECT_EQ(file.entries[1].section, "b");
  EXPECT_EQ(file.entries[1].value, "2");
  EXPECT_EQ(file.entries[1].line, 8u);
}

TEST(IniTest, ReportsWhatItCannotRead) {
  const struct {
    const char* why;
    std::string line;
    const char* want;
  } cases[] = {
      {"no =", "[s]\nkey value", "expected 'key = value'"},
      {"no key", "[s]\n= value", "expected 'key = value'"},
      {"an open section", "[s]\n[t", "a section is written [name]"},
      {"a section with a tail", "[s]\n[t] x", "a section is written [name]"},
      {"a key before any section", "\nkey = value", "'key' stands before the first [section]"},
      {"NUL", std::string("[s]\nkey = a\0b", 13), "a control character"},
      {"a bare CR in the middle", "[s]\nkey = a\rother = b", "a control character"},
      {"escape", "[s]\nkey = \x1B[31m", "a control character"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const IniFile file = parse_ini(c.line);
    EXPECT_TRUE(file.entries.empty());
    ASSERT_EQ(file.mistakes.size(), 1u);
    EXPECT_EQ(file.mistakes[0].line, 2u);
    EXPECT_NE(file.mistakes[0].text.find(c.want), std::string::npos) << file.mistakes[0].text;
  }
}

TEST(IniTest, GoesOnBehindAMistake) {
  const IniFile file = parse_ini("[s]\nwrong\nright = 1\nwrong again\n");
  ASSERT_EQ(file.entries.size(), 1u);
  EXPECT_EQ(file.entries[0].key, "right");
  EXPECT_EQ(file.mistakes.size(), 2u);
}

}  // namespace
}  // namespace smtpapi
