#include "render/field_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/encoded_word.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::Not;

std::optional<std::string> render(std::string_view name, std::string_view value,
                                  const std::string& with) {
  auto document = std::make_shared<Document>();
  document->sub.push_back({"-n-", false, {with}});
  const TagTable table(document);
  const auto field = FieldTemplate::cut(name, value, table);
  if (!field) return std::nullopt;
  Expansion scratch;
  auto out = field->render(0, SIZE_MAX, scratch);
  EXPECT_TRUE(out);
  return *std::move(out);
}

TEST(FieldTemplateTest, OnlyThreeFieldsAreSubstituted) {  // SUB-9
  EXPECT_EQ(render("subject", " Hi -n-", "Ann"), " Hi Ann");
  for (const char* name : {"From", "To", "Cc", "X-Name", "Message-ID", "Date"}) {
    EXPECT_FALSE(render(name, " -n-", "x")) << name;
  }
  EXPECT_FALSE(render("Subject", " no tag", "x"));
}

TEST(FieldTemplateTest, SubjectIsDecodedReplacedAndEncoded) {
  const struct {
    const char* why;
    const char* value;
    const char* with;
    const char* want;
  } cases[] = {
      {"SUB-12: the tag is split over encoded words",
       " =?utf-8?Q?Gr=C3=BC=C3=9Fe_-?=\r\n =?utf-8?Q?n-?=", "Ann",
       "Gr\xC3\xBC\xC3\x9F"
       "e Ann"},
      {"SUB-13", " Hi -n-", "J\xC3\xBCrgen", "Hi J\xC3\xBCrgen"},
      {"folded", " Hi\r\n -n-", "Ann", "Hi Ann"},
      {"SUB-10: a line break is one space", " Hi -n-!", "a\r\nBcc: x@example.net\n\nb",
       "Hi a Bcc: x@example.net b!"},
      {"a value that looks like an encoded word", " -n-", "=?utf-8?Q?x?=", "=?utf-8?Q?x?="},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto out = render("Subject", c.value, c.with);
    ASSERT_TRUE(out);
    EXPECT_EQ(decode_encoded_words(unfold(*out)), c.want);
    for (auto at = out->find('\n'); at != std::string::npos; at = out->find('\n', at + 1)) {
      ASSERT_LT(at + 1, out->size());
      EXPECT_EQ((*out)[at + 1], ' ') << "every line break is a fold";
    }
  }
}

TEST(FieldTemplateTest, ReplyTo) {
  EXPECT_EQ(render("Reply-To", " -n- <help@example.org>", "Ann"), " Ann <help@example.org>");
  EXPECT_EQ(render("Reply-To", " help+-n-@example.org", "7"), " help+7@example.org");
  EXPECT_EQ(render("Reply-To", " -n-", "ann@example.org"), " ann@example.org");
  EXPECT_THAT(*render("Reply-To", " -n- <help@example.org>", "J\xC3\xBCrgen"), HasSubstr("=?"));
  EXPECT_EQ(
      unfold(*render("Reply-To", " =?utf-8?Q?Lee=2C_-n-?= <a@example.org>, b@example.org", "Ann")),
      "\"Lee, Ann\" <a@example.org>, b@example.org");
  EXPECT_EQ(unfold(*render("Reply-To", " a@example.org, -n- <b@example.org>", "x, y")),
            "a@example.org, \"x, y\" <b@example.org>")
      << "TO-9";
}

TEST(FieldTemplateTest, NoTagStays) {  // SUB-3, SUB-9
  EXPECT_FALSE(render("Reply-To", " -n-", "")) << "an empty field is none";
  EXPECT_FALSE(render("List-Unsubscribe", " -n-", "\r\n"));
  EXPECT_EQ(render("Subject", " -n-", ""), " ") << "an empty Subject is one";
  EXPECT_EQ(render("Reply-To", " -n-", "nobody"), " nobody");
  EXPECT_EQ(render("Reply-To", " -n- <help@example.org", "Ann"), " Ann <help@example.org");
  EXPECT_EQ(decode_encoded_words(*render("Reply-To", " =?utf-8?Q?-n-?=", "J\xC3\xBC\r\nBcc: x")),
            " J\xC3\xBC Bcc: x");
}

TEST(FieldTemplateTest, ListUnsubscribeStaysAscii) {
  EXPECT_EQ(render("List-Unsubscribe", " <https://example.org/u?x=-n->", "J\xC3\xBC"),
            " <https://example.org/u?x=J%C3%BC>");
  EXPECT_THAT(*render("List-Unsubscribe", " <https://example.org/?-n->", "a\r\nX: y"),
              Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace smtpapi
