#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

ExtractedHeader extract(const std::string& fields) {
  return extract_header(
      Message(to_crlf("Subject: hi\n" + fields + "From: a@example.org\n\nbody\n")));
}

TEST(ExtractHeaderTest, JoinsTheFields) {
  const struct {
    const char* why;
    const char* fields;
    const char* want;
  } cases[] = {
      {"one field", "X-SMTPAPI: {}\n", "{}"},
      {"HDR-1: any case", "x-Smtpapi:{}\n", "{}"},
      {"empty value", "X-SMTPAPI:\n", ""},
      {"folded", "X-SMTPAPI: {\"a\":\n   1}\n", "{\"a\": 1}"},
      {"HDR-3: the topmost counts", "X-SMTPAPI: {\"a\":1}\nX-SMTPAPI: {\"b\":2}\n", "{\"a\":1}"},
      {"HDR-11: continued", "X-SMTPAPI: {\"a\nX-SMTPAPI-Part: 2/2 b\":1}\n", "{\"ab\":1}"},
      {"order in the message does not matter",
       "X-SMTPAPI-Part: 3/3 c\nX-SMTPAPI: a\nx-smtpapi-part: 2/3 b\n", "abc"},
      {"parts alone", "X-SMTPAPI-Part: 2/2 b\nX-SMTPAPI-Part: 1/2 a\n", "ab"},
      {"one part alone", "X-SMTPAPI-Part: 1/1 {}\n", "{}"},
      {"more than nine",
       "X-SMTPAPI-Part: 10/10 j\nX-SMTPAPI-Part: 9/10 i\nX-SMTPAPI: a\n"
       "X-SMTPAPI-Part: 2/10 b\nX-SMTPAPI-Part: 3/10 c\nX-SMTPAPI-Part: 4/10 d\n"
       "X-SMTPAPI-Part: 5/10 e\nX-SMTPAPI-Part: 6/10 f\nX-SMTPAPI-Part: 7/10 g\n"
       "X-SMTPAPI-Part: 8/10 h\n",
       "abcdefghij"},
      {"one blank belongs to the syntax, the next is text",
       "X-SMTPAPI: \"Ann\nX-SMTPAPI-Part: 2/2  Lee\"\n", "\"Ann Lee\""},
      {"blanks at the end of a part are text", "X-SMTPAPI: \"Ann \nX-SMTPAPI-Part: 2/2 Lee\"\n",
       "\"Ann Lee\""},
      {"a fold is the blank behind the number", "X-SMTPAPI: \"a\nX-SMTPAPI-Part: 2/2\n   b\"\n",
       "\"ab\""},
      {"a fold within a part", "X-SMTPAPI: \"a\nX-SMTPAPI-Part: 2/2 b\n   c\"\n", "\"ab c\""},
      {"a fold that begins the text", "X-SMTPAPI: \"a\nX-SMTPAPI-Part: 2/2 \n   c\"\n", "\"a c\""},
      {"joined before unfolding: blanks of one fold in two parts",
       "X-SMTPAPI: \"a\n  \nX-SMTPAPI-Part: 2/2   b\"\n", "\"a b\""},
      {"a part without text", "X-SMTPAPI: a\nX-SMTPAPI-Part: 2/3\nX-SMTPAPI-Part: 3/3 c\n", "ac"},
      {"a tab behind the number", "X-SMTPAPI: a\nX-SMTPAPI-Part: 2/2\tb\n", "ab"},
      {"a fold before the number", "X-SMTPAPI: \"a\nX-SMTPAPI-Part:\n 2/2 b\"\n", "\"ab\""},
      {"no blank behind the colon", "X-SMTPAPI:a\nX-SMTPAPI-Part:2/2 b\n", "ab"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ExtractedHeader header = extract(c.fields);
    EXPECT_TRUE(header.present);
    EXPECT_TRUE(header.problems.empty()) << to_string(header.problems.front());
    EXPECT_EQ(header.text.text(), c.want);
  }
}

TEST(ExtractHeaderTest, TellsWhatIsWrongWithTheParts) {
  const struct {
    const char* why;
    const char* fields;
    std::vector<std::string> want;
  } cases[] = {
      {"missing", "X-SMTPAPI: a\nX-SMTPAPI-Part: 3/3 c\n", {"of 3 parts number 2 is missing"}},
      {"several missing",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: 9/9 c\n",
       {"of 9 parts number 2, 3, 4, 5, 6 and 2 more are missing"}},
      {"the first missing",
       "X-SMTPAPI-Part: 2/2 b\n",
       {"of 2 parts number 1 is missing: part 1 is the X-SMTPAPI field, or an X-SMTPAPI-Part 1"}},
      {"doubled",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: 2/2 b\nX-SMTPAPI-Part: 2/2 b\n",
       {"X-SMTPAPI-Part 2/2 is there twice"}},
      {"part 1 beside the field",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: 1/2 a\nX-SMTPAPI-Part: 2/2 b\n",
       {"X-SMTPAPI-Part 1/2 beside X-SMTPAPI, which is part 1 itself: begin with 2/2"}},
      {"part 1 twice without the field",
       "X-SMTPAPI-Part: 1/1 a\nX-SMTPAPI-Part: 1/1 a\n",
       {"X-SMTPAPI-Part 1/1 is there twice"}},
      {"totals differ",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: 2/3 b\nX-SMTPAPI-Part: 3/4 c\n",
       {"X-SMTPAPI-Part 3/4 does not fit 3 parts as another one says"}},
      {"no number",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: more\n",
       {R"(X-SMTPAPI-Part begins with " more": it must begin with its number, as in "2/4 ", at most 1000)"}},
      {"all at once",
       "X-SMTPAPI: a\nX-SMTPAPI-Part: x\nX-SMTPAPI-Part: 4/4 d\nX-SMTPAPI-Part: 4/4 d\n",
       {R"(X-SMTPAPI-Part begins with " x": it must begin with its number, as in "2/4 ", at most 1000)",
        "X-SMTPAPI-Part 4/4 is there twice", "of 4 parts number 2, 3 are missing"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ExtractedHeader header = extract(c.fields);
    EXPECT_TRUE(header.present);
    std::vector<std::string> problems;
    for (const Remark& problem : header.problems) problems.push_back(to_string(problem));
    EXPECT_EQ(problems, c.want);
    EXPECT_EQ(header.text.text(), "") << "half a header is not read";
  }
}

TEST(ExtractHeaderTest, RefusesNumbersThatAreNone) {
  for (const char* number : {"",
                             "2",
                             "/",
                             "2/",
                             "/2",
                             "2/2x",
                             "2/2{",
                             "a/b",
                             "0/2",
                             "3/2",
                             "-1/2",
                             "2 /2",
                             "2/ 2",
                             "1.0/2",
                             "2/1001",
                             "1001/1001",
                             "2/99999999999999999999",
                             "99999999999999999999/2",
                             "18446744073709551618/2",
                             "\xD9\xA2/2"}) {
    SCOPED_TRACE(number);
    const auto header = extract("X-SMTPAPI: {}\nX-SMTPAPI-Part: " + std::string(number) + "\n");
    EXPECT_EQ(header.problems.size(), 1u);
  }
}

TEST(ExtractHeaderTest, WithoutAFieldOfOursThereIsNothing) {
  const ExtractedHeader header = extract("X-SMTPAPI2: {}\nX-Other: X-SMTPAPI: {}\n");
  EXPECT_FALSE(header.present);
  EXPECT_EQ(header.text.text(), "");
  EXPECT_FALSE(extract_header(Message("")).present);
}

TEST(ExtractHeaderTest, WarnsOfSurplusFields) {
  EXPECT_TRUE(extract("X-SMTPAPI: {}\n").warnings.empty());
  const auto two = extract("X-SMTPAPI: {}\nX-Smtpapi: {}\n");
  ASSERT_EQ(two.warnings.size(), 1u);
  EXPECT_EQ(two.warnings[0].text, "1 more X-SMTPAPI field is ignored: the first one counts");
  const auto three = extract("X-SMTPAPI: {}\nX-SMTPAPI: {}\nX-SMTPAPI: {}\n");
  EXPECT_EQ(three.warnings[0].text, "2 more X-SMTPAPI fields are ignored: the first one counts");
}

TEST(ExtractHeaderTest, LinesAreCountedThroughAllParts) {
  const auto header = extract(
      "X-SMTPAPI-Part: 3/3\n"
      "    \"c\": 3}\n"                    // lines 4 and 5
      "X-SMTPAPI: {\"a\":\n"               // 1
      "  1,\n"                             // 2
      "X-SMTPAPI-Part: 2/3 \"b\": 2,\n");  // 3
  ASSERT_EQ(header.text.text(), R"({"a": 1,"b": 2,"c": 3})");
  const auto parsed = parse_header(header.text, {}, Time());
  ASSERT_EQ(parsed.warnings.size(), 3u);
  EXPECT_EQ(to_string(parsed.warnings[0]), R"(line 1, column 2: unknown key "a" ignored)");
  EXPECT_EQ(to_string(parsed.warnings[1]), R"(line 3, column 5: unknown key "b" ignored)");
  EXPECT_EQ(to_string(parsed.warnings[2]), R"(line 5, column 5: unknown key "c" ignored)");
}

TEST(ExtractHeaderTest, MeasuresTheLongestField) {
  EXPECT_EQ(extract("X-SMTPAPI: {}\n").text.longest_field, 13u);
  EXPECT_EQ(extract("X-SMTPAPI: {\n }\n").text.longest_field, 15u);
  EXPECT_EQ(extract("X-SMTPAPI: {\nX-SMTPAPI-Part: 2/2 }\n").text.longest_field, 21u);
}

TEST(ExtractHeaderTest, AThousandPartsInAnyOrder) {
  std::string fields;
  std::string want;
  for (int i = 1000; i >= 1; --i) {
    fields += "X-SMTPAPI-Part: " + std::to_string(i) + "/1000 <" + std::to_string(i) + ">\n";
  }
  for (int i = 1; i <= 1000; ++i) want += "<" + std::to_string(i) + ">";
  EXPECT_EQ(extract(fields).text.text(), want);
}

}  // namespace
}  // namespace smtpapi
