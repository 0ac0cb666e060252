#include "milter/ctl/output.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace smtpapi::ctl {
namespace {

using std::chrono::days;

TEST(OutputTest, ShownHoldsNothingThatATerminalObeys) {
  const struct {
    const char* why;
    const char* text;
    const char* want;
  } cases[] = {
      {"plain", "Grüße", "Grüße"},
      {"escape", "\x1B[2J", "?[2J"},
      {"C1 as UTF-8",
       "a\xC2\x9B"
       "31m",
       "a?31m"},
      {"no-break space stays", "a\xC2\xA0z", "a\xC2\xA0z"},
      {"right-to-left override",
       "ab\xE2\x80\xAE"
       "cd",
       "ab?cd"},
      {"isolate", "\xE2\x81\xA7x", "?x"},
      {"line separator", "a\xE2\x80\xA8z", "a?z"},
      {"a dash of the same block", "a\xE2\x80\x93z", "a\xE2\x80\x93z"},
      {"latin-1", "caf\xE9", "caf?"},
  };
  for (const auto& c : cases) EXPECT_EQ(shown(c.text), c.want) << c.why;
}

TEST(OutputTest, TableAlignsByCharacters) {
  Table table({{"ID", Table::Align::right, 4}, {"WHO"}, {"WHAT"}});
  table.add({"1", "Zoë", "first"});
  table.add({"12345", "Ann", ""});
  table.note("why not");
  EXPECT_EQ(table.text(),
            "   ID  WHO  WHAT\n"
            "    1  Zoë  first\n"
            "12345  Ann\n"
            "            why not\n");
  EXPECT_EQ(Table({{"A"}, {"B"}}).text(), "A  B\n");
}

TEST(OutputTest, PagesOfATableAreAlike) {
  const auto page = [](const std::string& id) {
    Table table({{"ID", Table::Align::right, 7}, {"WHO"}});
    table.add({id, "x"});
    return table.text(Table::Titles::left_out);
  };
  EXPECT_EQ(page("1"), "      1  x\n");
  EXPECT_EQ(page("1234"), "   1234  x\n");
}

TEST(OutputTest, RelativeTimeNamesTheTwoLargestUnits) {
  const Time now = from_unix(1'800'000'000);
  const struct {
    seconds ahead;
    const char* want;
  } cases[] = {
      {seconds(0), "now"},
      {seconds(1), "in 1 s"},
      {seconds(-59), "59 s ago"},
      {seconds(60), "in 1 min"},
      {seconds(61), "in 1 min 1 s"},
      {seconds(3 * 3600 + 20 * 60 + 5), "in 3 h 20 min"},
      {seconds(-3600), "1 h ago"},
      {days(40), "in 40 d"},
      {days(-366) - seconds(7200), "366 d 2 h ago"},
  };
  for (const auto& c : cases) EXPECT_EQ(relative_time(now + c.ahead, now), c.want);
}

TEST(OutputTest, LocalTimeFollowsTheZone) {
  setenv("TZ", "XYZ-2", 1);  // two hours east of Greenwich
  tzset();
  EXPECT_EQ(local_time(from_unix(0)), "1970-01-01 02:00:00");
  EXPECT_EQ(local_time(from_unix(1'803'898'800)), "2027-03-01 13:00:00");
  unsetenv("TZ");
  tzset();
}

TEST(OutputTest, LocalTimeOfAnAbsurdTimeIsStillSomething) {
  EXPECT_EQ(local_time(from_unix(INT64_MAX)), "9223372036854775807 (Unix seconds)");
}

TEST(OutputTest, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(9995), "9,995");
  EXPECT_EQ(grouped(31457280), "31,457,280");
  EXPECT_EQ(counted(1, "copy", "copies"), "1 copy");
  EXPECT_EQ(counted(0, "copy", "copies"), "0 copies");
}

TEST(OutputTest, WrapsAtBlanks) {
  EXPECT_EQ(wrapped("a bb ccc dddd", 2, 8), "a bb\n  ccc\n  dddd");
  EXPECT_EQ(wrapped("longerthanwide x", 0, 6), "longerthanwide\nx");
  EXPECT_EQ(wrapped("", 4), "");
}

}  // namespace
}  // namespace smtpapi::ctl
