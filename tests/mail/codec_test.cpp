#include "mail/codec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/text.h"

namespace smtpapi {
namespace {

std::string quoted_printable(std::string_view text) {
  std::string out;
  append_quoted_printable(out, text);
  return out;
}

std::string base64_lines(std::string_view octets) {
  std::string out;
  append_base64_lines(out, octets);
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\r\n")) {
      lines.emplace_back();
      ++i;
    } else {
      lines.back() += text[i];
    }
  }
  return lines;
}

/// Texts over an alphabet that meets every rule of both codecs, lengths around their line limits.
std::vector<std::string> random_texts(std::string_view alphabet, int count) {
  std::mt19937 random(20250131);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text(random() % 240, 'x');
    for (char& c : text)
      if (random() % 3 == 0) c = alphabet[random() % alphabet.size()];
    texts.push_back(text);
  }
  return texts;
}
const std::string rules("a.= \t\r\n\0\x7F\xC3\xA9", 11);

TEST(Base64Test, EncodesAsRfc4648Section10) {
  const struct {
    std::string_view octets;
    const char* want;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"},
               {"\xFB\xFF\xFE", "+//+"},
               {std::string_view("\0\0\0", 3), "AAAA"}};
  for (const auto& c : cases) {
    EXPECT_EQ(encode_base64(c.octets), c.want);
    EXPECT_EQ(decode_base64(c.want), c.octets);
  }
}

TEST(Base64Test, DecodesWhatSendersWrite) {
  const struct {
    const char* why;
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"LIB-8: padding missing, two sextets", "Zg", "f"},
      {"LIB-8: padding missing, three sextets", "Zm8", "fo"},
      {"LIB-8: one pad of two", "Zg=", "f"},
      {"LIB-8: goes on after inner padding", "Zg==Zg==", "ff"},
      {"LIB-8: inner padding, one pad of two", "Zg=Zm9v", "ffoo"},
      {"line ends inside a group", "Zm\r\n9v\nYm Fy\t", "foobar"},
      {"foreign octets", "Z.m-9_v!\xFF\x80", "foo"},
      {"NUL",
       std::string_view("Zm\0"
                        "9v",
                        5),
       "foo"},
      {"one sextet is no octet", "Z", ""},
      {"one sextet behind whole groups", "Zm9vZ", "foo"},
      {"padding behind one sextet is skipped", "Z=m9v", "foo"},
      {"nothing but padding", "====", ""},
      {"the URL alphabet is foreign", "-_-_", ""},
      {"bits that padding leaves over are dropped", "Zh==", "f"},
      {"stray octet in the last group", "Zm9vYg=\n=", "foob"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(decode_base64(c.text), c.want);
  }
}

TEST(Base64Test, LinesHave76CharactersAndEndInCrlf) {
  EXPECT_EQ(base64_lines(""), "");
  EXPECT_EQ(base64_lines("f"), "Zg==\r\n");
  EXPECT_EQ(base64_lines(std::string(57, '\0')), std::string(76, 'A') + "\r\n");
  EXPECT_EQ(base64_lines(std::string(58, '\0')), std::string(76, 'A') + "\r\nAA==\r\n");
  std::string out = "before\r\n";
  append_base64_lines(out, "foo");
  EXPECT_EQ(out, "before\r\nZm9v\r\n") << "appends";
}

TEST(Base64Test, ComesBackFromEveryLength) {
  for (const std::string& octets : random_texts(rules, 500)) {
    EXPECT_EQ(decode_base64(encode_base64(octets)), octets);
    EXPECT_EQ(decode_base64(base64_lines(octets)), octets);
  }
}

TEST(QuotedPrintableTest, DecodesLeniently) {
  const struct {
    const char* why;
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"escapes", "caf=C3=A9", "caf\xC3\xA9"},
      {"small letters", "caf=c3=a9", "caf\xC3\xA9"},
      {"soft break", "a=\r\nb", "ab"},
      {"soft break with LF", "a=\nb", "ab"},
      {"LIB-9: blanks behind the soft break", "a= \t \r\nb", "ab"},
      {"rule 3: blanks before a line end", "a \t\r\nb \nc", "a\r\nb\nc"},
      {"rule 3: blanks at the end of the part", "a \t", "a"},
      {"encoded blanks stay", "a=20\r\nb=09", "a \r\nb\t"},
      {"blanks inside stay", "a \t b", "a \t b"},
      {"a line of blanks", "a\r\n  \r\nb", "a\r\n\r\nb"},
      {"line ends stay as they are", "a\r\n\nb\r\n", "a\r\n\nb\r\n"},
      {"bare CR is no line end", "a \rb", "a \rb"},
      {"bare CR at the end", "a\r", "a\r"},
      {"LIB-9: no hex digits", "=ZZ", "=ZZ"},
      {"one hex digit", "=4 =4G =G4", "=4 =4G =G4"},
      {"= before an escape", "==41", "=A"},
      {"cut escape at the end", "a=4", "a=4"},
      {"soft break whose line end is the boundary's", "a=", "a"},
      {"the same with blanks", "a= ", "a"},
      {"= before blanks and text", "a= b", "a= b"},
      {"octets above 127 stand for themselves", "caf\xE9", "caf\xE9"},
      {"encoded line end", "a=0D=0Ab", "a\r\nb"},
      {"encoded NUL", "=00", std::string_view("\0", 1)},
      {"", "", ""},
      {"lone line end", "\r\n", "\r\n"},
      {"soft break before a line end", "a=\r\n\r\nb", "a\r\nb"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(decode_quoted_printable(c.text), c.want);
  }
}

