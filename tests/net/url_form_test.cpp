#include "net/url_form.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(UrlFormTest, ReadsPairs) {
  const FormFields want = {{"a", "1"}, {"b", ""}, {"c", "x y"}, {"a", "2=3"}, {"\xC3\xA4", "&"}};
  EXPECT_EQ(parse_url_form("a=1&b&&c=x+y&a=2=3&%c3%A4=%26&bad=%4"), want);
  EXPECT_TRUE(parse_url_form("").empty());
  EXPECT_EQ(find_field(want, "a"), "1") << "the first";
  EXPECT_FALSE(find_field(want, "d"));
}

TEST(UrlFormTest, ReadsAtMost200Pairs) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a=b&";
  EXPECT_EQ(parse_url_form(text).size(), 200u);
}

TEST(UrlFormTest, ReadsFormsByTheirType) {
  const char* const multipart =
      "preamble\r\n--xyz\r\nContent-Disposition: form-data; "
      "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--xyz\r\nContent-Disposition: form-data; "
      "name=\"f\"; filename=\"g\"\r\n\r\ndata\r\n--xyz--\r\n";
  const FormFields one_click = {{"List-Unsubscribe", "One-Click"}};
  const struct {
    const char* why;
    const char* type;
    const char* body;
    std::optional<FormFields> want;
  } cases[] = {
      {"as browsers do", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click",
       one_click},
      {"with a charset, in capitals", "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
       "List-Unsubscribe=One-Click", one_click},
      {"no type", "", "List-Unsubscribe=One-Click", one_click},
      {"a line end behind it", "", "List-Unsubscribe=One-Click\r\n", one_click},
      {"RFC 8058: multipart", "multipart/form-data; boundary=xyz", multipart, one_click},
      {"quoted boundary", "multipart/form-data; boundary=\"xyz\"", multipart, one_click},
      {"LF only", "multipart/form-data; boundary=b",
       "--b\nContent-Disposition: form-data; name=List-Unsubscribe\n\nOne-Click\n--b--", one_click},
      {"another boundary", "multipart/form-data; boundary=abc", multipart, {}},
      {"no boundary", "multipart/form-data", multipart, {}},
      {"cut off", "multipart/form-data; boundary=xyz",
       "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", FormFields()},
      {"part without a name", "multipart/form-data; boundary=x", "--x\r\n\r\nb\r\n--x--",
       FormFields()},
      {"JSON", "application/json", "{}", {}},
      {"text", "text/plain", "List-Unsubscribe=One-Click", {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(parse_form(c.type, c.body), c.want);
  }
}

}  // namespace
}  // namespace smtpapi
