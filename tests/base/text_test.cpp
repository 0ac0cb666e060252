#include "base/text.h"

#include <gtest/gtest.h>

#include "base/random_id.h"

namespace smtpapi {
namespace {

TEST(TextTest, FindsTheFirstOctetThatIsNotUtf8) {
  const struct {
    const char* why;
    std::string_view text;
    std::optional<std::size_t> want;
  } cases[] = {
      {"ascii", "abcdefghijklmnop", std::nullopt},
      {"four octets", "abc \xF0\x9F\x98\x80", std::nullopt},
      {"latin-1", "caf\xE9!", 3},
      {"overlong slash", "ab\xC0\xAF", 2},
      {"overlong three", "\xE0\x80\x80", 0},
      {"surrogate", "\xED\xA0\x80", 0},
      {"above U+10FFFF", "\xF4\x90\x80\x80", 0},
      {"cut at the end", "12345678\xE2\x82", 8},
      {"lone tail", "x\x80", 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(find_invalid_utf8(c.text), c.want);
  }
}

TEST(TextTest, FindsControlCharacters) {
  for (const std::string_view bad :
       {std::string_view("a\0", 2), std::string_view("\n"), std::string_view("a\x1F"),
        std::string_view("\x7F"), std::string_view("\xC2\x80"), std::string_view("\xC2\x9F")})
    EXPECT_TRUE(has_controls(bad)) << testing::PrintToString(bad);
  for (const std::string_view good : {"", " ~", "\xC2\xA0", "\xC3\x80", "\xE2\x82\x9F", "\xC2"})
    EXPECT_FALSE(has_controls(good)) << testing::PrintToString(good);
}

TEST(TextTest, PrintableNeverHoldsControlsAndCutsBetweenCharacters) {
  EXPECT_EQ(printable("a\r\nb\x7F"), "a??b?");
  EXPECT_EQ(printable("caf\xC3\xA9", 4), "caf...");
  EXPECT_EQ(printable("caf\xE9"), "caf?");
}

TEST(TextTest, AppendUtf8ReplacesWhatIsNoCharacter) {
  std::string out;
  append_utf8(out, U'é');
  append_utf8(out, 0xD800);
  append_utf8(out, 0x110000);
  append_utf8(out, 0x1F600);
  EXPECT_EQ(out, "\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST(TextTest, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(words("  127.0.0.0/8\t::1 "), (std::vector<std::string_view>{"127.0.0.0/8", "::1"}));
  EXPECT_EQ(trim("\r\n x \t"), "x");
  EXPECT_EQ(to_integer("-7"), -7);
  EXPECT_EQ(to_integer("7x"), std::nullopt);
  EXPECT_EQ(to_integer(""), std::nullopt);
  EXPECT_EQ(to_integer("99999999999999999999"), std::nullopt);
}

TEST(RandomIdTest, Has22CharactersAndDiffers) {
  EXPECT_EQ(random_id().size(), 22u);
  EXPECT_NE(random_id(), random_id());
}

}  // namespace
}  // namespace smtpapi
