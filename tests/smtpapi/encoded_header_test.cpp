// Headers that something on the way has changed: wrapped in RFC 2047, or cut.
#include "mail/codec.h"
#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(EncodedHeaderTest, DecodesAValueThatIsWrapped) {  // HDR-8
  const struct {
    const char* why;
    std::string value;
    const char* category;
  } cases[] = {
      {"Q", "=?utf-8?q?{\"category\":_\"a_b\"}?=", "a b"},
      {"B", "=?UTF-8?B?" + encode_base64("{\"category\":\"caf\xC3\xA9\"}") + "?=", "caf\xC3\xA9"},
      {"another charset", "=?iso-8859-1?q?{\"category\":_\"caf=E9\"}?=", "caf\xC3\xA9"},
      {"several words, white space between them dropped",
       "=?utf-8?q?{\"category\":?=\r\n =?utf-8?q?_\"spring?=\r\n   =?utf-8?q?_sale\"}?=",
       "spring sale"},
      {"a character split over two words",
       "=?utf-8?b?" + encode_base64("{\"category\":\"caf\xC3") + "?= =?utf-8?b?" +
           encode_base64("\xA9\"}") + "?=",
       "caf\xC3\xA9"},
      {"only a part is wrapped, and JSON without it", "{\"category\": =?utf-8?q?\"a\"?= }", "a"},
      {"a line break within", "=?utf-8?q?{\"category\":=0A\"a\"}?=", "a"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const ParsedHeader parsed = parse(c.value);
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
    EXPECT_THAT(parsed.document.category, ElementsAre(c.category));
    EXPECT_THAT(texts(parsed.warnings),
                ElementsAre("the value is wrapped in RFC 2047 encoded words: send it bare"));
  }
}

TEST(EncodedHeaderTest, LeavesEncodedWordsInsideJsonAlone) {
  const ParsedHeader parsed =
      parse(R"({"to":["=?utf-8?q?Ann?= <a@x>"],"category":"=?utf-8?q?x?="})");
  EXPECT_THAT(parsed.document.to, ElementsAre("=?utf-8?q?Ann?= <a@x>"));
  EXPECT_THAT(parsed.document.category, ElementsAre("=?utf-8?q?x?="));
  EXPECT_THAT(texts(parsed.warnings), IsEmpty());
}

TEST(EncodedHeaderTest, AWrappedNothingIsNothing) {
  for (const char* value : {"=?utf-8?q?_?=", "=?utf-8?q?{}?="}) {
    const ParsedHeader parsed = parse(value);
    EXPECT_TRUE(parsed.empty) << value;
    EXPECT_THAT(texts(parsed.problems), IsEmpty());
  }
}

TEST(EncodedHeaderTest, TellsTheProblemOfTheTextThatLooksMoreLikeJson) {
  const struct {
    const char* why;
    const char* value;
    const char* want;
  } cases[] = {
      {"wrapped and broken", R"(=?utf-8?q?{"to":["a@x",]}?=)",
       R"(not JSON: expected a value for entry 2 of 'to', found "]": one comma too many (after decoding RFC 2047 encoded words))"},
      {"wrapped, a problem of another kind", R"(=?utf-8?q?{"sub":1}?=)",
       "'sub' is a number: it must be an object (after decoding RFC 2047 encoded words)"},
      {"broken with an encoded word in a string", R"({"to":["=?utf-8?q?A?= <a@x>",]})",
       R"(line 1, column 30: not JSON: expected a value for entry 2 of 'to', found "]": one comma too many)"},
      {"no JSON either way", "=?utf-8?q?hello?=",
       R"(line 1, column 1: not JSON: expected an object in braces, found "=": left over from quoted-printable or an encoded word)"},
      {"an unknown charset", R"(=?klingon?q?{}?=)",
       R"(line 1, column 1: not JSON: expected an object in braces, found "=": left over from quoted-printable or an encoded word)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(texts(parse(c.value).problems), ElementsAre(c.want));
  }
}

/// A header of addresses, `size` octets with its name, cut as Postfix does (PF-19).
std::string cut_header(std::size_t size) {
  std::string value = R"({"to":[)";
  while (value.size() < size) value += R"("ann@example.org",)";
  value.resize(size - std::string("X-SMTPAPI: ").size());
  return " " + value;
}

TEST(EncodedHeaderTest, NamesAHeaderThatTheMtaCut) {
  for (const std::size_t size : {54'000u, 59'531u, 59'990u, 60'000u}) {
    SCOPED_TRACE(size);
    const ParsedHeader parsed = parse(cut_header(size));
    ASSERT_EQ(parsed.problems.size(), 1u);
    const std::string text = to_string(parsed.problems[0]);
    EXPECT_THAT(text, HasSubstr("cut the field at 60000 bytes"));
    EXPECT_THAT(text, HasSubstr("it has " + std::to_string(size) + " here"));
    EXPECT_THAT(text, HasSubstr("X-SMTPAPI-Part"));
    EXPECT_THAT(text, HasSubstr("smtpapi-intake"));
  }
}

TEST(EncodedHeaderTest, ACutWithinACharacterIsOneProblem) {
  std::string value = R"({"category":")";
  while (value.size() < 59'000) value += "\xE2\x82\xAC";
  for (const std::size_t left : {1u, 2u}) {
    const ParsedHeader parsed = parse(value + std::string("\xE2\x82").substr(0, left));
    ASSERT_EQ(parsed.problems.size(), 1u);
    EXPECT_THAT(to_string(parsed.problems[0]), HasSubstr("cut the field"));
  }
}

TEST(EncodedHeaderTest, OtherDamageIsNoCut) {
  std::string broken = cut_header(59'000);
  broken.replace(20, 1, "?");
  std::string whole = R"({"to":["a@x"],"category":")" + std::string(59'000, 'x');
  for (const auto& [why, value] :
       {std::pair("too short", cut_header(53'999)), std::pair("too long", cut_header(70'000)),
        std::pair("broken further up", R"({"to":[5 6],)" + cut_header(59'000))}) {
    SCOPED_TRACE(why);
    const ParsedHeader parsed = parse(value);
    ASSERT_GE(parsed.problems.size(), 1u);
    for (const std::string& text : texts(parsed.problems)) EXPECT_THAT(text, Not(HasSubstr("cut")));
  }
}

TEST(EncodedHeaderTest, APartThatWasCutBreaksTheTextInTheMiddle) {
  const std::string first = cut_header(60'000);
  const Message message(to_crlf("X-SMTPAPI:" + first + "\nX-SMTPAPI-Part: 2/2 \"b@x\"]}\n\n"));
  const ExtractedHeader header = extract_header(message);
  ASSERT_THAT(header.problems, IsEmpty());
  const ParsedHeader parsed = parse_header(header.text, {}, test_now());
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_THAT(to_string(parsed.problems[0]), HasSubstr("cut the field"));
}

}  // namespace
}  // namespace smtpapi
