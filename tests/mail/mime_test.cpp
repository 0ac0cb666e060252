#include "mail/mime.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// LF line ends in tests, CRLF on the wire.
Message message_of(std::string text) { return Message(to_crlf(std::move(text))); }

/// Kind and content of every body: "plain:Hi".
std::vector<std::string> bodies(const Message& message) {
  constexpr const char* kinds[] = {"plain", "html", "amp"};
  std::vector<std::string> out;
  for (const TextPart& part : find_bodies(message).bodies) {
    out.push_back(fmt::format("{}{}:{}", kinds[static_cast<int>(part.kind)],
                              part.malformed ? "!" : "",
                              message.octets().substr(part.begin, part.end - part.begin)));
  }
  return out;
}

std::string multipart(const std::string& kind, const std::string& boundary,
                      const std::vector<std::string>& parts) {
  std::string out = fmt::format("Content-Type: multipart/{}; boundary=\"{}\"\n\n", kind, boundary);
  for (const std::string& part : parts) out += fmt::format("--{}\n{}\n", boundary, part);
  return out + fmt::format("--{}--\n", boundary);
}
std::string part(const std::string& type, const std::string& body, const std::string& fields = "") {
  return fmt::format("Content-Type: {}\n{}\n{}", type, fields, body);
}

const std::string plain = part("text/plain", "P");
const std::string html = part("text/html", "H");
const std::string attached = part("text/plain", "A", "Content-Disposition: attachment\n");

