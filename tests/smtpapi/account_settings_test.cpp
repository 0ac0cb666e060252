#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

TEST(AccountSettingsTest, TakesBothShapes) {
  for (const char* file : {R"({"footer":{"settings":{"enable":1,"text/plain":"Bye"}}})",
                           R"({"filters":{"footer":{"settings":{"enable":1,"text/plain":"Bye"}}}})",
                           "\xEF\xBB\xBF{\"footer\":{\"settings\":{\"text/plain\":\"Bye\"}}}\n"}) {
    SCOPED_TRACE(file);
    const ParsedFilters parsed = parse_account_settings(file);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_THAT(texts(parsed.warnings), IsEmpty());
    ASSERT_THAT(parsed.filters, ElementsAre(Key("footer")));
    EXPECT_EQ(parsed.filters.at("footer").value("text/plain"), "Bye");
  }
}

TEST(AccountSettingsTest, NothingIsNothing) {
  for (const char* file :
       {"", " \n", "{}", "{\"filters\":{}}", "{\"filters\":null}", "{\"filters\":[]}"}) {
    const ParsedFilters parsed = parse_account_settings(file);
    EXPECT_THAT(texts(parsed.problems), IsEmpty()) << file;
    EXPECT_THAT(texts(parsed.warnings), IsEmpty()) << file;
    EXPECT_TRUE(parsed.filters.empty());
  }
}

TEST(AccountSettingsTest, ProblemsNameLineAndColumnOfTheFile) {
  const struct {
    const char* file;
    const char* want;
  } cases[] = {
      {"{\n  \"footer\": {\n    settings: 1\n  }\n}\n",
       R"(line 3, column 5: not JSON: expected a key in double quotes, found "settings")"},
      {"{\n\"footer\": {}\n",
       "line 3, column 1: not JSON: expected ',' or '}' after the value of 'footer', found the end "
       "of the text"},
      {"[]", "line 1, column 1: the settings are an array: they must be an object"},
      {"\n 5", "line 2, column 2: the settings are a number: they must be an object"},
      {"{\"filters\": 5}", "line 1, column 13: 'filters' is a number: it must be an object"},
      {"{\n// off for now\n}",
       R"(line 2, column 1: not JSON: expected a key in double quotes, found "/": JSON has no comments)"},
      {"{\"footer\":{\"settings\":{\"text/plain\":\"caf\xE9\"}}}",
       "line 1, column 41: octet 0xE9 is not UTF-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    const ParsedFilters parsed = parse_account_settings(c.file);
    EXPECT_THAT(texts(parsed.problems), ElementsAre(c.want));
    EXPECT_TRUE(parsed.filters.empty());
  }
}

TEST(AccountSettingsTest, WarnsOfWhatHasNoEffect) {
  const struct {
    const char* file;
    const char* want;
  } cases[] = {
      {"{\n \"footr\": {\"settings\":{\"enable\":1}}}",
       R"(line 2, column 2: unknown filter "footr" ignored)"},
      {R"({"footer":{"settings":{"enable":1,"colour":"red"}}})",
       R"(line 1, column 35: filter "footer": unknown setting "colour" ignored)"},
      {R"({"bypass_list_management":{"settings":{"enable":1}}})",
       R"(line 1, column 2: filter "bypass_list_management" is ignored: it is no account setting)"},
      {R"({"templates":{"settings":{"enable":1,"template_id":"a"}}})",
       R"(line 1, column 2: filter "templates" is ignored: it is no account setting)"},
      {R"({"dkim":{"settings":{"use_from":1}}})",
       R"(line 1, column 2: filter "dkim" is off here: what it needs is not part of this set-up, the mail goes out without it)"},
      {R"({"filters":{},"asm_groups":{"1":{}}})",
       "line 1, column 15: 'asm_groups' has no effect: groups are kept in the store, see "
       "'smtpapictl group'"},
      {R"({"asm_groups":{"1":{}}})",
       "line 1, column 2: 'asm_groups' has no effect: groups are kept in the store, see "
       "'smtpapictl group'"},
      {R"({"filters":{},"sub":{}})", R"(line 1, column 15: unknown key "sub" ignored)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    const ParsedFilters parsed = parse_account_settings(c.file);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_THAT(texts(parsed.warnings), ElementsAre(c.want));
  }
}

TEST(AccountSettingsTest, ListsWhoIsAlwaysSentTo) {  // SUPP-4
  for (const char* list :
       {R"("a@example.org example.net")", R"(["a@example.org", "example.net"])"}) {
    const ParsedFilters parsed = parse_account_settings(
        std::string(R"({"addresswhitelist":{"settings":{"enable":1,"list":)") + list + "}}}");
    EXPECT_TRUE(parsed.warnings.empty());
    ASSERT_TRUE(parsed.filters.contains("addresswhitelist"));
    EXPECT_EQ(parsed.filters.at("addresswhitelist").value("list"), "a@example.org example.net");
  }
}

}  // namespace
}  // namespace smtpapi
