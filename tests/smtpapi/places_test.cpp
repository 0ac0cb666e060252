// What the client sees of its mistakes: line and column of the header as it was folded.
#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PlacesTest, BothFoldingStylesMeanTheSame) {  // section 2 of the rules
  for (const char* value :
       {"{\"category\":\r\n   \"spring sale\"}", "{\"category\": \"spring\r\n sale\"}",
        "{\"category\":\n   \"spring sale\"}", "{\"category\": \"spring\n\tsale\"}"}) {
    SCOPED_TRACE(value);
    const ParsedHeader parsed = parse(value);
    EXPECT_THAT(parsed.document.category, ElementsAre("spring sale"));
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_THAT(texts(parsed.warnings), IsEmpty());
  }
}

TEST(PlacesTest, ProblemsAndWarningsNameLineAndColumn) {
  const ParsedHeader parsed = parse(
      " {\"to\": [\"ann@example.org\",\r\n"  // line 1; the blank behind the colon does not count
      "   17], \"sub\": {\"-n-\":\r\n"       // line 2
      "\t[{}]}, \"x\": 1,\r\n"               // line 3
      " \"send_at\": \"soon\"}");            // line 4
  EXPECT_THAT(
      texts(parsed.problems),
      ElementsAre("line 2, column 4: 'to' entry 2 is a number: each must be a string",
                  R"(line 4, column 13: 'send_at' is "soon": it must be a Unix time in seconds)"));
  EXPECT_THAT(
      texts(parsed.warnings),
      ElementsAre(R"(line 3, column 2: tag "-n-": entry 1 is an object and counts as empty)",
                  R"(line 3, column 9: unknown key "x" ignored)"));
}

TEST(PlacesTest, SyntaxErrorsNameLineAndColumn) {
  const struct {
    const char* value;
    const char* want;
  } cases[] = {
      {"{\"a\":\r\n   x}", R"(line 2, column 4: not JSON: expected a value for 'a', found "x")"},
      {"{\"a\":\n\t\tx}", R"(line 2, column 3: not JSON: expected a value for 'a', found "x")"},
      {"{\"a\":1\r\n   ",
       "line 2, column 4: not JSON: expected ',' or '}' after the value of 'a', found the end of "
       "the text"},
      {"\r\n {\"a\" 1}",
       R"(line 2, column 7: not JSON: expected ':' after the key 'a', found "1")"},
      {"{\"a\": \"caf\r\n \xE9\"}",
       "line 2, column 2: octet 0xE9 is not UTF-8: write other characters as \\uXXXX"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    EXPECT_THAT(texts(parse(c.value).problems), ElementsAre(c.want));
  }
}

TEST(PlacesTest, WithoutAPlaceThereIsNone) {
  EXPECT_EQ(to_string(Remark{{}, "x"}), "x");
  EXPECT_EQ(to_string(Remark{{3, 14}, "x"}), "line 3, column 14: x");
}

/// Headers as the clients of the field write them.
TEST(PlacesTest, ToleratesTheSlipsOfTheClients) {
  const struct {
    const char* why;
    const char* value;
    std::size_t warnings;
  } cases[] = {
      {"empty value", "", 0},
      {"a string for the array", R"({"to":"ann@example.org"})", 0},
      {"a number in sub", R"({"to":["a@x"],"sub":{"-v-":[1.23456789]}})", 0},
      {"integers in unique_args", R"({"unique_args":{"order":1234}})", 0},
      {"enable as a string",
       R"({"filters":{"footer":{"settings":{"enable":"1","text/plain":"x"}}}})", 0},
      {"enable as a boolean", R"({"filters":{"footer":{"settings":{"enable":true}}}})", 0},
      {"enable missing", R"({"filters":{"footer":{"settings":{"text/plain":"x"}}}})", 0},
      {"setting", R"({"filters":{"footer":{"setting":{"enable":1,"text/plain":"x"}}}})", 1},
      {"no settings", R"({"filters":{"footer":{"enable":1}}})", 1},
      {"PHP's empty objects",
       R"({"to":["a@x"],"sub":[],"unique_args":[],"filters":[],"section":[]})", 0},
      {"a category of one", R"({"category":["one"]})", 0},
      {"send_at in an array", R"({"send_at":[1700000060]})", 0},
      {"send_at in quotes", R"({"send_at":"1700000060"})", 0},
      {"escaped slashes", R"({"filters":{"footer":{"settings":{"enable":1,"text\/plain":"x"}}}})",
       0},
      {"surrogate pair", R"({"category":"\ud83d\ude00"})", 0},
      {"raw UTF-8", "{\"category\":\"\xC3\xA9\"}", 0},
      {"blanks everywhere", "{ \"category\" : [ \"a\" , \"b\" ] }", 0},
      {"v3 names", R"({"personalizations":[],"categories":[]})", 2},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.warnings.size(), c.warnings);
  }
}

}  // namespace
}  // namespace smtpapi