TEST(MimeTest, FindsTheBodies) {  // MIME-1
  const struct {
    const char* why;
    std::string message;
    std::vector<std::string> want;
  } cases[] = {
      {"no MIME at all", "Subject: x\n\nHi\n", {"plain:Hi\r\n"}},
      {"no body", "Subject: x\n\n", {"plain:"}},
      {"html", part("text/html", "<p>"), {"html:<p>"}},
      {"a type that is none", part("garbage", "x"), {"plain:x"}},
      {"another type", part("text/calendar", "x"), {}},
      {"alternative", multipart("alternative", "B", {plain, html}), {"plain:P", "html:H"}},
      {"amp",
       multipart("alternative", "B", {plain, part("text/x-amp-html", "M"), html}),
       {"plain:P", "amp:M", "html:H"}},
      {"mixed: the first of each kind",
       multipart("mixed", "B", {plain, part("text/plain", "2"), html}),
       {"plain:P", "html:H"}},
      {"mixed: alternative first",
       multipart("mixed", "O",
                 {multipart("alternative", "I", {plain, html}), part("text/plain", "2")}),
       {"plain:P", "html:H"}},
      {"mixed: an attachment is no first part",
       multipart("mixed", "B", {attached, plain}),
       {"plain:P"}},
      {"a file name makes an attachment",
       multipart("mixed", "B",
                 {part("text/plain; name=x", "N"),
                  part("text/html", "F", "Content-Disposition: inline; filename=\"y\"\n"), plain}),
       {"plain:P"}},
      {"inline without a name",
       multipart("mixed", "B", {part("text/plain", "I", "Content-Disposition: inline\n")}),
       {"plain:I"}},
      {"related", multipart("related", "B", {html, part("image/png", "x")}), {"html:H"}},
      {"an unknown kind is mixed (RFC 2046 5.1.7)",
       multipart("x-new", "B", {plain, part("text/plain", "2")}),
       {"plain:P"}},
      {"report", multipart("report", "B", {plain}), {}},
      {"digest", multipart("digest", "B", {plain}), {}},
      {"a message is opaque",
       multipart("mixed", "B", {part("message/rfc822", "Subject: x\n\ninner"), html}),
       {"html:H"}},
      {"signed inside mixed",
       multipart("mixed", "O", {multipart("signed", "S", {plain}), html}),
       {"html:H"}},
      {"a part without header", multipart("mixed", "B", {"\nbare"}), {"plain:bare"}},
      {"an empty part", multipart("mixed", "B", {""}), {"plain:"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(bodies(message_of(c.message)), c.want);
  }
}

TEST(MimeTest, Boundaries) {  // LIB-2
  const std::string head = "Content-Type: multipart/mixed; boundary=B\n\n";
  const struct {
    const char* why;
    std::string body;
    std::vector<std::string> want;
  } cases[] = {
      {"preamble and epilogue", "pre\n--B\n\nx\n--B--\n--B\n\nepilogue\n", {"plain:x"}},
      {"blanks behind it", "--B \t\n\nx\n--B-- \n", {"plain:x"}},
      {"no longer name", "--B\n\nx\n--Bfoo\n--B--\n", {"plain:x\r\n--Bfoo"}},
      {"not inside a line", "--B\n\nx --B\ny\n--B--\n", {"plain:x --B\r\ny"}},
      {"its line end is the boundary's", "--B\n\nx\n\n--B--\n", {"plain:x\r\n"}},
      {"no end", "--B\n\nx\n", {"plain:x\r\n"}},
      {"cut in the last delimiter", "--B\n\nx\n--B", {"plain:x"}},
      {"a header that runs into it", "--B\nX: y\n--B--\n", {"plain:"}},
      {"MIME-9: never there", "--C\n\nx\n--C--\n", {"plain!:--C\r\n\r\nx\r\n--C--\r\n"}},
      {"MIME-9: empty", "", {"plain!:"}},
      {"only the last one", "--B--\n", {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(bodies(message_of(head + c.body)), c.want);
  }
  EXPECT_THAT(bodies(message_of("Content-Type: multipart/mixed\n\n--B\n")),
              ElementsAre("plain!:--B\r\n"));
  EXPECT_THAT(bodies(Message("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\n\nx\n--B--\n")),
              ElementsAre("plain:x"))
      << "LF in the body";
}

TEST(MimeTest, AnInnerMultipartEndsWithTheOuterOne) {
  EXPECT_THAT(bodies(message_of("Content-Type: multipart/mixed; boundary=O\n\n--O\n"
                                "Content-Type: multipart/alternative; boundary=I\n\n--I\n\nx\n--O\n"
                                "Content-Type: text/html\n\ny\n--O--\n")),
              ElementsAre("plain:x", "html:y"));
}

TEST(MimeTest, APrefixOfAnotherBoundary) {
  EXPECT_THAT(
      bodies(message_of(multipart("mixed", "B", {multipart("alternative", "BB", {plain, html})}))),
      ElementsAre("plain:P", "html:H"));
}

TEST(MimeTest, PartsKnowTheirHeaderAndBoundaries) {
  const Message message = message_of(multipart(
      "mixed", "O",
      {multipart(
          "alternative", "I",
          {part("text/html; charset=\"x\"", "H", "Content-Transfer-Encoding: (c) BASE64\n")})}));
  const auto found = find_bodies(message).bodies;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].boundaries, ElementsAre("O", "I"));
  EXPECT_EQ(found[0].charset, "x");
  EXPECT_EQ(found[0].encoding, TransferEncoding::base64);
  EXPECT_FALSE(found[0].top_level);
  ASSERT_EQ(found[0].fields.size(), 2u);
  EXPECT_EQ(message.name(found[0].fields[1]), "Content-Transfer-Encoding");
  EXPECT_EQ(message.octets().substr(found[0].header_end, 2), "\r\n");
}

TEST(MimeTest, SealedMessagesHaveNoBodies) {  // MIME-5
  for (const char* type : {"multipart/signed; boundary=B", "multipart/encrypted; boundary=B",
                           "application/pkcs7-mime; smime-type=enveloped-data"}) {
    const Structure structure = find_bodies(message_of(part(type, "--B\n\nx\n--B--\n")));
    EXPECT_TRUE(structure.sealed) << type;
    EXPECT_THAT(structure.bodies, IsEmpty()) << type;
  }
  EXPECT_FALSE(find_bodies(message_of(plain)).sealed);
}

TEST(MimeTest, TheFirstContentTypeCounts) {  // LIB-3
  EXPECT_THAT(bodies(message_of("Content-Type: text/html\nContent-Type: text/plain\n\nx")),
              ElementsAre("html:x"));
}

TEST(MimeTest, TransferEncodings) {
  EXPECT_EQ(parse_transfer_encoding(" Quoted-Printable "), TransferEncoding::quoted_printable);
  EXPECT_EQ(parse_transfer_encoding("8BIT"), TransferEncoding::eight_bit);
  EXPECT_EQ(parse_transfer_encoding("x-uuencode"), TransferEncoding::unknown);
  EXPECT_EQ(parse_transfer_encoding(""), TransferEncoding::unknown);
}

TEST(MimeTest, DeepAndWideMessagesStayBounded) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) {
    deep += fmt::format("Content-Type: multipart/mixed; boundary=b{}\n\n--b{}\n", i, i);
  }
  EXPECT_THAT(bodies(message_of(deep + "\nx")), IsEmpty());

  std::string wide = "Content-Type: multipart/mixed; boundary=B\n\n";
  for (int i = 0; i < 50'000; ++i) wide += "--B\nContent-Type: image/png\n\nx\n";
  EXPECT_THAT(bodies(message_of(wide + "--B\n\nlast\n--B--\n")), ElementsAre("plain:last"));
}

}  // namespace
}  // namespace smtpapi
