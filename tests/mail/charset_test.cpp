#include "mail/charset.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace smtpapi {
namespace {

TEST(CharsetTest, AsksIconvForAsWideACharsetAsSendersMean) {
  const struct {
    const char* name;
    const char* want;
  } cases[] = {
      // LIB-12
      {"ks_c_5601-1987", "CP949"},
      {"euc-kr", "CP949"},
      {"gb2312", "GB18030"},
      {"gb_2312-80", "GB18030"},
      {"gbk", "GB18030"},
      {"x-gbk", "GB18030"},
      {"shift_jis", "CP932"},
      {"x-sjis", "CP932"},
      {"ms932", "CP932"},
      {"windows-31j", "CP932"},
      {"x-big5", "BIG5-HKSCS"},
      {"iso-8859-8-i", "ISO-8859-8"},
      {"cp-1252", "CP1252"},
      {"x-mac-roman", "MACINTOSH"},
      {"unicode-1-1-utf-7", "UTF-7"},
      {"iso-8859-1", "CP1252"},
      {"us-ascii", "CP1252"},
      {"UTF-8", "UTF-8"},
      {"Utf8", "UTF-8"},
      {"ISO-8859-15", "ISO-8859-15"},
      {"KOI8-R", "KOI8-R"},
  };
  for (const auto& c : cases) EXPECT_EQ(known_charset(c.name), c.want) << c.name;
}

TEST(CharsetTest, KnowsNoCharsetThatIsNotOnTheList) {
  const std::string names[] = {
      "",
      " utf-8",
      "utf-8 ",
      "utf-8//IGNORE",
      "UTF-8//TRANSLIT",
      "utf-8/",
      "/utf-8",
      "utf",
      "utf-88",
      "unknown-8bit",
      "x-unknown",
      "iso-2022-cn-ext",
      "iso-2022-jp-3",
      "ibm1364",
      "ebcdic-us",
      "utf-8\n",
      std::string("utf-8\0", 6),
      "../../../tmp/evil",
      "=?utf-8?q?utf-8?=",
      std::string(100'000, 'a'),
  };
  for (const std::string& name : names) {
    SCOPED_TRACE(name.substr(0, 30));
    EXPECT_EQ(known_charset(name), std::nullopt);
    EXPECT_EQ(to_utf8("a", name), std::nullopt);
    EXPECT_EQ(from_utf8("a", name), std::nullopt);
    EXPECT_FALSE(is_valid_in("a", name));
  }
}

TEST(CharsetTest, ReadsAndWritesTheSameText) {
  const struct {
    const char* charset;
    std::string_view octets;
    const char* utf8;
  } cases[] = {
      {"utf-8", "caf\xC3\xA9", "café"},
      {"iso-8859-1", "caf\xE9", "café"},
      {"iso-8859-15", "\xA4", "€"},
      {"iso-8859-2", "\xB1\xE6", "ąć"},
      {"iso-8859-8-i", "\xF9\xEC", "של"},
      {"windows-1252", "\x93\x80\x94", "“€”"},
      {"windows-1251", "\xCF\xF0", "Пр"},
      {"koi8-r", "\xF0\xD2", "Пр"},
      {"macintosh", "\x8E", "é"},
      {"gb2312", "\xC4\xE3\xBA\xC3", "你好"},
      {"gb18030", "\x94\x39\xFC\x36", "😀"},
      {"big5", "\xA7\x41\xA6\x6E", "你好"},
      {"big5-hkscs", "\x88\x62", "Ê̄"},
      {"euc-tw", "\xA4\xA1", "０"},
      {"euc-kr", "\xB0\xA1", "가"},
      {"ks_c_5601-1987", "\x81\x41", "갂"},
      {"shift_jis", "\x82\xA0\\~", "あ\\~"},
      {"shift_jis", "\x87\x40", "①"},
      {"euc-jp", "\xA4\xA2", "あ"},
      {"euc-jp", "\xAD\xA1", "①"},
      {"iso-2022-jp", "a\x1B$B$\"\x1B(Bb", "aあb"},
      {"utf-7", "+AOk-", "é"},
      {"utf-16le", std::string_view("\xE9\0\x3D\xD8\x00\xDE", 6), "é😀"},
      {"utf-16be", std::string_view("\0\xE9", 2), "é"},
      {"tis-620", "\xA1", "ก"},
      {"viscii", "\x02", "Ẳ"},
      {"windows-1258", "\xCA\xD2", "Ể"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.charset);
    EXPECT_EQ(to_utf8(c.octets, c.charset), c.utf8);
    EXPECT_TRUE(is_valid_in(c.octets, c.charset));
    EXPECT_EQ(from_utf8(c.utf8, c.charset), c.octets);
  }
}

TEST(CharsetTest, FlushesTheShiftState) {
  EXPECT_EQ(from_utf8("あ", "iso-2022-jp"), "\x1B$B$\"\x1B(B") << "LIB-11";
  EXPECT_EQ(from_utf8("é", "utf-7"), "+AOk-");
  EXPECT_EQ(to_utf8("\x88\x66", "big5-hkscs"), "Ê") << "iconv waits for an accent";
}

TEST(CharsetTest, PutsASubstituteForEachOctetThatIsNoText) {
  const struct {
    const char* why;
    const char* charset;
    std::string_view octets;
    const char* want;
  } cases[] = {
      {"latin-1 in UTF-8", "utf-8", "caf\xE9!", "caf\uFFFD!"},
      {"a sequence cut short, then text", "utf-8", "\xE2\x82x", "\uFFFD\uFFFDx"},
      {"cut at the end", "utf-8", "x\xF0\x9F\x98", "x\uFFFD\uFFFD\uFFFD"},
      {"a surrogate", "utf-8", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"an octet without a character", "windows-1252", "a\x81z", "a\uFFFDz"},
      {"two-octet character cut at the end", "gb2312", "\xC4\xE3\xC4", "你\uFFFD"},
      {"no second octet", "euc-kr", "\xB0 \xB0\xA1", "\uFFFD 가"},
      {"8 bits in a 7-bit charset", "iso-2022-jp", "a\xFFz", "a\uFFFDz"},
      {"unfinished unit", "utf-16le", std::string_view("a\0z", 3), "a\uFFFD"},
      {"lone surrogate, one unit", "utf-16be", std::string_view("\xD8\x3D\0a", 4), "\uFFFDa"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(to_utf8(c.octets, c.charset), c.want);
    EXPECT_FALSE(is_valid_in(c.octets, c.charset));
  }
  EXPECT_TRUE(is_valid_in("\xEF\xBF\xBD", "utf-8")) << "U+FFFD that was sent is text";
}

TEST(CharsetTest, ReadsAsciiAndLatin1AsWindows1252AndWritesThemStrictly) {
  EXPECT_EQ(to_utf8("\x93 caf\xE9", "us-ascii"), "“ café") << "LIB-12";
  EXPECT_EQ(to_utf8("\x80", "iso-8859-1"), "€");
  EXPECT_TRUE(is_valid_in("\x80", "iso-8859-1"));
  EXPECT_EQ(from_utf8("plain", "us-ascii"), "plain");
}

TEST(CharsetTest, WritesNothingWhenACharacterHasNoPlace) {
  const struct {
    const char* why;
    const char* charset;
    std::string_view text;
  } cases[] = {
      {"SUB-13: strictly ASCII", "us-ascii", "café"},
      {"SUB-13: strictly latin-1", "iso-8859-1", "€"},
      {"a C1 control would be read as windows-1252", "iso-8859-1", "\xC2\x80"},
      {"another script", "iso-8859-2", "Привет"},
      {"emoji", "shift_jis", "😀"},
      {"the yen sign would become a backslash", "shift_jis", "¥"},
      {"the overline would become a tilde", "shift_jis", "‾"},
      {"tag characters would vanish", "iso-8859-1", "a\U000E0041"},
      {"four-octet GB18030 is no GBK", "gb2312", "😀"},
      {"HKSCS is no Big5", "big5", "䏰"},
      {"text that is not UTF-8", "utf-8", "caf\xE9"},
      {"text that is not UTF-8", "windows-1252", "caf\xE9"},
      {"late in a long text", "iso-8859-1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé€"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(from_utf8(c.text, c.charset), std::nullopt);
  }
}

TEST(CharsetTest, CharsetsThatClaimSoLeaveAsciiAlone) {
  std::string ascii;
  for (char c = 0; c != '\x7F'; ++c) ascii += c;
  // With one character more the shortcut for plain ASCII is not taken.
  for (const char* name :
       {"iso-8859-1",   "iso-8859-5", "iso-8859-6", "iso-8859-7", "windows-1250", "windows-1251",
        "windows-1255", "koi8-r",     "koi8-u",     "cp437",      "cp866",        "macintosh",
        "gb2312",       "gb18030",    "big5",       "big5-hkscs", "euc-jp",       "shift_jis",
        "euc-kr",       "euc-tw",     "tis-620"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(to_utf8(ascii, name), ascii);
    const auto with_more = to_utf8(ascii + "\xFF", name);
    ASSERT_TRUE(with_more);
    EXPECT_TRUE(with_more->starts_with(ascii));
  }
}

TEST(CharsetTest, ConvertsTextsLongerThanItsBuffer) {
  std::string octets;
  std::string want;
  for (int i = 0; i < 20'000; ++i) {
    octets += i % 7 ? "\xE9" : "x";
    want += i % 7 ? "é" : "x";
  }
  EXPECT_EQ(to_utf8(octets, "iso-8859-15"), want);
  EXPECT_EQ(from_utf8(want, "iso-8859-15"), octets);
  EXPECT_EQ(to_utf8(std::string(10'000, '\x81'), "windows-1252")->size(), 30'000u);
}

TEST(CharsetTest, GuessesUtf8OrWindows1252) {
  EXPECT_EQ(guess_charset("plain"), "utf-8");
  EXPECT_EQ(guess_charset("caf\xC3\xA9"), "utf-8");
  EXPECT_EQ(guess_charset("caf\xE9"), "windows-1252");
  EXPECT_EQ(guess_charset(""), "utf-8");
}

}  // namespace
}  // namespace smtpapi
