#include "mail/parameters.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

std::string show(const ParameterizedValue& value) {
  std::string out = value.value;
  for (const auto& [name, text] : value.parameters) out += "|" + name + "=" + text;
  return out;
}

TEST(ParametersTest, ReadsTypeAndParameters) {
  const struct {
    const char* why;
    const char* value;
    const char* want;
  } cases[] = {
      {"plain", " text/html; charset=utf-8", "text/html|charset=utf-8"},
      {"case", "Text/HTML; CharSet=UTF-8", "text/html|charset=UTF-8"},
      {"quotes", "a/b; boundary=\"x y;=\\\"\"", "a/b|boundary=x y;=\""},
      {"comments", "(c) text/plain (x(y)) ; (z) charset (q) = (r) utf-8 (s)",
       "text/plain|charset=utf-8"},
      {"folds", " multipart/mixed;\r\n\tboundary=B", "multipart/mixed|boundary=B"},
      {"no blank, no semicolon", "text/plain;charset=a format=flowed",
       "text/plain|charset=a|format=flowed"},
      {"RFC 2231 pieces", "a/b; boundary*1=two; boundary*0=one", "a/b|boundary=onetwo"},
      {"RFC 2231 charset", "a/b; filename*=iso-8859-1'de'Gr%FC%DFe",
       "a/b|filename=Gr\xC3\xBC\xC3\x9F"
       "e"},
      {"pieces without the first", "a/b; x*1=two", "a/b"},
      {"quote without end", "a/b; boundary=\"x", "a/b|boundary=x"},
      {"comment without end", "text/plain (x; charset=y", "text/plain"},
      {"no value", "", ""},
      {"junk", ";;;=;;", ""},
      {"parameter only", "; charset=x", "|charset=x"},
      {"empty value", "a/b; charset=; x=y", "a/b|charset=|x=y"},
      {"blanks round the slash", "text / html", "text/html"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(show(parse_parameterized(c.value)), c.want);
  }
}

TEST(ParametersTest, TheFirstOfSeveralCounts) {
  EXPECT_EQ(*parse_parameterized("a/b; x=1; X=2").find("x"), "1");
  EXPECT_EQ(parse_parameterized("a/b").find("x"), nullptr);
}

TEST(ParametersTest, CharsetIsReplacedAndAllElseStays) {
  const struct {
    const char* why;
    const char* value;
    const char* want;
  } cases[] = {
      {"plain", " text/plain; charset=us-ascii", " text/plain; charset=utf-8"},
      {"quotes stay", " text/plain; charset=\"us-ascii\"; format=flowed",
       " text/plain; charset=\"utf-8\"; format=flowed"},
      {"folds stay", " text/html;\r\n CHARSET=iso-8859-1;\r\n x=y",
       " text/html;\r\n CHARSET=utf-8;\r\n x=y"},
      {"added behind the type", " text/plain; format=flowed",
       " text/plain; charset=utf-8; format=flowed"},
      {"added", " text/plain", " text/plain; charset=utf-8"},
      {"RFC 2231", " text/plain; charset*=us-ascii'en'iso-8859-1", " text/plain; charset=utf-8"},
      {"all of several", " a/b; charset=x; charset=y", " a/b; charset=utf-8; charset=utf-8"},
      {"in a comment it is none", " text/plain (charset=x)",
       " text/plain; charset=utf-8 (charset=x)"},
      {"no type", "", " text/plain; charset=utf-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(with_charset(c.value, "utf-8"), c.want);
  }
}

}  // namespace
}  // namespace smtpapi
