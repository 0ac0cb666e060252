#include "base/encode.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using namespace std::string_view_literals;

TEST(EncodeTest, Base64urlBothWays) {
  const struct {
    std::string_view octets;
    std::string_view text;
  } cases[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"\xFB\xFF\xFE", "-__-"},
      {"\0"sv, "AA"},
      {"\0\0"sv, "AAA"},
      {"\xFF\xFF", "__8"},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(base64url(c.octets), c.text);
    EXPECT_EQ(base64url_size(c.octets.size()), c.text.size());
    EXPECT_EQ(decode_base64url(c.text), c.octets);
    std::string out = "x";
    append_base64url(out, c.octets);
    EXPECT_EQ(out, "x" + std::string(c.text));
  }
}

TEST(EncodeTest, EveryLengthIsReadBack) {
  std::string octets;
  for (int size = 0; size < 300; ++size) {
    const std::string text = base64url(octets);
    EXPECT_EQ(text.size(), base64url_size(octets.size()));
    EXPECT_EQ(decode_base64url(text), octets);
    octets.push_back(static_cast<char>(size * 37 + 11));
  }
}

TEST(EncodeTest, DecodesOnlyWhatIsWritten) {
  const struct {
    const char* why;
    std::string_view text;
  } cases[] = {
      {"no such length", "Z"},
      {"no such length", "Zm9vY"},
      {"padding", "Zg=="},
      {"padding only", "="},
      {"plain base64", "+/+/"},
      {"a blank", "Zm 9"},
      {"a line end", "Zm9v\n"},
      {"a leading blank", " Zm9"},
      {"NUL", "Zm9\0"sv},
      {"an 8-bit octet", "Zm9\xC3"},
      {"bits left over, of two characters", "Zh"},
      {"bits left over, of three characters", "Zm-"},
      {"all bits left over", "Z_"},
      {"percent encoding", "Zm%39"},
      {"a dot", "Zm.v"},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(decode_base64url(c.text)) << c.why << ": " << c.text;
  }
}

TEST(EncodeTest, PercentEncodesAllButTheUnreserved) {  // GA-4
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"", ""},
      {"Spring Sale", "Spring%20Sale"},
      {"aZ09-._~", "aZ09-._~"},
      {"a&b=c#d?e/f:g@h", "a%26b%3Dc%23d%3Fe%2Ff%3Ag%40h"},
      {"100%", "100%25"},
      {"a+b", "a%2Bb"},
      {"\xC3\xBC", "%C3%BC"},
      {"\r\n\0"sv, "%0D%0A%00"},
      {"\"'<>", "%22%27%3C%3E"},
      {"[]{}|\\^`", "%5B%5D%7B%7D%7C%5C%5E%60"},
      {"\x7F\xFF", "%7F%FF"},
  };
  for (const auto& c : cases) {
    std::string out = "=";
    append_percent_encoded(out, c.text);
    EXPECT_EQ(out, "=" + std::string(c.want));
  }
}

TEST(EncodeTest, WritesJsonStrings) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"", R"("")"},
      {"<a href='x'>&/\x7F", "\"<a href='x'>&/\x7F\""},
      {"\"\\", R"("\"\\")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\0\x01\x1F "sv, R"("\u0000\u0001\u001f ")"},
      {"\xC3\xBC\xE2\x80\xA8", "\"\xC3\xBC\xE2\x80\xA8\""},
      {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xF0\x9F\x98\x80\xC0\"", "\"\xF0\x9F\x98\x80\xEF\xBF\xBD\\\"\""},
  };
  for (const auto& c : cases) {
    std::string out = "=";
    append_json_string(out, c.text);
    EXPECT_EQ(out, "=" + std::string(c.want));
  }
}

TEST(EncodeTest, Base32OfRfc4648InLowerCase) {
  const struct {
    const char* octets;
    const char* text;
  } cases[] = {{"", ""},
               {"f", "my"},
               {"fo", "mzxq"},
               {"foo", "mzxw6"},
               {"foob", "mzxw6yq"},
               {"fooba", "mzxw6ytb"},
               {"foobar", "mzxw6ytboi"}};
  for (const auto& c : cases) {
    EXPECT_EQ(base32(c.octets), c.text);
    EXPECT_EQ(base32_size(std::string_view(c.octets).size()), std::string_view(c.text).size());
    EXPECT_EQ(decode_base32(c.text), c.octets);
  }
  EXPECT_EQ(decode_base32("MZXW6ytb"), "fooba");
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(decode_base32(base32(all)), all);
  for (const char* bad : {"m", "mzx", "mzxw6y", "mz======", "m1", "m8", "m-", "m y", "mz", "mzxr"})
    EXPECT_FALSE(decode_base32(bad)) << bad;
}

}  // namespace
}  // namespace smtpapi
