#include "smtpapi/header_text.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(HeaderTextTest, EveryFoldIsOneSpace) {
  const struct {
    const char* why;
    std::string_view raw;
    std::string_view want;
  } cases[] = {
      {"no fold", R"({"a":1})", R"({"a":1})"},
      {"empty", "", ""},
      {"the blank behind the colon is not the value's", " \t{}", "{}"},
      {"HDR-5: blank replaced by newline and three", "{\"category\":\r\n   \"spring sale\"}",
       R"({"category": "spring sale"})"},
      {"HDR-5: newline before an existing blank", "{\"category\": \"spring\r\n sale\"}",
       R"({"category": "spring sale"})"},
      {"HDR-5: a tab fold leaves no tab", "\"spring\r\n\tsale\"", R"("spring sale")"},
      {"libmilter's LF", "a\n   b", "a b"},
      {"CR alone", "a\r   b", "a b"},
      {"LM-23: LF and many blanks", "a\n \t \t b", "a b"},
      {"each fold on its own", "a\r\n \r\n b", "a  b"},
      {"blanks before the break stay", "a \r\n b", "a  b"},
      {"tabs within a line stay", "a\tb\r\n c", "a\tb c"},
      {"HDR-6: in the middle of a token", "ann@exam\r\n   ple.org", "ann@exam ple.org"},
      {"begins with a fold", " \r\n {}", " {}"},
      {"ends in a fold", "{}\r\n  ", "{} "},
      {"CRLF twice in a row", "a\r\n\r\nb", "a  b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(HeaderText::from_value(c.raw).text(), c.want);
  }
}

TEST(HeaderTextTest, FindsThePlaceInTheFoldedValue) {
  // Line 1: {"a":        Line 2: three blanks, "b",     Line 3: a tab, "c"}
  const HeaderText text = HeaderText::from_value(" {\"a\":\r\n   \"b\",\r\n\t\"c\"}");
  ASSERT_EQ(text.text(), R"({"a": "b", "c"})");
  const struct {
    char octet;
    std::size_t offset;
    Place want;
  } cases[] = {
      {'{', 0, {1, 1}}, {':', 4, {1, 5}},  {' ', 5, {1, 6}},  {'"', 6, {2, 4}},
      {',', 9, {2, 7}}, {' ', 10, {2, 8}}, {'"', 11, {3, 2}}, {'}', 14, {3, 5}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.offset);
    EXPECT_EQ(text.text()[c.offset], c.octet);
    EXPECT_EQ(text.place(c.offset).line, c.want.line);
    EXPECT_EQ(text.place(c.offset).column, c.want.column);
  }
  EXPECT_EQ(text.place(15).column, 6u) << "the end of the text";
}

TEST(HeaderTextTest, PlacesOfAnEmptyText) {
  EXPECT_EQ(HeaderText().place(0).line, 1u);
  EXPECT_EQ(HeaderText::from_value("").place(0).column, 1u);
}

TEST(HeaderTextTest, CountsTheFieldAsTheMtaDoes) {
  EXPECT_EQ(HeaderText::from_value(" {}").longest_field, std::string("X-SMTPAPI: {}").size());
  EXPECT_EQ(HeaderText::from_value("a\r\n b").longest_field, std::string("X-SMTPAPI:a\n b").size());
}

TEST(HeaderTextTest, KnowsItsFields) {
  for (const char* name : {"X-SMTPAPI", "x-smtpapi", "X-SmtpApi-Part", "X-SMTPAPI-PART"}) {
    EXPECT_TRUE(is_header_of_ours(name)) << name;
  }
  for (const char* name :
       {"", "X-SMTPAPI2", "X-SMTPAP", "X-SMTPAPI-Parts", "SMTPAPI", "X-SMTPAPI "}) {
    EXPECT_FALSE(is_header_of_ours(name)) << name;
  }
}

}  // namespace
}  // namespace smtpapi
