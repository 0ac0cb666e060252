#include "mail/html.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

/// Tag names in order, end tags with "/".
std::string tags_of(std::string_view html) {
  std::string out;
  HtmlTokenizer tokenizer(html);
  while (const auto tag = tokenizer.next()) {
    if (!out.empty()) out += ' ';
    if (tag->is_end) out += '/';
    out += tag->name;
  }
  return out;
}

TEST(HtmlTest, FindsTags) {
  const struct {
    const char* why;
    const char* html;
    const char* want;
  } cases[] = {
      {"plain", "<p>x</p><BR/>", "p /p BR"},
      {"a bare < is text", "1 < 2 <p> <3", "p"},
      {"quoted >", "<a x='>' y=\">\" z=a>b</a>", "a /a"},
      {"a quote inside an unquoted value", "<a x=a'b>c</a>", "a /a"},
      {"a quote in a name", "<a \"x>y</a>", "a /a"},
      {"= at the start of a name", "<a ='>'>x", "a"},
      {"comment", "<!-- <p> --><b>", "b"},
      {"comment ended by --!>", "<!-- x --!><b>", "b"},
      {"empty comments", "<!--><b><!---><i>", "b i"},
      {"comment with dashes", "<!-- a -- b - > <p> ---><b>", "b"},
      {"comment without end", "<!-- <p>", ""},
      {"bogus comments", "<?php <p> ?><!doctype <x><b></ p><i>", "b i"},
      {"raw text", "<style><p></style><title><b></title><textarea></p></textarea><i>",
       "style /style title /title textarea /textarea i"},
      {"raw text needs its own end", "<xmp></xmpx><p></xmp ><b>", "xmp /xmp b"},
      {"plaintext never ends", "<plaintext><p></plaintext>", "plaintext"},
      {"script", "<script>'<p>'</script><b>", "script /script b"},
      {"escaped script", "<script><!-- <script> </script> --> </script><b>", "script /script b"},
      {"escaped without nested script", "<script><!-- x </script><b>", "script /script b"},
      {"noscript is parsed", "<noscript><img></noscript>", "noscript img /noscript"},
      {"the source ends in a tag", "<b><a href=\"x", "b"},
      {"conditional comment",
       "<!--[if mso]><p><![endif]--><b><!--[if !mso]><!--><i><!--<![endif]-->", "b i"},
      {"empty", "", ""},
      {"only <", "<", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(tags_of(c.html), c.want);
  }
}

TEST(HtmlTest, TokensCoverAllButCharacterData) {
  const struct {
    const char* why;
    std::string_view html;
    const char* want;
  } cases[] = {
      {"tags and text", "a<p>b</p>c", "tag:<p> tag:</p>"},
      {"a comment", "a<!-- <p> -->b", "comment:<!-- <p> -->"},
      {"an empty comment", "<!--><!--->", "comment:<!--> comment:<!--->"},
      {"declarations", "<!doctype html><?x?></ ><![endif]>",
       "declaration:<!doctype html> declaration:<?x?> declaration:</ > declaration:<![endif]>"},
      {"CDATA is a declaration", "<![CDATA[ <p> ]]>", "declaration:<![CDATA[ <p>"},
      {"raw text", "<title>a<b></title>", "tag:<title> raw_text:a<b> tag:</title>"},
      {"empty raw text", "<title></title>", "tag:<title> raw_text: tag:</title>"},
      {"raw text to the end", "<style>a", "tag:<style> raw_text:a"},
      {"an end tag begins no raw text", "</title><p>", "tag:</title> tag:<p>"},
      {"a tag the source ends within", "a<p x='>", "unfinished:<p x='>"},
      {"a comment the source ends within", "a<!-- <p>--", "unfinished:<!-- <p>--"},
      {"a declaration the source ends within", "a<!x", "unfinished:<!x"},
      {"bare <", "a < b <3 <", ""},
      {"bare </", "a </", ""},
  };
  constexpr const char* kinds[] = {"tag", "comment", "declaration", "raw_text", "unfinished"};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::string out;
    HtmlTokenizer tokenizer(c.html);
    while (const auto token = tokenizer.next_token()) {
      if (!out.empty()) out += ' ';
      out += kinds[static_cast<int>(token->kind)];
      out += ':';
      out += c.html.substr(token->begin, token->end - token->begin);
    }
    EXPECT_EQ(out, c.want);
  }
}

TEST(HtmlTest, AttributesByOffset) {
  const std::string_view html = "<a  HREF = \"x?a=1&amp;b\" b='' c=d/e checked /f g=>";
  HtmlTokenizer tokenizer(html);
  const auto tag = tokenizer.next();
  ASSERT_TRUE(tag);
  HtmlAttributes attributes(html, *tag);
  std::string out;
  while (const auto a = attributes.next()) {
    out += std::string(a->name) + "=" + std::string(a->value) + (a->quote ? a->quote : '.') + " ";
    if (a->name == "HREF") {
      EXPECT_EQ(html.substr(a->begin, a->end - a->begin), "HREF = \"x?a=1&amp;b\"");
    }
  }
  EXPECT_EQ(out, "HREF=x?a=1&amp;b\" b=' c=d/e. checked=. f=. g=. ");
}

TEST(HtmlTest, BottomIsBeforeTheLastBodyTag) {  // MIME-6
  const struct {
    const char* why;
    std::string before;
    std::string after;
  } cases[] = {
      {"body", "<body>x", "</body></html>"},
      {"any case, blanks", "<body>x", "</BODY >"},
      {"the last one", "<body></body>x", "</body>"},
      {"html only", "x", "</html>\r\n"},
      {"neither", "x<p>", ""},
      {"not in a comment", "<body>x", "</body><!-- </body> -->"},
      {"not in a script", "<body>x", "</body><script>'</body>'</script>"},
      {"not when cut off", "<body>x", "</body><p></body"},
      {"empty", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(bottom_of_html(c.before + c.after), c.before.size());
  }
}

TEST(HtmlTest, InsideOfBody) {  // TPL-5, LTPL-2
  const struct {
    const char* html;
    const char* want;
  } cases[] = {
      {"<p>x</p>", "<p>x</p>"},
      {"<html><head><title>t</title></head><body class='>'>x</body></html>", "x"},
      {"<html><head></head>x</html>", "x"},
      {"<html>x</html>", "x"},
      {"<body>x", "x"},
      {"x</body>", "x"},
      {"<body>a</body><body>b</body>", "a</body><body>b"},
      {"</body><body>x", "x"},
      {"<!-- <body> -->x", "<!-- <body> -->x"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(inside_of_body(c.html), c.want) << c.html;
}

TEST(HtmlTest, HostileSourcesAreLinear) {
  for (const char* piece :
       {"<", "<!--", "<a '", "<script><!--<script>", "</", "<style><", "--", "<!"}) {
    std::string html;
    while (html.size() < 1'000'000) html += piece;
    EXPECT_LE(bottom_of_html(html), html.size());
  }
}

}  // namespace
}  // namespace smtpapi
