// Size alone must not hurt: these tests end within their time limit only if nothing is quadratic.
#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

using testing::IsEmpty;

std::string array_of(std::size_t count, const std::string& item) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) out += (i ? "," : "") + item;
  return out + "]";
}

TEST(BigInputTest, TenThousandRecipientsWithTags) {
  std::string value = R"({"to":)" + array_of(10'000, R"("Ann <ann@example.org>")") + R"(,"sub":{)";
  for (const char* tag : {"-a-", "-b-", "-c-"}) {
    value += (value.ends_with('{') ? "\"" : ",\"") + std::string(tag) +
             "\":" + array_of(10'000, R"("v")");
  }
  const ParsedHeader parsed = parse(value + "}}");
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_THAT(texts(parsed.warnings), IsEmpty());
  EXPECT_EQ(parsed.document.to.size(), 10'000u);
  ASSERT_EQ(parsed.document.sub.size(), 3u);
  EXPECT_EQ(parsed.document.sub[2].values.size(), 10'000u);
}

TEST(BigInputTest, OneRecipientTooMany) {
  const ParsedHeader parsed = parse(R"({"to":)" + array_of(10'001, R"("a@x")") + "}");
  EXPECT_EQ(parsed.problems.size(), 1u);
}

TEST(BigInputTest, NestingBombs) {
  for (const char* bomb : {"[", "{\"a\":", "[[{\"a\":[", "{\"to\":["}) {
    std::string value;
    for (int i = 0; i < 100'000; ++i) value += bomb;
    EXPECT_EQ(parse(value).problems.size(), 1u);
    EXPECT_EQ(parse(R"({"unique_args":{"x":)" + value).problems.size(), 1u);
  }
}

TEST(BigInputTest, TwoMebibytesOfEachKind) {
  constexpr std::size_t size = 2u << 20;
  const std::string long_string(size, 'x');
  std::string keys = "{\"k\":1";
  std::string tags = R"({"sub":{"t":"1")";
  for (std::size_t i = 0; keys.size() < size - 40; ++i) keys += ",\"" + std::to_string(i) + "\":1";
  for (std::size_t i = 0; tags.size() < size - 40; ++i) tags += ",\"" + std::to_string(i) + "\":[]";
  const struct {
    const char* why;
    std::string value;
    std::size_t problems;
  } cases[] = {
      {"one string", R"({"category":")" + long_string + "\"}", 0},
      {"one key", "{\"" + long_string + "\":1}", 0},
      {"keys", keys + "}", 0},
      {"tags: more bytes than one recipient may have", tags + "}}", 1},
      {"equal keys",
       R"({"a":1)" +
           [&] {
             std::string out;
             while (out.size() < size - 40) out += ",\"a\":1";
             return out;
           }() +
           "}",
       0},
      {"recipients", R"({"to":)" + array_of(size / 3 - 10, "\"\"") + "}", 1},
      {"blanks", "{" + std::string(size, ' ') + "}", 0},
      {"escapes",
       R"({"category":")" +
           [&] {
             std::string out;
             while (out.size() < size - 40) out += "\\u0000\\ud800";
             return out;
           }() +
           "\"}",
       0},
      {"folds",
       "{" +
           [&] {
             std::string out;
             while (out.size() < size - 40) out += "\r\n ";
             return out;
           }() +
           "}",
       0},
      {"encoded words",
       [&] {
         std::string out;
         while (out.size() < size - 40) out += "=?utf-8?q?=7B?= ";
         return out;
       }(),
       1},
      {"octets that are not UTF-8", R"({"category":")" + std::string(size - 40, '\xFF') + "\"}", 1},
      {"a string without end", R"({"category":")" + long_string, 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(parse(c.value).problems.size(), c.problems);
  }
}

TEST(BigInputTest, EightMebibytes) {
  Limits limits;
  limits.recipients = 0;
  const std::size_t count = (limits.header_bytes - 100) / 18;
  const ParsedHeader parsed =
      parse(R"({"to":)" + array_of(count, R"("ann@example.org")") + "}", limits);
  EXPECT_THAT(texts(parsed.problems), IsEmpty());
  EXPECT_EQ(parsed.document.to.size(), count);
}

TEST(BigInputTest, OverTheLimitNothingIsRead) {
  const ParsedHeader parsed = parse(std::string((8u << 20) + 1, '['));
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_EQ(parsed.problems[0].place.line, 0u);
}

}  // namespace
}  // namespace smtpapi
