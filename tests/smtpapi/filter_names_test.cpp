#include "smtpapi/filter_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "smtpapi/numeric.h"

namespace smtpapi {
namespace {

TEST(FilterNamesTest, KnowsTheTableOfSection10) {
  const auto active = FilterStatus::active;
  const auto off = FilterStatus::off;
  const auto ignored = FilterStatus::ignored;
  const struct {
    const char* name;
    FilterStatus status;
    std::vector<std::string_view> settings;
  } cases[] = {
      {"bcc", active, {"email"}},
      {"bypass_list_management", active, {}},
      {"bypass_spam_management", active, {}},
      {"bypass_bounce_management", active, {}},
      {"bypass_unsubscribe_management", active, {}},
      {"clicktrack", active, {"enable_text"}},
      {"dkim", off, {"domain", "use_from"}},
      {"domainkeys", ignored, {"domain", "sender"}},
      {"footer", active, {"text/html", "text/plain"}},
      {"forwardspam", ignored, {"email"}},
      {"ganalytics",
       active,
       {"utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"}},
      {"gravatar", active, {}},
      {"opentrack", active, {"replace"}},
      {"spamcheck", off, {"maxscore", "max_score", "url"}},
      {"subscriptiontrack", active, {"text/html", "text/plain", "replace"}},
      {"template", active, {"text/html"}},
      {"templates", off, {"template_id"}},
      {"drop", ignored, {}},
      {"twitter", ignored, {}},
      {"newrelic", ignored, {}},
      {"sendwithus", ignored, {}},
      {"eventnotify", ignored, {}},
      {"addresswhitelist", FilterStatus::account, {"list"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const FilterName* const filter = find_filter(c.name);
    ASSERT_NE(filter, nullptr);
    EXPECT_EQ(filter->name, c.name);
    EXPECT_EQ(filter->status, c.status);
    EXPECT_THAT(filter->settings, testing::ElementsAreArray(c.settings));
  }
}

TEST(FilterNamesTest, NamesAreMatchedExactly) {
  for (const char* name : {"", "Footer", "footers", "foote", " footer", "a", "zzz", "bypass"}) {
    EXPECT_EQ(find_filter(name), nullptr) << name;
  }
}

TEST(FilterNamesTest, KnowsOnFromOff) {
  for (const char* on : {"1", "true", "TRUE", "True", "on", "ON", "2", "-1", "0.5", "1.0", " 1 ",
                         "1e3", "1e-400", "+1", "01"}) {
    EXPECT_TRUE(is_on(on)) << on;
  }
  for (const char* off :
       {"",   "0",  "false", "FALSE", "off", "Off", "no",    "yes",    "y",   "enabled", "0.0",
        "-0", "00", "0e5",   "null",  "1x",  "0x1", "true1", "on off", "inf", "nan",     "."}) {
    EXPECT_FALSE(is_on(off)) << off;
  }
}

TEST(NumericTest, ReadsWhatClientsTakeForNumbers) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  const struct {
    const char* text;
    std::int64_t whole;
    bool is_whole;
    bool is_zero;
  } cases[] = {
      {"0", 0, true, true},
      {"-0", 0, true, true},
      {"17", 17, true, false},
      {"-17", -17, true, false},
      {"+5", 5, true, false},
      {" 17\t", 17, true, false},
      {"007", 7, true, false},
      {"1.9", 1, false, false},
      {"-1.9", -1, false, false},
      {"12.000", 12, true, false},
      {".5", 0, false, false},
      {"5.", 5, true, false},
      {"1e3", 1000, true, false},
      {"1.7E+9", 1700000000, true, false},
      {"-1e3", -1000, true, false},
      {"15e-1", 1, false, false},
      {"1e-400", 0, false, false},
      {"0e9", 0, true, true},
      {"1e400", most, true, false},
      {"-1e400", least, true, false},
      {"9223372036854775807", most, true, false},
      {"9223372036854775808", most, true, false},
      {"-99999999999999999999", least, true, false},
      {"1e19", most, true, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto number = read_number(c.text);
    ASSERT_TRUE(number);
    EXPECT_EQ(number->whole, c.whole);
    EXPECT_EQ(number->is_whole, c.is_whole);
    EXPECT_EQ(number->is_zero, c.is_zero);
  }
  for (const char* text :
       {"",     " ",   "-",     "+",   ".",   "-.",  "e5",  ".e5",   "1e",       "1e+",       "1 2",
        "0x10", "1,5", "1.2.3", "inf", "nan", "--1", "+-1", "1e5.0", "tomorrow", "2024-01-01"}) {
    EXPECT_FALSE(read_number(text)) << text;
  }
}

}  // namespace
}  // namespace smtpapi
