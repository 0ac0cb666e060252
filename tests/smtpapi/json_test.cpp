#include "smtpapi/json.h"

#include <gtest/gtest.h>

namespace smtpapi::json {
namespace {

TEST(JsonTest, TakesWhatTheRfcAllows) {
  const struct {
    const char* why;
    std::string_view text;
  } cases[] = {
      {"empty object", "{}"},
      {"white space everywhere", " \t\r\n{ \"a\" :\t1 ,\n\"b\":[ ] } \r\n"},
      {"a lone string", R"("x")"},
      {"a lone number", "-0"},
      {"all literals", "[true,false,null]"},
      {"numbers", "[0,-0,1,-1,10,0.5,1.25e10,1E+2,1e-2,123456789012345678901234567890,0e0,-0.0]"},
      {"all short escapes", R"(["\"\\\/\b\f\n\r\t"])"},
      {"a surrogate pair", R"(["\ud83d\ude00"])"},
      {"capital hexadecimal digits", R"(["\u00E9\uABCD"])"},
      {"UTF-8", "[\"\xC3\xA9\xF0\x9F\x98\x80\"]"},
      {"DEL is no control character of the grammar", "[\"\x7F\"]"},
      {"equal keys", R"({"a":1,"a":2})"},
      {"the empty key", R"({"":1})"},
      {"brackets in strings", R"({"a]}":"[{\"","b":[["]"]]})"},
      {"HDR-12: raw tab in a string", "[\"a\tb\"]"},
      {"HDR-7: half a pair", R"(["\ud83d"])"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Reading reading = read(c.text);
    EXPECT_FALSE(reading.error) << reading.error->text;
    EXPECT_TRUE(reading.value);
  }
}

TEST(JsonTest, TellsWhatIsWrongAndWhere) {
  const struct {
    std::string_view text;
    std::size_t offset;
    bool at_end;
    std::string_view want;
  } cases[] = {
      {"", 0, true, "expected an object in braces, found the end of the text"},
      {"{", 1, true, "expected a key in double quotes, found the end of the text"},
      {R"({"to": ["a@b"])", 14, true,
       "expected ',' or '}' after the value of 'to', found the end of the text"},
      {R"({"to": ["a@b" "c@d"]})", 14, false,
       R"(expected ',' or ']' after entry 1 of 'to', found "c@d")"},
      {R"({"to": ["a@b",]})", 14, false,
       R"(expected a value for entry 2 of 'to', found "]": one comma too many)"},
      {R"({"to": [,]})", 8, false, R"(expected a value for entry 1 of 'to', found ",")"},
      {R"({"to": "a@b",})", 13, false,
       R"(expected a key in double quotes, found "}": one comma too many)"},
      {R"({"to" "a@b"})", 6, false, R"(expected ':' after the key 'to', found "a@b")"},
      {R"({"to":})", 6, false, R"(expected a value for 'to', found "}")"},
      {R"({to: 1})", 1, false, R"(expected a key in double quotes, found "to")"},
      {R"({'to': 1})", 1, false,
       R"(expected a key in double quotes, found "'": JSON strings take double quotes)"},
      {R"({"to": 'a'})", 7, false,
       R"(expected a value for 'to', found "'": JSON strings take double quotes)"},
      {R"({"a": True})", 6, false,
       R"(expected a value for 'a', found "True": JSON has true, false and null)"},
      {R"({"a": NaN})", 6, false,
       R"(expected a value for 'a', found "NaN": JSON has true, false and null)"},
      {R"({"a": nul})", 6, false, R"(expected null, found "nul")"},
      {R"({"a": tru)", 9, true, "expected true, found the end of the text"},
      {R"({"a": truex})", 10, false, R"(expected ',' or '}' after the value of 'a', found "x")"},
      {R"({"a": 1 // one)", 8, false,
       R"(expected ',' or '}' after the value of 'a', found "/": JSON has no comments)"},
      {R"(/* x */{})", 0, false,
       R"(expected an object in braces, found "/": JSON has no comments)"},
      {R"({"a": 1}=0A)", 8, false,
       R"(expected the end of the text behind the value, found "=": left over from quoted-printable or an encoded word)"},
      {R"({"a":=0A 1})", 5, false,
       R"(expected a value for 'a', found "=": left over from quoted-printable or an encoded word)"},
      {"{} {}", 3, false, R"(expected the end of the text behind the value, found "{")"},
      {"{}}", 2, false, R"(expected the end of the text behind the value, found "}")"},
      {"\xEF\xBB\xBF{}", 0, false,
       "expected an object in braces, found \"\xEF\xBB\xBF\": a byte order mark"},
      {"[01]", 2, false, R"(expected a number without leading zeros, found "1")"},
      {"[-]", 2, false, R"(expected a digit, found "]")"},
      {"[+1]", 1, false, R"(expected a value for entry 1, found "+")"},
      {"[.5]", 1, false, R"(expected a value for entry 1, found ".")"},
      {"[1.]", 3, false, R"(expected a digit behind the decimal point, found "]")"},
      {"[1e]", 3, false, R"(expected a digit of the exponent, found "]")"},
      {"[1e+]", 4, false, R"(expected a digit of the exponent, found "]")"},
      {"[0x10]", 2, false, R"(expected ',' or ']' after entry 1, found "x10")"},
      {"[1 2]", 3, false, R"(expected ',' or ']' after entry 1, found "2")"},
      {R"(["a)", 3, true,
       R"(expected '"' to end the string that begins with "a, found the end of the text)"},
      {R"(["\)", 3, true, "expected a character behind the backslash, found the end of the text"},
      {R"(["\'"])", 3, false,
       R"(expected one of " \ / b f n r t u behind the backslash, found "'")"},
      {R"(["\x41"])", 3, false,
       R"(expected one of " \ / b f n r t u behind the backslash, found "x41")"},
      {R"(["\u12"])", 6, false, R"(expected four hexadecimal digits behind \u, found "])"},
      {R"(["\u12)", 6, true,
       R"(expected four hexadecimal digits behind \u, found the end of the text)"},
      {R"(["\u12G4"])", 6, false, R"(expected four hexadecimal digits behind \u, found "G4")"},
      {"{\"a\": \v1}", 6, false, R"(expected a value for 'a', found "?")"},
      {std::string_view("{\"a\": \0}", 8), 6, false, R"(expected a value for 'a', found "?")"},
      {"{\"a\": \xC3\xA9}", 6, false, "expected a value for 'a', found \"\xC3\xA9\""},
      {R"({"f":{"g":[[1,{"h i":?}]]}})", 21, false,
       R"(expected a value for 'h i' of entry 2 of entry 1 of 'f.g', found "?")"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const Reading reading = read(c.text);
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->text, c.want);
    EXPECT_EQ(reading.error->offset, c.offset);
    EXPECT_EQ(reading.error->at_end, c.at_end);
  }
}

