#include "milter/ctl/suppression_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/text.h"
#include "milter/ctl/csv_reader.h"

namespace smtpapi::ctl {
namespace {

using ::testing::HasSubstr;
using enum SuppressionList;

const Time noon = from_unix(1'800'000'000);

TEST(SuppressionCsvTest, ReadsMoments) {
  const struct {
    const char* text;
    std::int64_t want;
  } cases[] = {
      {"1700000000", 1'700'000'000},
      {" 0 ", 0},
      {"2023-11-14", 1'699'920'000},
      {"2023-11-14T22:13:20Z", 1'700'000'000},
      {"2023-11-14 22:13:20", 1'700'000'000},
      {"2023-11-14 22:13:20 UTC", 1'700'000'000},
      {"2023-11-14T22:13", 1'699'999'980},
      {"2023-11-14T22:13:20.999Z", 1'700'000'000},
      {"2023-11-15T00:13:20+02:00", 1'700'000'000},
      {"2023-11-14T16:43:20-0530", 1'700'000'000},
  };
  for (const auto& c : cases) {
    const auto time = read_moment(c.text);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(to_unix(*time), c.want) << c.text;
  }
  EXPECT_EQ(write_moment(from_unix(1'700'000'000)), "2023-11-14T22:13:20Z");
}

TEST(SuppressionCsvTest, RefusesWhatIsNoMoment) {
  for (const char* text : {"",
                           "yesterday",
                           "2023-02-29",
                           "2023-13-01",
                           "2023-1-1",
                           "2023-11-14T",
                           "2023-11-14T24:00",
                           "2023-11-14T22:60",
                           "2023-11-14T22:13:61",
                           "2023-11-14T22:13Zx",
                           "2023-11-14T22:13+2",
                           "2023-11-14T22:13 CET",
                           "14/11/2023",
                           "-1",
                           "253402300800",
                           "99999999999999999999",
                           "1700000000000",
                           "1.7e9",
                           "1969-12-31",
                           "2023-11-14x"})
    EXPECT_FALSE(read_moment(text)) << text;
}

TEST(SuppressionCsvTest, ReadsNamesOfLists) {
  EXPECT_EQ(*read_list("bounces"), bounces);
  EXPECT_EQ(*read_list(" Spam_Reports "), spam_reports);
  EXPECT_EQ(*read_list("invalid_emails"), invalid);
  EXPECT_EQ(*read_list("unsubscribes"), global);
  const auto unknown = read_list("bonces");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text, HasSubstr("did you mean 'bounces'?"));
}

/// The entry of the second line, written again; or the mistake.
std::string entry_of(const std::string& text, const SuppressionDefaults& defaults) {
  std::istringstream in(text);
  CsvReader csv(in);
  EXPECT_EQ(csv.next(), CsvReader::Read::record);
  const auto columns = SuppressionColumns::read(csv.fields(), defaults);
  if (!columns) return columns.error().text;
  if (columns->is_header() && csv.next() != CsvReader::Read::record) return "no second line";
  const auto entry = columns->entry(csv.fields(), {7, 8}, defaults);
  return entry ? suppression_csv_line(*entry) : entry.error().text;
}

TEST(SuppressionCsvTest, ReadsOursAndThoseOfSendGrid) {
  const std::string now = "2027-01-15T08:00:00Z";
  const struct {
    const char* why;
    std::string text;
    SuppressionDefaults defaults;
    std::string want;
  } cases[] = {
      {"addresses alone", "Ann@example.org\n", {}, "Ann@example.org,global,," + now + ",,,\n"},
      {"unsubscribes",
       "email,created\na@b.org,1700000000\n",
       {},
       "a@b.org,global,,2023-11-14T22:13:20Z,,,\n"},
      {"bounces",
       "status,reason,email,created\n5.1.1,\"550 \"\"no\"\"\",a@b.org,1700000000\n",
       {.list = bounces},
       "a@b.org,bounces,,2023-11-14T22:13:20Z,\"550 \"\"no\"\"\",5.1.1,\n"},
      {"other columns are left out",
       "x,Email Address,y\n1, a@b.org ,2\n",
       {},
       "a@b.org,global,," + now + ",,,\n"},
      {"the line's own list is stronger",
       "email,list\na@b.org,blocks\n",
       {.list = bounces},
       "a@b.org,blocks,," + now + ",,,\n"},
      {"a line without list",
       "email,list\na@b.org,\n",
       {.list = bounces},
       "a@b.org,bounces,," + now + ",,,\n"},
      {"a group's number says that it is a group",
       "email,group_id,group_name\na@b.org,7,News\n",
       {},
       "a@b.org,group,7," + now + ",,,\n"},
      {"no group", "email,group\na@b.org,\n", {}, "a@b.org,global,," + now + ",,,\n"},
      {"the group of the command line",
       "email\na@b.org\n",
       {.list = group, .group = 8},
       "a@b.org,group,8," + now + ",,,\n"},
      {"domain in A-labels",
       "b\xC3\xBC"
       "cher@b\xC3\xBC"
       "cher.example\n",
       {},
       "b\xC3\xBC"
       "cher@xn--bcher-kva.example,global,," +
           now + ",,,\n"},
      {"malformed addresses may be listed as that",
       "reason,email\nno dot,foo\n",
       {.list = invalid},
       "foo,invalid,," + now + ",no dot,,\n"},
      {"a reason of two lines",
       "email,reason,list\na@b.org,\"a\nb\",bounces\n",
       {},
       "a@b.org,bounces,," + now + ",a b,,\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    SuppressionDefaults defaults = c.defaults;
    defaults.now = noon;
    EXPECT_EQ(entry_of(c.text, defaults), c.want);
    EXPECT_EQ(entry_of(std::string(suppression_csv_head()) + c.want, {.now = noon}), c.want)
        << "what is written is read";
  }
}

TEST(SuppressionCsvTest, SaysWhatIsWrong) {
  const struct {
    const char* why;
    std::string text;
    SuppressionDefaults defaults;
    const char* want;
  } cases[] = {
      {"no header", "a@b.org,1700000000\n", {}, "no column is called email"},
      {"no addresses", "foo\n", {}, "no column is called email"},
      {"twice", "email,Address\na@b,c@d\n", {}, "'Address' says the same as 'email'"},
      {"which list", "email,reason\na@b.org,x\n", {}, "give --list bounces"},
      {"short", "email,created\na@b.org\n", {}, "1 fields where the first line has 2"},
      {"long", "email\na@b.org,x\n", {}, "2 fields where"},
      {"semicolons", "email;created\na@b.org;1\n", {}, "separated by ';': save it with commas"},
      {"tabs", "Email\tcreated\na@b.org\t1\n", {}, "separated by tabs: save it with commas"},
      {"malformed", "email\nfoo\n", {}, "foo"},
      {"empty", "email,created\n,1\n", {}, "no address"},
      {"control characters", "email\na\x01@b.org\n", {.list = invalid}, "control"},
      {"no time", "email,created\na@b.org,soon\n", {}, "'soon' is no time"},
      {"milliseconds", "email,created\na@b.org,1700000000000\n", {}, "in seconds"},
      {"no list", "email,list\na@b.org,x\n", {}, "the lists are"},
      {"no group", "email,list\na@b.org,group\n", {}, "which group?"},
      {"unknown group", "email,group\na@b.org,9\n", {}, "smtpapictl group add --id 9"},
      {"not a group's number", "email,group\na@b.org,News\n", {}, "no group's number"},
      {"negative group", "email,group\na@b.org,-7\n", {}, "no group's number"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(entry_of(c.text, c.defaults), HasSubstr(c.want));
  }
}

TEST(SuppressionCsvTest, WritesWhatItReads) {
  std::string long_reason = "x";
  for (int i = 0; i < 3'000; ++i) long_reason += "\u00F6";
  const struct {
    const char* why;
    std::string reason, want;
  } cases[] = {
      {"quotes", R"(550 "no", he says)", R"(550 "no", he says)"},
      {"8 bits of an MTA that knew no UTF-8", "unbekannter Empf\xE4nger",
       "unbekannter Empf\uFFFDnger"},
      {"cut between characters", long_reason, long_reason.substr(0, 4'095)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Suppression entry;
    entry.list = SuppressionList::bounces;
    entry.address = "ann@example.org";
    entry.reason = c.reason;
    const std::string text(std::string(suppression_csv_head()) + suppression_csv_line(entry));
    ASSERT_TRUE(is_utf8(text)) << "or the line is refused when it is read";
    EXPECT_THAT(entry_of(text, {}), HasSubstr("," + csv_field(c.want) + ",,"));
  }
}

}  // namespace
}  // namespace smtpapi::ctl