TEST(QuotedPrintableTest, EncodesByTheRulesOfRfc2045) {
  const struct {
    const char* why;
    std::string text;
    std::string want;
  } cases[] = {
      {"nothing", "", ""},
      {"printable ASCII", "Hi, ~you~!\r\n", "Hi, ~you~!\r\n"},
      {"rule 1: upper case digits", "caf\xC3\xA9=", "caf=C3=A9=3D"},
      {"rule 2: DEL and NUL", std::string("\x7F\0", 2), "=7F=00"},
      {"rule 3: blank before CRLF", "a \r\nb\t\r\n", "a=20\r\nb=09\r\n"},
      {"rule 3: only the last of several", "a  \r\n", "a =20\r\n"},
      {"rule 3: blank at the end", "a ", "a=20"},
      {"rule 3: blank behind an escape", "\xE9 \r\n", "=E9=20\r\n"},
      {"blanks inside stand", "a \t b", "a \t b"},
      {"rule 4: bare CR and bare LF", "a\rb\nc", "a=0Db=0Ac"},
      {"rule 4: LF CR", "\n\r", "=0A=0D"},
      {"rule 4: CR CR LF", "a\r\r\n", "a=0D\r\n"},
      {"rule 4: CR at the end", "a\r", "a=0D"},
      {"blank before a bare LF stands", "a \n", "a =0A"},
      {"empty lines", "\r\n\r\n", "\r\n\r\n"},
      {"no line that an SMTP client must stuff whole", ".\r\n.a\r\n.", "=2E\r\n.a\r\n=2E"},
      {"rule 5: 76 columns before a line end", std::string(76, 'a') + "\r\nb",
       std::string(76, 'a') + "\r\nb"},
      {"rule 5: 76 columns at the end", std::string(76, 'a'), std::string(76, 'a')},
      {"rule 5: 77 columns", std::string(77, 'a'), std::string(75, 'a') + "=\r\naa"},
      {"rule 5: a blank may stand before a soft break", std::string(74, 'a') + " aa",
       std::string(74, 'a') + " =\r\naa"},
      {"rule 5: an escape that just fits", std::string(73, 'a') + "\xE9\r\n",
       std::string(73, 'a') + "=E9\r\n"},
      {"rule 5: an escape that fits without a successor", std::string(73, 'a') + "\xE9" + "a\r\n",
       std::string(73, 'a') + "=\r\n=E9a\r\n"},
      {"rule 5: an escape is not broken", std::string(74, 'a') + "\xE9\r\n",
       std::string(74, 'a') + "=\r\n=E9\r\n"},
      {"rule 5: a final blank that no longer fits", std::string(75, 'a') + " \r\n",
       std::string(75, 'a') + "=\r\n=20\r\n"},
      {"rule 5: 150 columns and a line end", std::string(151, 'a') + "\r\n",
       std::string(75, 'a') + "=\r\n" + std::string(76, 'a') + "\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(quoted_printable(c.text), c.want);
  }
}

TEST(QuotedPrintableTest, ComesBackAndKeepsItsLimits) {
  for (const std::string& text : random_texts(rules, 3000)) {
    SCOPED_TRACE(testing::PrintToString(text));
    const std::string encoded = quoted_printable(text);
    EXPECT_EQ(decode_quoted_printable(encoded), text);
    EXPECT_TRUE(is_ascii(encoded));
    for (const std::string& line : lines_of(encoded)) {
      EXPECT_LE(line.size(), 76u);
      EXPECT_NE(line, ".");
      EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
      EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\t'));
    }
  }
}

TEST(QuotedPrintableTest, LinesEncodedApartGiveTheSameAsTheWhole) {
  for (const std::string& text : random_texts(rules, 3000)) {
    const auto lines = lines_of(text);
    std::string apart;
    for (std::size_t i = 0; i < lines.size(); ++i)
      append_quoted_printable(apart, lines[i] + (i + 1 < lines.size() ? "\r\n" : ""));
    EXPECT_EQ(apart, quoted_printable(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace smtpapi
