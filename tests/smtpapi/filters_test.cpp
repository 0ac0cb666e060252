#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Strings = std::vector<std::string>;

ParsedHeader parse_filters(const std::string& filters) {
  return parse(R"({"filters":)" + filters + "}");
}

TEST(FiltersTest, ReadsEnable) {
  const struct {
    const char* why;
    const char* settings;
    std::optional<bool> want;  ///< nothing: the entry is ignored
  } cases[] = {
      {"FLT-4: 1", R"({"enable":1})", true},
      {"FLT-4: 0", R"({"enable":0})", false},
      {"FLT-4: \"1\"", R"({"enable":"1"})", true},
      {"FLT-4: \"0\"", R"({"enable":"0"})", false},
      {"FLT-4: true", R"({"enable":true})", true},
      {"FLT-4: false", R"({"enable":false})", false},
      {"FLT-4: any case", R"({"enable":"TRUE"})", true},
      {"FLT-4: off", R"({"enable":"Off","text/plain":"x"})", false},
      {"FLT-4: on", R"({"enable":"On"})", true},
      {"FLT-4: another number", R"({"enable":2})", true},
      {"FLT-4: 1.0", R"({"enable":1.0})", true},
      {"FLT-4: 0.0", R"({"enable":0.0})", false},
      {"FLT-4: null", R"({"enable":null,"text/plain":"x"})", false},
      {"FLT-4: the empty string", R"({"enable":""})", false},
      {"FLT-4: another text", R"({"enable":"yes"})", false},
      {"FLT-5: enabled", R"({"enabled":1})", true},
      {"FLT-5: enabled off", R"({"enabled":0,"text/plain":"x"})", false},
      {"FLT-5: enable wins", R"({"enabled":1,"enable":0})", false},
      {"FLT-5: enable wins, null too", R"({"enabled":1,"enable":null})", false},
      {"FLT-6: a known setting instead", R"({"text/plain":"x"})", true},
      {"FLT-6: an empty one too", R"({"text/html":""})", true},
      {"FLT-6: an unknown setting is none", R"({"color":"red"})", std::nullopt},
      {"FLT-6: nothing at all", "{}", std::nullopt},
      {"nothing at all, by PHP", "[]", std::nullopt},
      {"FLT-8: nested enable is none", R"({"enable":{"x":1}})", std::nullopt},
      {"FLT-8: nested enable beside a text", R"({"enable":[1],"text/plain":"x"})", true},
      {"a setting of null is none", R"({"text/plain":null})", std::nullopt},
      {"HDR-12: the last of equal keys", R"({"enable":1,"enable":0})", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed =
        parse_filters(R"({"footer":{"settings":)" + std::string(c.settings) + "}}");
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    const auto& filters = parsed.document.filters;
    ASSERT_EQ(filters.size(), c.want ? 1u : 0u);
    if (c.want) {
      EXPECT_EQ(filters.at("footer").enabled, *c.want);
      EXPECT_FALSE(filters.at("footer").has("enable"));
    }
  }
}

TEST(FiltersTest, ValuesBecomeText) {
  const ParsedHeader parsed = parse_filters(
      R"({"spamcheck":{"settings":{"enable":0,"maxscore":3.50,"url":true}},
          "footer":{"settings":{"enable":1,"text/html":"<b>\u00e9</b>","text/plain":12}}})");
  EXPECT_THAT(parsed.document.filters.at("spamcheck").values,
              ElementsAre(Pair("maxscore", "3.50"), Pair("url", "true")));
  EXPECT_THAT(parsed.document.filters.at("footer").values,
              ElementsAre(Pair("text/html", "<b>\xC3\xA9</b>"), Pair("text/plain", "12")));
}

