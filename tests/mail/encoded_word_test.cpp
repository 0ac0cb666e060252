#include "mail/encoded_word.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/text.h"
#include "mail/message.h"
#include "mail/word_scanner.h"

namespace smtpapi {
namespace {

/// The longest line in a field whose name takes `indent` columns.
std::size_t widest_line(std::string_view value, std::size_t indent) {
  std::size_t widest = 0;
  for (std::string_view line : split(value, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    widest = std::max(widest, line.size() + indent);
    indent = 0;
  }
  return widest;
}

/// RFC 5322 2.2.3: every line break is a fold, and no line is blank.
bool has_only_folds(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\n' && (i == 0 || value[i - 1] != '\r')) return false;
    if (value[i] != '\r') continue;
    if (i + 2 >= value.size() || value[i + 1] != '\n' || !is_blank(value[i + 2])) return false;
    const auto word = value.find_first_not_of(" \t", i + 2);
    if (word == std::string_view::npos || value[word] == '\r') return false;
  }
  return true;
}

TEST(EncodedWordTest, Decodes) {
  const struct {
    const char* why;
    std::string text;
    std::string want;
  } cases[] = {
      {"Q", "=?utf-8?Q?caf=C3=A9_au_lait?=", "café au lait"},
      {"B", "=?utf-8?B?Y2Fmw6k=?=", "café"},
      {"any case", "=?UTF-8?q?caf=c3=a9?= =?Utf-8?b?Y2Fmw6k=?=", "cafécafé"},
      {"text around", "Re: =?iso-8859-1?Q?caf=E9?= at 9", "Re: café at 9"},
      {"RFC 2047 section 8", "=?ISO-8859-1?Q?a?= b", "a b"},
      {"RFC 2047 section 8", "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
      {"RFC 2047 section 8", "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
      {"RFC 2047 section 8, folded", "=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
      {"RFC 2047 section 8", "=?ISO-8859-1?Q?a_b?=", "a b"},
      {"RFC 2047 section 8", "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
      {"LIB-10: a character split over two words", "=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"},
      {"LIB-10: one in Q, one in B", "=?utf-8?Q?caf=C3?= =?UTF-8?B?qQ==?=", "café"},
      {"LIB-7: padding in the first of two",
       "=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world"},
      {"LIB-10: shift state goes on",
       "=?iso-2022-jp?B?GyRCJCI=?= =?iso-2022-jp?B?JCQbKEI=?=", "あい"},
      {"split, but other charsets", "=?utf-8?Q?=C3?= =?iso-8859-1?Q?=A9?=", "\uFFFD©"},
      {"two names of one charset", "=?gbk?B?xA==?= =?gb2312?B?4w==?=", "你"},
      {"touching words", "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
      {"touching text", "x=?utf-8?Q?a?=y", "xay"},
      {"in quotes and parentheses", "\"=?utf-8?Q?a?=\" (=?utf-8?Q?b?=)", "\"a\" (b)"},
      {"RFC 2231 language", "=?utf-8*en?Q?a?= =?us-ascii*en-GB?Q?b?=", "ab"},
      {"blanks in Q", "=?utf-8?Q?a b =C3=A9?=", "a b é"},
      {"question mark in Q", "=?utf-8?Q?a?b?\?=", "a?b?"},
      {"Q that begins with =", "=?utf-8?Q?=41?=", "A"},
      {"damaged escapes stand", "=?utf-8?Q?=4 =ZZ=?=", "=4 =ZZ="},
      {"empty payload", "a=?utf-8?Q?\?=b", "ab"},
      {"longer than 75", "=?utf-8?Q?" + std::string(100, 'a') + "?=", std::string(100, 'a')},
      {"HDR-8: JSON in Q",
       "=?utf-8?Q?{\"to\":_[=22ann=40example.org=22]}?=", "{\"to\": [\"ann@example.org\"]}"},
      {"not decoded twice", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=", "=?utf-8?Q?a?="},
      {"octets without text", "=?utf-8?Q?=FF?=", "\uFFFD"},
      {"raw UTF-8 beside a word", "é =?utf-8?Q?=C3=A9?=", "é é"},
      {"raw octets are windows-1252", "caf\xE9 =?utf-8?Q?=C3=A9?=", "café é"},
      {"plain text", "Hello  you", "Hello  you"},
      {"", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(decode_encoded_words(c.text), c.want);
  }
}

TEST(EncodedWordTest, WhatIsNoWordStands) {
  const std::string texts[] = {
      "=?utf-8?Q?a",
      "=?utf-8?Q?a?",
      "=?utf-8?Q?",
      "=?utf-8?X?a?=",
      "=?utf-8?QQ?a?=",
      "=?utf-8?Q",
      "=?utf-8??a?=",
      "=??Q?a?=",
      "=?*en?Q?a?=",
      "=?klingon?Q?a?= =?klingon?Q?b?=",
      "=?utf-8//IGNORE?Q?a?=",
      "=?utf 8?Q?a?=",
      "=?" + std::string(1000, 'a') + "?Q?a?=",
      "=?utf-8?Q?a\r\n ?=",
      "=?utf-8?Q?a\n?=",
      "=? =?= ?= =?? ?= ?\?=",
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(decode_encoded_words(text), text);
    EXPECT_FALSE(has_encoded_word(text)) << text;
  }
}

TEST(EncodedWordTest, AWordThatLostItsEndDoesNotSwallowTheNext) {
  EXPECT_EQ(decode_encoded_words("=?utf-8?Q?a =?utf-8?Q?b?="), "=?utf-8?Q?a b");
  EXPECT_EQ(decode_encoded_words("=?=?utf-8?Q?b?="), "=?b");
  EXPECT_EQ(decode_encoded_words("=?x?Q?a?= =?utf-8?Q?b?= =?x?Q?c?="), "=?x?Q?a?= b =?x?Q?c?=")
      << "blanks beside a word that stands are text";
}

TEST(EncodedWordTest, KnowsWhetherThereIsAWord) {
  EXPECT_TRUE(has_encoded_word("a =?klingon?Q?a?= =?utf-8?Q?\?="));
  EXPECT_FALSE(has_encoded_word("a"));
  EXPECT_FALSE(has_encoded_word(""));
}

TEST(EncodedWordTest, ManyBeginningsBeforeOneEndAreLinear) {
  // Quadratic search would take minutes here.
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "=?utf-8?q?x";
  EXPECT_EQ(decode_encoded_words(text), text);
  EXPECT_EQ(decode_encoded_words(text + "\r\n"), text + "\r\n");
  EXPECT_EQ(decode_encoded_words(text + "?=").size(), text.size() - 10);
}

TEST(EncodeUnstructuredTest, Writes) {
  const struct {
    const char* why;
    std::string text;
    std::string want;
  } cases[] = {
      {"ASCII stands", "Hi \"you\", (all) @ 9_9?=", "Hi \"you\", (all) @ 9_9?="},
      {"blanks stand", "Hi  you ", "Hi  you "},
      {"nothing", "", ""},
      {"Q when mostly ASCII", "Café, 9 = 3_3?", "=?UTF-8?Q?Caf=C3=A9,_9_=3D_3=5F3=3F?="},
      {"B otherwise", "Привет", "=?UTF-8?B?0J/RgNC40LLQtdGC?="},
      {"a final blank is kept", "é ", "=?UTF-8?B?w6kg?="},
      {"SUB-10: a line break is a space", "a\r\nBcc: x@y", "a Bcc: x@y"},
      {"SUB-10: each run is one", "a\n\n\r\rb\tc\x7F", "a b c "},
      {"NUL", std::string("a\0b", 3), "a b"},
      {"line break before a non-ASCII text", "a\r\n\r\né", "=?UTF-8?Q?a_=C3=A9?="},
      {"what looks like a word", "=?utf-8?Q?a?=", "=?UTF-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?="},
      {"the same in a charset that we do not know", "=?x?q?\?=", "=?UTF-8?B?PT94P3E/Pz0=?="},
      {"what only begins like one", "a=?b", "a=?b"},
      {"not UTF-8", "caf\xE9", "=?UTF-8?Q?caf=EF=BF=BD?="},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(encode_unstructured(c.text, 9), c.want);
  }
}

TEST(EncodeUnstructuredTest, FoldsAtBlanksAndBetweenWords) {
  const std::string ten = "123456789 ";
  std::string ascii;
  for (int i = 0; i < 20; ++i) ascii += ten;
  EXPECT_EQ(encode_unstructured(ascii, 9).substr(0, 72), ascii.substr(0, 69) + "\r\n ");

  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ä";
  EXPECT_TRUE(encode_unstructured("x" + umlauts, 9).starts_with("=?UTF-8?B?"));
  EXPECT_EQ(widest_line(encode_unstructured("x" + umlauts, 9), 9), 76u - 3) << "B goes by fours";
}

TEST(EncodeUnstructuredTest, AWordNoLineCanHoldIsEncoded) {
  const std::string endless(2000, 'a');
  const std::string value = encode_unstructured(endless, 9);
  EXPECT_EQ(widest_line(value, 9), 76u);
  EXPECT_EQ(decode_encoded_words(value), endless);
  EXPECT_EQ(encode_unstructured(std::string(989, 'a'), 9), std::string(989, 'a'));
  for (const std::string& blanks : {std::string(2000, ' ') + "a", "a" + std::string(2000, ' '),
                                    "a" + std::string(2000, ' ') + "b"}) {
    EXPECT_LE(widest_line(encode_unstructured(blanks, 9), 9), 76u);
    EXPECT_EQ(decode_encoded_words(encode_unstructured(blanks, 9)), blanks);
  }
}

TEST(EncodeUnstructuredTest, AFieldNameThatFillsTheLineGetsAFoldFirst) {
  EXPECT_EQ(encode_unstructured("é", 70), "\r\n =?UTF-8?Q?=C3=A9?=");
  EXPECT_EQ(encode_unstructured("é", 5000), "\r\n =?UTF-8?Q?=C3=A9?=");
}

TEST(EncodePhraseTest, Writes) {
  const struct {
    const char* why;
    std::string text;
    std::string want;
  } cases[] = {
      {"atoms", "Ann Lee-O'Hara", "Ann Lee-O'Hara"},
      {"RFC 5322 specials", "Lee, Ann", "\"Lee, Ann\""},
      {"a dot", "Ann B. Lee", "\"Ann B. Lee\""},
      {"an address", "ann@example.org", "\"ann@example.org\""},
      {"an angle", "Ann <3", "\"Ann <3\""},
      {"quote and backslash", "Ann \"Annie\\", "\"Ann \\\"Annie\\\\\""},
      {"two blanks", "Ann  Lee", "\"Ann  Lee\""},
      {"blanks around go", " Ann ", "Ann"},
      {"line breaks and controls", "Ann\r\nBcc: x\x01", "\"Ann Bcc: x\""},
      {"nothing", "", ""},
      {"blanks only", " \t ", ""},
      {"not ASCII, Q", "Anné Lee", "=?UTF-8?Q?Ann=C3=A9_Lee?="},
      {"RFC 2047 section 5 rule 3", "Éva, \"xy\" (yes)",
       "=?UTF-8?Q?=C3=89va=2C_=22xy=22_=28yes=29?="},
      {"not ASCII, B", "Анна", "=?UTF-8?B?0JDQvdC90LA=?="},
      {"TO-5: words stand", "=?iso-8859-1?Q?Ann=E9?= =?iso-8859-1?B?TGVl?=",
       "=?iso-8859-1?Q?Ann=E9?= =?iso-8859-1?B?TGVl?="},
      {"TO-5: beside atoms", "Dr =?utf-8?Q?Ann=C3=A9?= Lee", "Dr =?utf-8?Q?Ann=C3=A9?= Lee"},
      {"TO-5: beside specials", "=?utf-8?Q?Ann=C3=A9?= Lee, Dr.",
       "=?utf-8?Q?Ann=C3=A9?= \"Lee, Dr.\""},
      {"TO-5: beside raw text, which keeps its blank", "=?utf-8?Q?Ann=C3=A9?= Lé",
       "=?utf-8?Q?Ann=C3=A9?= =?UTF-8?Q?_L=C3=A9?="},
      {"a charset that we do not know", "=?klingon?Q?a?=", "=?klingon?Q?a?="},
      {"a word that is broken in a phrase",
       "=?utf-8?Q?L=C3=A9,_Ann?=", "=?UTF-8?Q?L=C3=A9=2C_Ann?="},
      {"a word with a blank", "=?utf-8?Q?L=C3=A9 Ann?=", "=?UTF-8?Q?L=C3=A9_Ann?="},
      {"a word that touches text", "x=?utf-8?Q?=C3=A9?=", "=?UTF-8?B?eMOp?="},
      {"a word that hides a line break", "=?utf-8?Q?a=0D=0ABcc:_x?=", "\"a Bcc: x\""},
      {"an unknown charset with specials", "=?x?Q?,?=", "=?UTF-8?B?PT94P1E/LD89?="},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(encode_phrase(c.text, 4), c.want);
  }
}

TEST(EncodePhraseTest, FoldsKeptWords) {
  const std::string word = "=?utf-8?Q?" + std::string(63, 'a') + "?=";
  EXPECT_EQ(encode_phrase(word + ' ' + word, 1), word + "\r\n " + word);
  EXPECT_EQ(encode_phrase(word, 4), "\r\n " + word) << "it does not fit behind the field's name";
  const std::string too_long = "=?utf-8?Q?" + std::string(64, 'a') + "?=";
  EXPECT_EQ(encode_phrase(too_long, 4), std::string(64, 'a')) << "RFC 2047 section 2";
}

TEST(EncodedWordTest, WhatIsWrittenIsRead) {
  const std::string_view pieces[] = {"a",
                                     "b ",
                                     " ",
                                     "é",
                                     "😀",
                                     "=?",
                                     "?=",
                                     "?q?",
                                     "utf-8",
                                     "_",
                                     "=",
                                     "?",
                                     "\"",
                                     "\\",
                                     ",",
                                     "\r\n",
                                     "\t",
                                     "=?utf-8?q?=C3=A9?=",
                                     "Lorem ipsum dolor sit amet, consetetur "};
  std::mt19937 random(7);
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    std::string clean;
    for (auto count = random() % 30; count > 0; --count) {
      const std::string_view piece = pieces[random() % std::size(pieces)];
      text += piece;
      const bool control = piece == "\r\n" || piece == "\t";
      const bool again = control && !text.empty() && text.size() > piece.size() &&
                         text[text.size() - piece.size() - 1] < ' ' &&
                         text[text.size() - piece.size() - 1] >= 0;
      clean += !control ? piece : again ? "" : " ";
    }
    SCOPED_TRACE(testing::PrintToString(text));
    const std::size_t indent = random() % 90;
    const std::string value = encode_unstructured(text, indent);
    EXPECT_TRUE(has_only_folds(value)) << value;
    EXPECT_TRUE(is_ascii(value));
    EXPECT_EQ(trim(decode_encoded_words(unfold(value))), trim(clean)) << value;
    if (value.find("=?UTF-8?") != std::string::npos && indent <= 76) {
      EXPECT_LE(widest_line(value, indent), 78u);
    }

    const std::string phrase = encode_phrase(text, indent);
    EXPECT_TRUE(has_only_folds(phrase)) << phrase;
    EXPECT_TRUE(is_ascii(phrase));
    EXPECT_EQ(phrase,
              std::string(trim(phrase)).insert(0, phrase.starts_with("\r\n ") ? "\r\n " : ""));
  }
}

TEST(EncodedWordTest, NoWordSplitsACharacterOrIsTooLong) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += i % 3 ? "😀" : "é";
  for (const std::string prefix : {"", "a", "ab", "abc"}) {
    for (const std::size_t indent : {0u, 4u, 9u, 51u, 52u, 53u, 60u, 100u}) {
      const std::string value = encode_unstructured(prefix + text, indent);
      WordScanner scanner(value);
      while (const auto word = scanner.next()) {
        EXPECT_LE(word->end - word->begin, 75u);
        EXPECT_TRUE(is_utf8(word->octets()));
      }
      EXPECT_TRUE(decode_encoded_words(unfold(value)) == prefix + text) << value;
      EXPECT_LE(widest_line(value, std::min<std::size_t>(indent, 76)), 76u);
    }
  }
}

}  // namespace
}  // namespace smtpapi
