#include "milter/ctl/json_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "mail/codec.h"

namespace smtpapi::ctl {
namespace {

std::string written(const std::function<void(JsonWriter&)>& write) {
  std::ostringstream out;
  JsonWriter json(out);
  write(json);
  return out.str();
}

TEST(JsonWriterTest, KeepsOrderAndSeparates) {
  const std::string text = written([](JsonWriter& json) {
    json.begin_object();
    json.member("z", 1);
    json.member("a", true);
    json.strings("list", std::vector<std::string>{"x", "y"});
    json.key("empty");
    json.begin_array();
    json.end_array();
    json.key("objects");
    json.begin_array();
    for (int i = 0; i < 2; ++i) {
      json.begin_object();
      json.end_object();
    }
    json.end_array();
    json.end_object();
    json.end_line();
    json.begin_object();
    json.member("second", "document");
    json.end_object();
  });
  EXPECT_EQ(text, R"({"z":1,"a":true,"list":["x","y"],"empty":[],"objects":[{},{}]})"
                  "\n"
                  R"({"second":"document"})");
}

TEST(JsonWriterTest, StringsAreAlwaysGoodJson) {
  const struct {
    const char* why;
    std::string_view text;
    const char* want;
  } cases[] = {
      {"quotes and backslashes", R"(a"b\c)", R"("a\"b\\c")"},
      {"line breaks and controls", "a\r\n\x01", R"("a\r\n\u0001")"},
      {"NUL inside", std::string_view("a\0b", 3), R"("a\u0000b")"},
      {"UTF-8 stays", "Zoë", R"("Zoë")"},
      {"octets that are not", "caf\xE9!", "\"caf\xEF\xBF\xBD!\""},
      {"empty", "", R"("")"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(written([&](JsonWriter& json) { json.string(c.text); }), c.want) << c.why;
  }
}

TEST(JsonWriterTest, NumbersAreExact) {
  EXPECT_EQ(written([](JsonWriter& json) { json.number(INT64_MIN); }), "-9223372036854775808");
}

TEST(JsonWriterTest, Base64OfPiecesIsThatOfTheWhole) {
  std::string whole;
  for (int i = 0; i < 200'000; ++i) whole += static_cast<char>(i * 31 + i / 251);
  for (const std::size_t piece : {1u, 2u, 5u, 49'151u, 49'152u, 49'153u, 1'000'000u}) {
    std::vector<std::string_view> pieces = {""};
    for (std::size_t i = 0; i < whole.size(); i += piece)
      pieces.push_back(std::string_view(whole).substr(i, piece));
    EXPECT_EQ(written([&](JsonWriter& json) { json.base64(pieces); }),
              '"' + encode_base64(whole) + '"')
        << piece;
  }
  EXPECT_EQ(written([](JsonWriter& json) { json.base64({}); }), "\"\"");
}

}  // namespace
}  // namespace smtpapi::ctl