TEST(FiltersTest, WhatCountsAndWhatIsToldAboutIt) {
  const struct {
    const char* why;
    const char* filters;
    bool kept;
    Strings want;
  } cases[] = {
      {"active", R"({"template":{"settings":{"enable":1,"text/html":"<% body %>"}}})", true, {}},
      {"bypass", R"({"bypass_list_management":{"settings":{"enable":1}}})", true, {}},
      {"bypass of one list", R"({"bypass_spam_management":{"settings":{"enable":"1"}}})", true, {}},
      {"off here",
       R"({"spamcheck":{"settings":{"enable":1}}})",
       true,
       {R"(line 1, column 13: filter "spamcheck" is off here: what it needs is not part of this set-up, the mail goes out without it)"}},
      {"switched off anyway", R"({"opentrack":{"settings":{"enable":0}}})", true, {}},
      {"dkim has no enable",
       R"({"dkim":{"settings":{"domain":"example.org"}}})",
       true,
       {R"(line 1, column 13: filter "dkim" is off here: what it needs is not part of this set-up, the mail goes out without it)"}},
      {"SUPP-4: an account setting",
       R"({"addresswhitelist":{"settings":{"enable":1,"list":["example.org"]}}})",
       false,
       {R"(line 1, column 13: filter "addresswhitelist" is ignored: it is an account setting)"}},
      {"withdrawn",
       R"({"domainkeys":{"settings":{"enable":1,"domain":"x"}}})",
       false,
       {R"(line 1, column 13: filter "domainkeys" is ignored: it does nothing any more)"}},
      {"withdrawn, whatever its settings",
       R"({"newrelic":{"settings":{"a":[1]}}})",
       false,
       {R"(line 1, column 13: filter "newrelic" is ignored: it does nothing any more)"}},
      {"withdrawn and off", R"({"forwardspam":{"settings":{"enable":0}}})", false, {}},
      {"FLT-8: unknown",
       R"({"blink":{"settings":{"enable":1}}})",
       false,
       {R"(line 1, column 13: unknown filter "blink" ignored)"}},
      {"FLT-1: exact case",
       R"({"Footer":{"settings":{"enable":1}}})",
       false,
       {R"(line 1, column 13: unknown filter "Footer" ignored: names are lower case, write "footer")"}},
      {"FLT-8: unknown setting",
       R"({"footer":{"settings":{"enable":1,"text":"x"}}})",
       true,
       {R"(line 1, column 46: filter "footer": unknown setting "text" ignored)"}},
      {"UNSUB-5: url and landing",
       R"({"subscriptiontrack":{"settings":{"enable":0,"url":"x"}}})",
       true,
       {R"(line 1, column 57: filter "subscriptiontrack": unknown setting "url" ignored)"}},
      {"FLT-8: nested setting",
       R"({"footer":{"settings":{"enable":1,"text/plain":{"a":1}}}})",
       true,
       {R"(line 1, column 59: filter "footer": setting "text/plain" ignored, it is an object)"}},
      {"FLT-4: neither 0 nor 1",
       R"({"footer":{"settings":{"enable":"yes"}}})",
       true,
       {R"(line 1, column 44: filter "footer" is off: "yes" is neither 0 nor 1)"}},
      {"FLT-6: no enable",
       R"({"footer":{"settings":{}}})",
       false,
       {R"(line 1, column 13: filter "footer" ignored: it has no "enable")"}},
      {"FLT-7: setting",
       R"({"footer":{"setting":{"enable":1}}})",
       false,
       {R"(line 1, column 13: filter "footer" ignored: it has no "settings", only "setting": write "settings")"}},
      {"FLT-7: flat",
       R"({"footer":{"enable":1}})",
       false,
       {R"(line 1, column 13: filter "footer" ignored: it has no "settings": put "enable" into {"settings": {...}})"}},
      {"FLT-7: empty",
       R"({"footer":{}})",
       false,
       {R"(line 1, column 13: filter "footer" ignored: it has no "settings")"}},
      {"FLT-7: empty by PHP",
       R"({"footer":[]})",
       false,
       {R"(line 1, column 13: filter "footer" ignored: it has no "settings")"}},
      {"FLT-7: a number",
       R"({"footer":1})",
       false,
       {R"(line 1, column 22: filter "footer" ignored: it is a number, it must be {"settings": {...}})"}},
      {"FLT-7: null",
       R"({"footer":null})",
       false,
       {R"(line 1, column 22: filter "footer" ignored: it is null, it must be {"settings": {...}})"}},
      {"FLT-7: settings is a string",
       R"({"footer":{"settings":"on"}})",
       false,
       {R"(line 1, column 34: filter "footer" ignored: its "settings" is a string, it must be an object)"}},
      {"beside settings",
       R"({"footer":{"settings":{"enable":1},"enable":0}})",
       true,
       {R"(line 1, column 47: filter "footer": "enable" beside "settings" is ignored)"}},
      {"templates without an id",
       R"({"templates":{"settings":{"enable":1}}})",
       true,
       {R"(line 1, column 13: filter "templates" names no "template_id")"}},
      {"templates switched off",
       R"({"templates":{"settings":{"enable":0,"template_id":"a"}}})",
       true,
       {}},
      {"repeated",
       R"({"footer":1,"footer":{"settings":{"enable":1}}})",
       true,
       {R"(line 1, column 24: "footer" is there more than once: the last one counts)"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse_filters(c.filters);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(texts(parsed.warnings), c.want);
    EXPECT_EQ(parsed.document.filters.size(), c.kept ? 1u : 0u);
  }
}

TEST(FiltersTest, ATemplateThatIsNotThereIsAProblem) {  // ERR-4, TPL-7
  EXPECT_THAT(
      texts(parse_filters(R"({"templates":{"settings":{"enable":1,"template_id":"5997fcf6"}}})")
                .problems),
      ElementsAre(
          R"(line 1, column 13: template "5997fcf6" is not known: no templates are stored here)"));
  EXPECT_THAT(
      texts(parse_filters(R"({"templates":{"settings":{"template_id":"d-12ab"}}})").problems),
      ElementsAre(
          R"(line 1, column 13: template "d-12ab" is a dynamic one: those work with the Web API only, use tags and the filter "template")"));
}

}  // namespace
}  // namespace smtpapi
