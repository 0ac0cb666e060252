// Character references in attribute values (WHATWG HTML section 13.2.5.72 and on).
#include "mail/character_reference.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using namespace std::string_view_literals;

TEST(CharacterReferenceTest, Resolves) {
  const struct {
    const char* why;
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"none", "http://a/?x=1", "http://a/?x=1"},
      {"the usual ones", "&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
      {"case counts", "&AMP;&Amp;&COPY;", "&&Amp;\xC2\xA9"},
      {"decimal", "&#38;&#0038;&#233;", "&&\xC3\xA9"},
      {"hexadecimal", "&#x26;&#X26;&#xe9;&#xE9;", "&&\xC3\xA9\xC3\xA9"},
      {"without ;", "&#38x&#x26 &#38", "&x& &"},
      {"a hexadecimal digit goes on", "&#x26a;", "\xC9\xAA"},
      {"a name without ; at the end", "x&amp", "x&"},
      {"before a blank", "&copy 1", "\xC2\xA9 1"},
      {"before &", "&amp&amp;&lt", "&&<"},
      {"before a dash", "&lt-", "<-"},
      {"two code points", "&NotEqualTilde;", "\xE2\x89\x82\xCC\xB8"},
      {"the longest name", "&CounterClockwiseContourIntegral;", "\xE2\x88\xB3"},
      {"above the BMP", "&Afr;&#x1F600;", "\xF0\x9D\x94\x84\xF0\x9F\x98\x80"},
      {"digits in a name", "&frac12;&sup1;", "\xC2\xBD\xC2\xB9"},
      {"the first and the last of the table", "&AElig;&zwnj;", "\xC3\x86\xE2\x80\x8C"},
      {"only once", "&amp;amp;", "&amp;"},
      {"windows-1252", "&#128;&#x9F;&#150;", "\xE2\x82\xAC\xC5\xB8\xE2\x80\x93"},
      {"controls that windows-1252 lacks", "&#x81;", "\xC2\x81"},
      {"controls", "&#10;&#13;&#9;", "\n\r\t"},
      {"NUL", "&#0;&#x0;", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"surrogates", "&#xD800;&#xDFFF;", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"too big", "&#x110000;&#1114112;", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"far too big", "&#99999999999999999999999;&#xFFFFFFFFFFFFFFFFFF41;",
       "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"the biggest", "&#x10FFFF;", "\xF4\x8F\xBF\xBF"},
      {"other octets stay", "\xFF&amp;\0\xC3"sv, "\xFF&\0\xC3"sv},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(resolve_references(c.value), c.want);
  }
}

TEST(CharacterReferenceTest, WhatIsNoReferenceStays) {
  for (const std::string_view value : {"",
                                       "&",
                                       "&&",
                                       "&;",
                                       "&=",
                                       "& amp;",
                                       "&#",
                                       "&#;",
                                       "&#x",
                                       "&#x;",
                                       "&#X",
                                       "&#xg;",
                                       "&#a;",
                                       "&# 38;",
                                       "&#-1;",
                                       "&#+1;",
                                       "?a=1&b=2",
                                       "?a&copy=1",
                                       "?a&copyx",
                                       "?a&copy1",
                                       "?a&amp=1",
                                       "?a&ampere",
                                       "?a&notit;",
                                       "?a&section=5",
                                       "?a&lang=en",
                                       "?a&lang",
                                       "?a&regx",
                                       "?a&curren=EUR",
                                       "?a&times=2",
                                       "?a&para=1",
                                       "&aMP;",
                                       "&bogus;",
                                       "&CounterClockwiseContourIntegralx;",
                                       "&hellip",
                                       "&apos",
                                       "&zzzz;",
                                       "&0;",
                                       "&AElig1;"})
    EXPECT_EQ(resolve_references(value), value);
}

TEST(CharacterReferenceTest, ANameWithoutSemicolonEndsBeforeOtherCharacters) {
  EXPECT_EQ(resolve_references("?a&reg_id"), "?a\xC2\xAE_id");
  EXPECT_EQ(resolve_references("&amp_;"), "&_;");
  EXPECT_EQ(resolve_references("&AElig\xC3\x86"), "\xC3\x86\xC3\x86");
}

TEST(CharacterReferenceTest, WhatIsWrittenIsReadBack) {
  const struct {
    std::string_view value;
    char quote;
    std::string_view want;
  } cases[] = {
      {"", '"', ""},
      {"http://a/?x=1&y='2'", '"', "http://a/?x=1&amp;y='2'"},
      {"http://a/?x=\"1\"&y='2'", '\'', "http://a/?x=\"1\"&amp;y=&#39;2&#39;"},
      {"a\"b'c", '"', "a&quot;b'c"},
      {"a\"b'c", 0, "a&quot;b&#39;c"},
      {"<a>", '"', "&lt;a&gt;"},
      {"&amp;&copy=1&#38;", '"', "&amp;amp;&amp;copy=1&amp;#38;"},
      {"\xFF\0\xC3\xBC"sv, '"', "\xFF\0\xC3\xBC"sv},
  };
  for (const auto& c : cases) {
    std::string out = "x";
    append_attribute_value(out, c.value, c.quote);
    EXPECT_EQ(out, "x" + std::string(c.want));
    EXPECT_EQ(resolve_references(out.substr(1)), c.value);
  }
}

TEST(CharacterReferenceTest, LongValuesAreLinear) {
  for (const char* piece : {"&", "&a", "&#", "&#x", "&amp", "&#1", "a", "&notit", "&#x1;"}) {
    std::string value;
    while (value.size() < 2'000'000) value += piece;
    EXPECT_LE(resolve_references(value).size(), value.size());
  }
  EXPECT_EQ(resolve_references("&" + std::string(1'000'000, 'a')).size(), 1'000'001u);
  EXPECT_EQ(resolve_references("&#" + std::string(1'000'000, '0') + "65;"), "A");
}

}  // namespace
}  // namespace smtpapi