TEST(JsonTest, UndoesEscapes) {
  const struct {
    const char* why;
    std::string_view literal;
    std::string_view want;
  } cases[] = {
      {"nothing to do", R"("abc")", "abc"},
      {"empty", R"("")", ""},
      {"short ones", R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {"at both ends", R"("\nx\n")", "\nx\n"},
      {"two octets", R"("caf\u00e9")", "caf\xC3\xA9"},
      {"three octets", R"("\u20AC")", "\xE2\x82\xAC"},
      {"HDR-7: a pair is one character", R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {"HDR-7: high half alone", R"("\ud83dx")", "\xEF\xBF\xBDx"},
      {"HDR-7: low half alone", R"("\ude00")", "\xEF\xBF\xBD"},
      {"HDR-7: two high halves", R"("\ud83d\ud83d\ude00")", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
      {"HDR-7: halves the wrong way round", R"("\ude00\ud83d")", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"half before another escape", R"("\ud83d\n")", "\xEF\xBF\xBD\n"},
      {"half at the end", R"("x\ud83d")", "x\xEF\xBF\xBD"},
      {"NUL cannot be mailed", R"("a\u0000b")",
       "a\xEF\xBF\xBD"
       "b"},
      {"other controls are the sender's", R"("\u0001")", "\x01"},
      {"HDR-12: raw controls are spaces", "\"a\tb\x01\x02\"", "a b  "},
      {"escaped backslash before a quote", R"("\\")", "\\"},
      {"an escaped backslash makes no escape of what follows", R"("\\u0041")", "\\u0041"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Reading reading = read(c.literal);
    ASSERT_TRUE(reading.value);
    EXPECT_EQ(reading.value->text(), c.want);
  }
}

TEST(JsonTest, CountsWhatItMends) {
  const Reading reading =
      read("[\"\\ud83d\", \"\\u0000 \\u0000\", \"a\tb\", \"\\ude00\\ud83d\\ude00\"]");
  ASSERT_FALSE(reading.error);
  EXPECT_EQ(reading.half_pairs.count, 2u);
  EXPECT_EQ(reading.half_pairs.first, 2u);
  EXPECT_EQ(reading.nuls.count, 2u);
  EXPECT_EQ(reading.nuls.first, 12u);
  EXPECT_EQ(reading.controls.count, 1u);
  EXPECT_EQ(reading.controls.first, 30u);
}

TEST(JsonTest, KeepsLiteralsAndOffsets) {
  const Reading reading =
      read(R"( {"n": 1.234567890123456789, "s": "\u0041", "o" : { "x" : [ 1 ] } })");
  ASSERT_TRUE(reading.value);
  const auto all = members(*reading.value);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].value.text(), "1.234567890123456789");
  EXPECT_EQ(all[0].key_offset, 2u);
  EXPECT_EQ(all[0].value.offset(), 7u);
  EXPECT_EQ(all[1].value.literal(), R"("\u0041")");
  EXPECT_EQ(all[1].value.text(), "A");
  EXPECT_EQ(all[2].value.literal(), R"({ "x" : [ 1 ] })");
}

TEST(JsonTest, WalksArraysAndNothingElse) {
  const auto walk = [](std::string_view text) {
    std::vector<std::string> out;
    const Reading reading = read(text);
    for (const Value& value : Items(*reading.value)) out.emplace_back(value.literal());
    return out;
  };
  using Strings = std::vector<std::string>;
  EXPECT_EQ(walk(R"([1, "a,]" ,[2,[3]],{"k":[4]},null])"),
            (Strings{"1", R"("a,]")", "[2,[3]]", R"({"k":[4]})", "null"}));
  EXPECT_EQ(walk("[ ]"), Strings{});
  EXPECT_EQ(walk("[[],[]]"), (Strings{"[]", "[]"}));
  EXPECT_EQ(walk("\"[1]\""), Strings{});
  EXPECT_EQ(walk("12"), Strings{});
}

