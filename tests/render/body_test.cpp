#include "render/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/codec.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::Not;

/// One body with tag -n-, rendered for one value.
struct Body {
  TransferEncoding encoding = TransferEncoding::seven_bit;
  std::string charset;
  std::string content;
  std::vector<std::string> boundaries = {};
  bool malformed = false;
};

RenderedBody render(const Body& body, const std::string& value) {
  auto document = std::make_shared<Document>();
  document->sub.push_back({"-n-", false, {value}});
  const TagTable table(document);
  TextPart part;
  part.encoding = body.encoding;
  part.charset = body.charset;
  part.boundaries = body.boundaries;
  part.malformed = body.malformed;
  const auto decoded = decode_part(part, body.content);
  EXPECT_TRUE(decoded);
  RenderedBody out;
  const BodyTemplate cut(part, *decoded, {TextKind::plain, decoded->text},
                         body.content.ends_with('\n'), {}, table);
  CopyLinks links(nullptr, {});
  EXPECT_TRUE(cut.render(0, SIZE_MAX, links, out));
  return out;
}

TEST(BodyTest, KeepsTheEncodingAsLongAsTheTextFitsIt) {
  using enum TransferEncoding;
  const std::string long_value(990, 'x');
  std::string many_umlauts;
  for (int i = 0; i < 100; ++i) many_umlauts += "\xC3\xBC";
  const struct {
    const char* why;
    Body body;
    std::string value;
    std::optional<TransferEncoding> want;
    bool utf8_label;
  } cases[] = {
      {"ascii in 7bit", {seven_bit, "us-ascii", "Hi -n-\r\n"}, "Ann", {}, false},
      {"SUB-13: 7bit ascii becomes UTF-8",
       {seven_bit, "", "Hi -n-\r\n"},
       "J\xC3\xBCrgen",
       quoted_printable,
       true},
      {"8bit UTF-8", {eight_bit, "UTF-8", "Hi -n-\r\n"}, "J\xC3\xBCrgen", {}, false},
      {"7bit UTF-8 label",
       {seven_bit, "utf-8", "Hi -n-\r\n"},
       "J\xC3\xBCrgen",
       quoted_printable,
       false},
      {"a line of 998",
       {seven_bit, "", "12345678-n-\r\nx\r\n"},
       long_value,
       quoted_printable,
       false},
      {"a line just under it", {seven_bit, "", "123456-n-\r\nx\r\n"}, long_value, {}, false},
      {"a long line before the tag is the text's own",
       {eight_bit, "utf-8", std::string(2000, 'y') + "\r\n-n-\r\n"},
       "x",
       quoted_printable,
       false},
      {"two values make the line long",
       {seven_bit, "", "-n--n-\r\n"},
       std::string(600, 'x'),
       quoted_printable,
       false},
      {"a few: readable text is worth some octets",
       {seven_bit, "utf-8", "-n-\r\n"},
       "\xC3\xBC\xC3\xBC\xC3\xBC",
       quoted_printable,
       false},
      {"mostly not ASCII: base64 is clearly shorter",
       {seven_bit, "utf-8", "-n-\r\n"},
       many_umlauts,
       base64,
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const RenderedBody out = render(c.body, c.value);
    EXPECT_EQ(out.encoding, c.want);
    EXPECT_EQ(out.needs_utf8_label, c.utf8_label);
  }
}

TEST(BodyTest, AnotherCharsetStaysUnlessACharacterHasNoPlaceInIt) {
  const Body body{TransferEncoding::eight_bit, "iso-8859-1", "Gr\xFC\xDF -n-\r\n"};
  const RenderedBody fits = render(body, "J\xC3\xBCrgen");
  EXPECT_EQ(fits.content, "Gr\xFC\xDF J\xFCrgen\r\n");
  EXPECT_FALSE(fits.needs_utf8_label);
  const RenderedBody other = render(body, "\xC5\x81ukasz");
  EXPECT_EQ(other.content, "Gr\xC3\xBC\xC3\x9F \xC5\x81ukasz\r\n");
  EXPECT_TRUE(other.needs_utf8_label);
}

TEST(BodyTest, EncodedTextIsFoundAndWrittenBackEncoded) {
  const RenderedBody quoted =
      render({TransferEncoding::quoted_printable, "utf-8", "a=3Db -=\r\nn- =C3=BC\r\nend"}, "x=y");
  EXPECT_FALSE(quoted.encoding);
  EXPECT_EQ(decode_quoted_printable(quoted.content), "a=b x=y \xC3\xBC\r\nend");
  const RenderedBody base64 = render(
      {TransferEncoding::base64, "utf-8", encode_base64("Hi -n-\nunix line\n") + "\r\n"}, "Ann");
  EXPECT_EQ(decode_base64(base64.content), "Hi Ann\nunix line\n");
  EXPECT_THAT(base64.content, testing::EndsWith("\r\n"));
}

// Untouched lines are encoded ahead of time: that must never be seen.
TEST(BodyTest, QuotedPrintableInPiecesIsTheSameAsInOne) {
  for (const char* text :
       {"-n-", "-n-\r\n", "a\r\nb -n- c\r\nd\r\n", "one\r\n-n-\r\n-n-\r\ntrail \r\nend ",
        "soft line that is far longer than seventy-six columns, so that it must be broken "
        "-n-\r\nx"}) {
    std::string content, want;
    append_quoted_printable(content, text);
    const RenderedBody out =
        render({TransferEncoding::quoted_printable, "utf-8", content}, "v\r\nw");
    std::string expected(text);
    for (auto at = expected.find("-n-"); at != std::string::npos; at = expected.find("-n-")) {
      expected.replace(at, 3, "v\r\nw");
    }
    append_quoted_printable(want, expected);
    EXPECT_EQ(out.content, want);
  }
}

TEST(BodyTest, AValueCannotEndThePart) {  // LIB-5
  using enum TransferEncoding;
  for (const TransferEncoding encoding : {seven_bit, eight_bit, quoted_printable}) {
    for (const char* value : {"--B1", "x\r\n--B1--\r\ny", "--B1\r\n", "-"}) {
      for (const char* text : {"-n-\r\n", "a\r\n-n-", "-n-B1\r\n", "a\r\n--n-B1\r\n"}) {
        SCOPED_TRACE(std::string(text) + " " + value);
        const RenderedBody out = render({encoding, "utf-8", text, {"OUTER", "B1"}}, value);
        EXPECT_THAT("\n" + out.content, Not(HasSubstr("\n--B1")));
      }
    }
  }
}

TEST(BodyTest, AMalformedMultipartKeepsItsShape) {  // MIME-9
  const RenderedBody out =
      render({TransferEncoding::seven_bit, "", "--x\r\n-n-\r\n", {}, true}, "J\xC3\xBCrgen");
  EXPECT_EQ(out.content, "--x\r\nJ\xC3\xBCrgen\r\n");
  EXPECT_FALSE(out.encoding);
}

TEST(BodyTest, WhatCannotBeDecodedIsLeftAlone) {  // MIME-4
  TextPart part;
  part.charset = "x-klingon";
  EXPECT_FALSE(decode_part(part, "x"));
  part.charset = "utf-8";
  part.encoding = TransferEncoding::unknown;
  EXPECT_FALSE(decode_part(part, "x"));
}

TEST(BodyTest, OctetsThatAreNotTheUtf8TheyClaimStayAsTheyAre) {
  const RenderedBody out =
      render({TransferEncoding::eight_bit, "utf-8", "\xFF\xFE -n-\r\n"}, "Ann");
  EXPECT_EQ(out.content, "\xFF\xFE Ann\r\n");
}

}  // namespace
}  // namespace smtpapi
