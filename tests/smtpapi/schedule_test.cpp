#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Strings = std::vector<std::string>;

TEST(ScheduleTest, ReadsSendAt) {
  const struct {
    const char* why;
    const char* value;
    std::optional<std::int64_t> want;
  } cases[] = {
      {"SCH-1", "1700000060", 1700000060},
      {"SCH-5: 0", "0", 0},
      {"SCH-5: the past", "1000000000", 1000000000},
      {"SCH-6: negative is the past", "-5", -5},
      {"SCH-6: in quotes", R"("1700000060")", 1700000060},
      {"in quotes with blanks", R"(" 1700000060 ")", 1700000060},
      {"SCH-6: a fraction is cut", "1700000060.99", 1700000060},
      {"SCH-6: a fraction in quotes", R"("1700000060.5")", 1700000060},
      {"an exponent", "1.70000006e9", 1700000060},
      {"SCH-6: an array of one", "[1700000060]", 1700000060},
      {"an array of one in quotes", R"(["1700000060"])", 1700000060},
      {"an empty array is none", "[]", std::nullopt},
      {"SCH-4: the last second", "1731622400", unix_now + 366 * 86'400},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(R"({"send_at":)" + std::string(c.value) + "}");
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_THAT(texts(parsed.warnings), IsEmpty());
    EXPECT_EQ(parsed.document.send_at, c.want);
  }
}

TEST(ScheduleTest, ReadsSendEachAt) {
  const struct {
    const char* why;
    const char* value;
    std::vector<std::int64_t> want;
  } cases[] = {
      {"SCH-2", "[1700000060,1700000120]", {1700000060, 1700000120}},
      {"SCH-6: mixed spellings",
       R"(["1700000060",1700000120.7,0,-1])",
       {1700000060, 1700000120, 0, -1}},
      {"SCH-6: empty counts as absent", "[]", {}},
      {"one number for an array of one", "1700000060", {1700000060}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(R"({"send_each_at":)" + std::string(c.value) + "}");
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_EQ(parsed.document.send_each_at, c.want);
  }
}

TEST(ScheduleTest, TellsWhatIsWrong) {
  const struct {
    const char* why;
    const char* value;
    const char* want;
  } cases[] = {
      {"a word", R"({"send_at":"soon"})",
       R"(line 1, column 12: 'send_at' is "soon": it must be a Unix time in seconds)"},
      {"a date", R"({"send_at":"2030-01-01"})",
       R"(line 1, column 12: 'send_at' is "2030-01-01": it must be a Unix time in seconds)"},
      {"empty", R"({"send_at":""})",
       R"(line 1, column 12: 'send_at' is "": it must be a Unix time in seconds)"},
      {"a boolean", R"({"send_at":true})",
       "line 1, column 12: 'send_at' is a boolean: it must be a Unix time in seconds"},
      {"an object", R"({"send_at":{}})",
       "line 1, column 12: 'send_at' is an object: it must be a Unix time in seconds"},
      {"an array of one word", R"({"send_at":["x"]})",
       R"(line 1, column 13: 'send_at' is "x": it must be a Unix time in seconds)"},
      {"an array of null", R"({"send_at":[null]})",
       "line 1, column 13: 'send_at' is null: it must be a Unix time in seconds"},
      {"two times", R"({"send_at":[1,2]})",
       "line 1, column 12: 'send_at' has 2 times: use 'send_each_at' for one per recipient"},
      {"SCH-4: a second too far", R"({"send_at":1731622401})",
       "line 1, column 12: 'send_at' is 1731622401, further ahead than is allowed"},
      {"SCH-4: milliseconds", R"({"send_at":1700000060000})",
       "line 1, column 12: 'send_at' is 1700000060000, further ahead than is allowed: it looks "
       "like milliseconds, write seconds"},
      {"SCH-4: milliseconds in quotes", R"({"send_at":"1700000060000"})",
       "line 1, column 12: 'send_at' is 1700000060000, further ahead than is allowed: it looks "
       "like milliseconds, write seconds"},
      {"SCH-4: more than 64 bits", R"({"send_at":99999999999999999999})",
       "line 1, column 12: 'send_at' is 99999999999999999999, further ahead than is allowed"},
      {"SCH-4: more than a double", R"({"send_at":1e999})",
       "line 1, column 12: 'send_at' is 1e999, further ahead than is allowed"},
      {"an entry", R"({"send_each_at":[1,"x"]})",
       R"(line 1, column 20: 'send_each_at' entry 2 is "x": it must be a Unix time in seconds)"},
      {"an entry of null", R"({"send_each_at":[null,1]})",
       "line 1, column 18: 'send_each_at' entry 1 is null: it must be a Unix time in seconds"},
      {"an entry too far", R"({"send_each_at":[1,1700000060000]})",
       "line 1, column 20: 'send_each_at' entry 2 is 1700000060000, further ahead than is allowed: "
       "it looks like milliseconds, write seconds"},
      {"no array", R"({"send_each_at":{"0":1}})",
       "line 1, column 17: 'send_each_at' is an object: it must be a Unix time in seconds"},
      {"SCH-3: both", R"({"send_at":1,"send_each_at":[1]})",
       "line 1, column 14: 'send_at' and 'send_each_at' exclude each other: send only one"},
      {"SCH-3: 0 is a time", R"({"send_each_at":[0],"send_at":0})",
       "line 1, column 2: 'send_at' and 'send_each_at' exclude each other: send only one"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(texts(parse(c.value).problems), ElementsAre(c.want));
  }
}

TEST(ScheduleTest, TimesOfNobodyAreNotLookedAt) {  // SCH-2
  const struct {
    const char* why;
    const char* value;
    std::size_t recipients;
    bool is_good;
  } cases[] = {
      {"of `to`", R"({"to":["a@x.org"],"send_each_at":[1,"x"]})", 2, true},
      {"of the envelope", R"({"send_each_at":[1,"x"]})", 1, true},
      {"of the envelope, too far", R"({"send_each_at":[1,2,1700000060000]})", 2, true},
      {"no surplus in `to`", R"({"to":["a@x.org","b@x.org"],"send_each_at":[1,"x"]})", 1, false},
      {"no surplus in the envelope", R"({"send_each_at":[1,"x"]})", 2, false},
      {"an empty `to` is none", R"({"to":[],"send_each_at":[1,"x"]})", 1, true},
      {"an envelope that is not known", R"({"send_each_at":[1,"x"]})", 0, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(parse(c.value, {}, c.recipients).problems.empty(), c.is_good);
  }
}

TEST(ScheduleTest, AbsentOnesDoNotExcludeEachOther) {
  for (const char* value :
       {R"({"send_at":1,"send_each_at":[]})", R"({"send_at":1,"send_each_at":null})",
        R"({"send_at":null,"send_each_at":[1]})", R"({"send_at":[],"send_each_at":[1]})"}) {
    EXPECT_THAT(texts(parse(value).problems), IsEmpty()) << value;
  }
}

TEST(ScheduleTest, SurplusTimesAreNotLookedAt) {  // SCH-2
  const ParsedHeader parsed =
      parse(R"({"to":["a@x","b@x"],"send_each_at":[1,2,9999999999999,"x"]})");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(parsed.document.send_each_at, ElementsAre(1, 2));
}

TEST(ScheduleTest, TheLimitIsConfigured) {
  Limits limits;
  limits.schedule_ahead = std::chrono::hours(72);
  EXPECT_THAT(parse(R"({"send_at":1700259200})", limits).problems, IsEmpty());
  EXPECT_EQ(parse(R"({"send_at":1700259201})", limits).problems.size(), 1u);
  limits.schedule_ahead = std::chrono::seconds::max();
  EXPECT_THAT(parse(R"({"send_at":9223372036854775807})", limits).problems, IsEmpty());
}

}  // namespace
}  // namespace smtpapi