TEST(JsonTest, TheLastOfEqualKeysCounts) {
  const Reading reading = read(R"({"a":1,"b":2,"\u0061":3,"c":4,"a":5})");
  const auto all = members(*reading.value);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].key, "b");
  EXPECT_FALSE(all[0].repeated);
  EXPECT_EQ(all[2].key, "a");
  EXPECT_EQ(all[2].value.text(), "5");
  EXPECT_TRUE(all[2].repeated);
}

TEST(JsonTest, KeepsTheCompleteMembersOfABrokenObject) {
  const struct {
    std::string_view text;
    std::vector<std::string> want;
  } cases[] = {
      {R"({"to":["a"],"sub":{"x":[)", {"to"}},
      {R"({"to":["a"])", {"to"}},
      {R"({"to":["a"] "sub":1})", {"to"}},
      {R"({"a":1,"b":2)", {"a"}},  // 2 may have been 20
      {R"({"a":1,"b":"2")", {"a", "b"}},
      {R"({"a":1,"b":tru)", {"a"}},
      {R"({"a":1,"b)", {"a"}},
      {R"({"a":{"x":1,"y")", {}},
      {"{", {}},
      {R"({"a":1,"b":2} x)", {"a", "b"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const Reading reading = read(c.text);
    ASSERT_TRUE(reading.error);
    ASSERT_TRUE(reading.value);
    std::vector<std::string> keys;
    for (const Member& member : members(*reading.value)) keys.push_back(member.key);
    EXPECT_EQ(keys, c.want);
  }
  EXPECT_FALSE(read("[1,2").value);
  EXPECT_FALSE(read("").value);
}

TEST(JsonTest, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_FALSE(read(nested(max_depth)).error);
  const Reading deeper = read(nested(max_depth + 1));
  ASSERT_TRUE(deeper.error);
  EXPECT_EQ(deeper.error->offset, max_depth);
  EXPECT_EQ(deeper.error->text, "nested deeper than 100 levels");
  EXPECT_TRUE(read(std::string(100'000, '[')).error);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_TRUE(read(objects).error);
}

TEST(JsonTest, WritesStringsWithTheFewestEscapes) {
  std::string out;
  append_string(out, "a\"b\\c/d\b\f\n\r\t\x01\x1F\x7F\xC3\xA9");
  EXPECT_EQ(out, "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\xC3\xA9\"");
  out.clear();
  append_string(out, "");
  EXPECT_EQ(out, R"("")");
}

TEST(JsonTest, CompactTextHasNoWhiteSpaceAndNoNeedlessEscapes) {
  const Reading reading =
      read(R"( { "a" : [ 1 , 2.50 , "x y\/\u0041" ] , "b" : { } , "\u00e9" : null } )");
  std::string out;
  append_compact(out, *reading.value);
  EXPECT_EQ(out, "{\"a\":[1,2.50,\"x y/A\"],\"b\":{},\"\xC3\xA9\":null}");
}

}  // namespace
}  // namespace smtpapi::json
