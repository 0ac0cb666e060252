#include "milter/ctl/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ExcerptTest, LinesAreThoseThatPlacesCount) {
  const Message message(
      "X-SMTPAPI-Part: 3/3 third\r\nX-SMTPAPI:   {\"a\":\r\n  1,\r\nSubject: x\r\n"
      "x-smtpapi-part: 2/3 second\r\n\tfold\r\nX-SMTPAPI: ignored\r\n\r\n");
  EXPECT_THAT(header_lines(message),
              ElementsAre("{\"a\":", "  1,", "2/3 second", "\tfold", "3/3 third"));
  EXPECT_THAT(header_lines(Message("Subject: x\r\n\r\n")), IsEmpty());
}

TEST(ExcerptTest, ThePlaceOfAProblemIsTheOneShown) {
  const Message message(
      "X-SMTPAPI:  {\"to\": [\"a@example.org\",\r\n   7],\r\n"
      "X-SMTPAPI-Part: 2/2 \"category\":: 1}\r\n\r\n");
  const auto header = extract_header(message);
  ASSERT_TRUE(header.problems.empty());
  const auto parsed = parse_header(header.text, {}, from_unix(1'800'000'000));
  ASSERT_FALSE(parsed.problems.empty());
  EXPECT_EQ(excerpt(header_lines(message), parsed.problems.back().place, 2),
            "  2/2 \"category\":: 1}\n"
            "                 ^\n");
}

TEST(ExcerptTest, CutsLongLinesAroundThePlace) {
  const std::string line(200, 'a');
  const std::string text = line + "!" + line;
  const std::string out = excerpt({text}, {1, 201}, 4, 40);
  const auto lines = out.find('\n');
  EXPECT_EQ(out[out.rfind('^') - lines - 1], '!') << "the caret stands below the place\n" << out;
  EXPECT_LE(lines, 40u);
  EXPECT_EQ(out.substr(0, 8), "    ...a");
  EXPECT_EQ(out.substr(lines - 4, 4), "a...");

  EXPECT_EQ(excerpt({text}, {1, 1}, 0, 20), "aaaaaaaaaaaaaa...\n^\n");
  EXPECT_EQ(excerpt({"0123456789"}, {1, 10}, 2, 12), "  0123456789\n           ^\n") << "fits";
  EXPECT_EQ(excerpt({"0123456789"}, {1, 10}, 2, 11), "  ...789\n       ^\n");
  EXPECT_EQ(excerpt({"abc"}, {1, 4}, 1, 20), " abc\n    ^\n") << "behind the end";
}

TEST(ExcerptTest, CountsCharactersAndHidesControls) {
  EXPECT_EQ(excerpt({"Zoë\x1B!"}, {1, 6}, 0), "Zoë?!\n    ^\n");
  EXPECT_EQ(excerpt({"a\xE9!"}, {1, 3}, 0), "a?!\n  ^\n");
}

TEST(ExcerptTest, NothingForAPlaceThatIsNot) {
  const std::vector<std::string_view> lines = {"abc"};
  for (const Place place : {Place{0, 0}, Place{2, 1}, Place{1, 0}, Place{1, 5}})
    EXPECT_EQ(excerpt(lines, place), "") << place.line << ":" << place.column;
  EXPECT_EQ(excerpt({}, {1, 1}), "");
}

}  // namespace
}  // namespace smtpapi::ctl
