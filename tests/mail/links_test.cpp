// Links in HTML and in text, by place (CLICK-3 to CLICK-6, CLICK-10).
#include "mail/links.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace smtpapi {
namespace {

using namespace std::string_view_literals;

/// "URL FLAGS, ..." in order.
std::string urls_of(const std::vector<FoundLink>& links) {
  std::string out;
  for (const FoundLink& link : links) {
    if (!out.empty()) out += ", ";
    out += link.url;
    if (link.exempt) out += " exempt";
    if (link.universal) out += " universal";
  }
  return out;
}

TEST(HtmlLinksTest, Finds) {
  const struct {
    const char* why;
    std::string_view html;
    const char* want;
  } cases[] = {
      {"plain", R"(<a href="http://a.b/">x</a>)", "http://a.b/"},
      {"https, single quotes", R"(<a href='https://a.b/'>x</a>)", "https://a.b/"},
      {"any case", R"(<A HREF="HTTP://A.B/">x</A>)", "HTTP://A.B/"},
      {"among other attributes", R"(<a class=x href="http://a.b/" style='y'>)", "http://a.b/"},
      {"no blank before href", R"(<a class="x"href="http://a.b/">)", "http://a.b/"},
      {"a line break in the tag", "<a\r\n\thref=\"http://a.b/\"\n>", "http://a.b/"},
      {"a slash before href", R"(<a/href="http://a.b/">)", "http://a.b/"},
      {"self-closing", R"(<a href="http://a.b/"/>)", "http://a.b/"},
      {"never closed, as an element", R"(<p><a href="http://a.b/">x<p>)", "http://a.b/"},
      {"in an element of an unknown name", R"(<x:y><a href="http://a.b/">)", "http://a.b/"},
      {"nothing behind the scheme (CLICK-13)", R"(<a href="http://">)", "http://"},
      {"not validated (CLICK-13)", R"(<a href="http://a b/<>">)", "http://a b/<>"},
      {"not ASCII", "<a href=\"http://\xC3\xBC/\xFF\">", "http://\xC3\xBC/\xFF"},
      {"references resolved (CLICK-9)", R"(<a href="http://a.b/?x=1&amp;y=2&copy=3&#38;z">)",
       "http://a.b/?x=1&y=2&copy=3&z"},
      {"the scheme, too", R"(<a href="&#x68;ttp&colon;//a.b/">)", "http://a.b/"},
      {"a quote of the other kind", R"(<a href="http://a.b/'">)", "http://a.b/'"},
      {"a bare < before", R"(1 < 2 <a href="http://a.b/">)", "http://a.b/"},
      {"< inside a tag", R"(<p <a href="http://a.b/">)", ""},
      {"two", R"(<a href="http://a/"></a><a href='http://b/'></a>)", "http://a/, http://b/"},
      {"exempt (CLICK-5)", R"(<a clicktracking=off href="http://a/">)", "http://a/ exempt"},
      {"exempt, quoted", R"(<a clicktracking="off" href="http://a/">)", "http://a/ exempt"},
      {"exempt, behind, any case", R"(<a href="http://a/" ClickTracking='OFF'>)",
       "http://a/ exempt"},
      {"universal (CLICK-6)", R"(<a href="http://a/" universal="true">)", "http://a/ universal"},
      {"both", R"(<a universal=true href="http://a/" clicktracking=off>)",
       "http://a/ exempt universal"},
      {"a conditional comment (CLICK-4)",
       R"(<!--[if mso]><a href="http://a/">x</a><![endif]--><a href="http://b/">)",
       "http://a/, http://b/"},
      {"any case and condition", R"(<!--[IF (gte mso 9)|(IE)]><a href="http://a/"><![endif]-->)",
       "http://a/"},
      {"not for Outlook", R"(<!--[if !mso]><!--><a href="http://a/"><!--<![endif]-->)",
       "http://a/"},
      {"not for Outlook, otherwise", R"(<!--[if !mso]> --><a href="http://a/"><!-- <![endif]-->)",
       "http://a/"},
      {"revealed", R"(<![if !mso]><a href="http://a/"><![endif]>)", "http://a/"},
      {"noscript", R"(<noscript><a href="http://a/"></noscript>)", "http://a/"},
      {"behind a NUL", "\0<a href=\"http://a/\">"sv, "http://a/"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(urls_of(find_html_links(c.html)), c.want);
  }
}

TEST(HtmlLinksTest, LeavesAlone) {
  const struct {
    const char* why;
    std::string_view html;
  } cases[] = {
      {"nothing", ""},
      {"no scheme (CLICK-3)", R"(<a href="www.example.org">)"},
      {"no scheme", R"(<a href="example.org">)"},
      {"a blank behind =", R"(<a href= "http://a/">)"},
      {"blanks around =", R"(<a href = "http://a/">)"},
      {"a blank before =", R"(<a href ="http://a/">)"},
      {"a line break behind =", "<a href=\n\"http://a/\">"},
      {"not quoted", R"(<a href=http://a/>)"},
      {"no value", R"(<a href>)"},
      {"an empty value", R"(<a href="">)"},
      {"a blank before the scheme", R"(<a href=" http://a/">)"},
      {"a line break before the scheme", "<a href=\"\nhttp://a/\">"},
      {"half a scheme", R"(<a href="http:/a/">)"},
      {"a back slash", R"(<a href="http:\\a/">)"},
      {"mailto (CLICK-4)", R"(<a href="mailto:a@b.c">)"},
      {"tel", R"(<a href="tel:+1">)"},
      {"sms", R"(<a href="sms:+1">)"},
      {"ftp", R"(<a href="ftp://a/">)"},
      {"javascript", R"(<a href="javascript:location='http://a/'">)"},
      {"a fragment", R"(<a href="#http://a/">)"},
      {"without a scheme's name", R"(<a href="//a/">)"},
      {"relative", R"(<a href="/http://a/">)"},
      {"data", R"(<a href="data:text/html,http://a/">)"},
      {"a tag to be filled in", R"(<a href="[unsubscribe]">)"},
      {"area", R"(<area href="http://a/">)"},
      {"form", R"(<form action="http://a/">)"},
      {"link", R"(<link href="http://a/">)"},
      {"base", R"(<base href="http://a/">)"},
      {"img", R"(<img src="http://a/">)"},
      {"a name that begins with a", R"(<abbr href="http://a/">)"},
      {"a VML button", R"(<v:roundrect href="http://a/">)"},
      {"another name space", R"(<o:a href="http://a/">)"},
      {"CSS", R"(<style>a{background:url("http://a/")}</style>)"},
      {"xlink:href", R"(<a xlink:href="http://a/">)"},
      {"data-href", R"(<a data-href="http://a/">)"},
      {"a value that looks like it", R"(<a title='href="http://a/"'>)"},
      {"an end tag", R"(</a href="http://a/">)"},
      {"a comment", R"(<!-- <a href="http://a/"> -->)"},
      {"a comment with a blank before its condition",
       R"(<!-- [if mso]><a href="http://a/"><![endif]-->)"},
      {"a condition that does not end", R"(<!--[if mso]<a href="http://a/"> -->)"},
      {"a conditional comment that does not end", R"(<!--[if mso]><a href="http://a/">)"},
      {"a tag that its comment ends within", R"(<!--[if mso]><a href="http://a/"-->)"},
      {"a comment that ends at once", R"(<!--><!--[if mso] --><a>)"},
      {"a comment inside a conditional one",
       R"(<!--[if mso]><!-- <a href="http://a/"><![endif]-->)"},
      {"a conditional one within that",
       R"(<!--[if a]><!--[if b]><a href="http://a/"><![endif]-->)"},
      {"script", R"(<script>'<a href="http://a/">'</script>)"},
      {"script in a conditional comment",
       R"(<!--[if mso]><script><a href="http://a/"></script><![endif]-->)"},
      {"style", R"(<style><a href="http://a/"></style>)"},
      {"title", R"(<title><a href="http://a/"></title>)"},
      {"textarea", R"(<textarea><a href="http://a/"></textarea>)"},
      {"plaintext", R"(<plaintext><a href="http://a/">)"},
      {"CDATA", R"(<![CDATA[<a href="http://a/")"},
      {"a declaration", R"(<!x <a href="http://a/")"},
      {"the source ends in the value", R"(<a href="http://a/)"},
      {"the source ends in the tag", R"(<a href="http://a/" )"},
      {"a second href", R"(<a href=x href="http://a/">)"},
      {"a second href behind one without value", R"(<a href href="http://a/">)"},
      {"text in angle brackets", R"(<http://a/>)"},
      {"text", R"(http://a/ href="http://a/")"},
      {"escaped", R"(&lt;a href="http://a/"&gt;)"},
      {"a line break in the URL", "<a href=\"http://a/\r\nb\">"},
      {"a line break by reference", R"(<a href="http://a/&#10;b">)"},
      {"NUL in the URL", "<a href=\"http://a/\0\">"sv},
      {"DEL in the URL", "<a href=\"http://a/\x7F\">"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(urls_of(find_html_links(c.html)), "");
  }
}

TEST(HtmlLinksTest, TheFirstHrefCounts) {
  EXPECT_EQ(urls_of(find_html_links(R"(<a href="http://a/" href="http://b/">)")), "http://a/");
  EXPECT_EQ(urls_of(find_html_links(R"(<a href="http://a/" HREF=x>)")), "http://a/");
}

TEST(HtmlLinksTest, SaysWhereTheUrlStands) {
  const std::string_view html = R"(<p>&amp;<a title="x" href='http://a/?x&amp;y'>z</a>)";
  const auto links = find_html_links(html);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(html.substr(links[0].begin, links[0].end - links[0].begin), "http://a/?x&amp;y");
  EXPECT_EQ(links[0].quote, '\'');
  EXPECT_EQ(links[0].url, "http://a/?x&y");
}

/// `html` without what is to be cut out of it.
std::string cut(std::string html) {
  const auto links = find_html_links(html);
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    for (auto cut = link->cuts.rbegin(); cut != link->cuts.rend(); ++cut)
      html.erase(cut->first, cut->second - cut->first);
  }
  return html;
}

TEST(HtmlLinksTest, AttributesOfOursAreCutOut) {  // CLICK-5, CLICK-6
  const struct {
    const char* why;
    const char* html;
    const char* want;
  } cases[] = {
      {"before", R"(<a clicktracking=off href="http://a/">)", R"(<a href="http://a/">)"},
      {"behind", R"(<a href="http://a/" clicktracking="off">)", R"(<a href="http://a/">)"},
      {"both, apart", R"(<a universal='true' href="http://a/" clicktracking=off title=x>)",
       R"(<a href="http://a/" title=x>)"},
      {"both, in a row", R"(<a universal='true' clicktracking=off href="http://a/">)",
       R"(<a href="http://a/">)"},
      {"twice", R"(<a clicktracking=off href="http://a/" clicktracking=off>)",
       R"(<a href="http://a/">)"},
      {"with the white space before", "<a \r\n clicktracking=off\n href=\"http://a/\">",
       "<a\n href=\"http://a/\">"},
      {"blanks around =", R"(<a clicktracking = "off" href="http://a/">)",
       R"(<a href="http://a/">)"},
      {"its neighbours stay apart", R"(<a clicktracking="off"href="http://a/">)",
       R"(<a href="http://a/">)"},
      {"no blank before it", R"(<a href="http://a/"clicktracking="off">)",
       R"(<a href="http://a/">)"},
      {"nor behind", R"(<a href="http://a/"clicktracking="off"title="x">)",
       R"(<a href="http://a/"title="x">)"},
      {"the slash stays out of a value", R"(<a href="http://a/" x=y clicktracking="off"/>)",
       R"(<a href="http://a/" x=y />)"},
      {"no = for the one before", R"(<a x clicktracking=off =' href="http://a/">)",
       R"(<a x clicktracking=off =' href="http://a/">)"},
      {"in a conditional comment",
       R"(<!--[if mso]><a clicktracking=off href="http://a/"><![endif]-->)",
       R"(<!--[if mso]><a href="http://a/"><![endif]-->)"},
      {"on stays", R"(<a clicktracking=on href="http://a/">)",
       R"(<a clicktracking=on href="http://a/">)"},
      {"no value stays", R"(<a clicktracking universal href="http://a/">)",
       R"(<a clicktracking universal href="http://a/">)"},
      {"universal=false stays", R"(<a universal="false" href="http://a/">)",
       R"(<a universal="false" href="http://a/">)"},
      {"a slash belongs to an unquoted value", R"(<a href="http://a/" clicktracking=off/>)",
       R"(<a href="http://a/" clicktracking=off/>)"},
      {"of what is no link, it stays", R"(<a clicktracking=off href="mailto:a@b.c">)",
       R"(<a clicktracking=off href="mailto:a@b.c">)"},
      {"in text", R"(clicktracking=off <a href="http://a/">clicktracking=off</a>)",
       R"(clicktracking=off <a href="http://a/">clicktracking=off</a>)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(cut(c.html), c.want);
  }
}

TEST(TextLinksTest, Finds) {
  const struct {
    const char* why;
    std::string_view text;
    const char* want;
  } cases[] = {
      {"alone", "http://a.b/", "http://a.b/"},
      {"https, any case", "HTTPS://a.b/ x", "HTTPS://a.b/"},
      {"in a sentence", "See http://a.b/c. Or (http://d/)!", "http://a.b/c, http://d/"},
      {"in angle brackets", "<http://a.b/>", "http://a.b/"},
      {"in quotes", "\"http://a.b/\" 'http://c.d/'", "http://a.b/, http://c.d/"},
      {"a colon before", "Link:http://a.b/", "http://a.b/"},
      {"until the line ends", "http://a.b/\r\nx", "http://a.b/"},
      {"until a tab", "http://a.b/\tx", "http://a.b/"},
      {"all the punctuation", "http://a.b/.,;:!?')]}", "http://a.b/"},
      {"punctuation inside", "http://a.b/x.y,z;1:2!3?4'5)6", "http://a.b/x.y,z;1:2!3?4'5)6"},
      {"a bracket of its own", "http://a.b/x_(y)", "http://a.b/x_(y)"},
      {"and one that is not", "(http://a.b/x_(y))", "http://a.b/x_(y)"},
      {"a dot behind it", "http://a.b/x_(y).", "http://a.b/x_(y)"},
      {"all kinds of brackets", "http://a.b/{x}[y](z)", "http://a.b/{x}[y](z)"},
      {"the wrong kind", "http://a.b/(x]", "http://a.b/(x"},
      {"an empty pair", "http://a.b/()", "http://a.b/()"},
      {"an opening one at the end", "http://a.b/x(", "http://a.b/x("},
      {"one in the other", "http://a.b/?u=http://c.d/", "http://a.b/?u=http://c.d/"},
      {"two in a row", "http://a/ http://b/", "http://a/, http://b/"},
      {"references stay (they are none)", "http://a.b/?x&amp;y", "http://a.b/?x&amp;y"},
      {"a slash at the end stays", "http://a.b//", "http://a.b//"},
      {"not ASCII", "http://a.b/\xC3\xBC\xE2\x82\xAC", "http://a.b/\xC3\xBC\xE2\x82\xAC"},
      {"a no-break space", "http://a.b/\xC2\xA0x", "http://a.b/"},
      {"an ideographic space", "http://a.b/\xE3\x80\x80x", "http://a.b/"},
      {"a thin space", "http://a.b/\xE2\x80\x89x", "http://a.b/"},
      {"behind a letter that is not ASCII", "\xE8\xA6\x8Bhttp://a.b/", "http://a.b/"},
      {"invalid UTF-8", "http://a.b/\xC2", "http://a.b/\xC2"},
      {"up to a NUL", "http://a.b/\0c"sv, "http://a.b/"},
      {"clicktracking=off means nothing here", "clicktracking=off http://a/", "http://a/"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto links = find_text_links(c.text);
    EXPECT_EQ(urls_of(links), c.want);
    for (const FoundLink& link : links) {
      EXPECT_EQ(c.text.substr(link.begin, link.end - link.begin), link.url);
      EXPECT_EQ(link.quote, 0);
    }
  }
}

TEST(TextLinksTest, LeavesAlone) {
  for (const std::string_view text : {"",
                                      ":",
                                      "://",
                                      "http",
                                      "http:",
                                      "http:/",
                                      "http://",
                                      "HTTPS://",
                                      "http://.",
                                      "http://)",
                                      "http:// x",
                                      "http://\r\nx",
                                      "http://<b>",
                                      "http://\"",
                                      "http:/ /x",
                                      "http//x",
                                      "ttp://x",
                                      "httpss://x",
                                      "ftp://x",
                                      "www.example.org",
                                      "mailto:x@y",
                                      "xhttp://a/",
                                      "0https://a/",
                                      "htt\xC3p://a/",
                                      "http\xE2\x80\x8B://a/"})
    EXPECT_EQ(urls_of(find_text_links(text)), "") << text;
}

TEST(LinksTest, HostileSourcesAreLinear) {
  for (const char* piece : {"<",
                            "<!--[if",
                            "<!--[if a]>",
                            "<a href=\"",
                            "<a href=\"http://a/\"",
                            "<a ",
                            "<!--[if]><a",
                            "<!--[if]>-->",
                            "<a href='http://&",
                            "]>",
                            "--",
                            "<a clicktracking=off ",
                            "<title>",
                            "<a x=",
                            "<!-->",
                            "</a",
                            "http://",
                            "http",
                            "://",
                            "(",
                            "http://a/(",
                            ")",
                            "&",
                            "http://.",
                            "<a href=\"http://a/&amp",
                            "<script><!--<script>"}) {
    SCOPED_TRACE(piece);
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    EXPECT_LE(find_html_links(text).size(), text.size());
    EXPECT_LE(find_text_links(text).size(), text.size());
    text += "\">-->";
    EXPECT_LE(find_html_links(text).size(), text.size());
  }
}

TEST(LinksTest, AThousandLinks) {
  std::string html, text;
  for (int i = 0; i < 1'000; ++i) {
    const std::string url = "http://a/" + std::to_string(i);
    html += "<p><a href=\"" + url + "\">x</a>\n";
    text += "x " + url + "\n";
  }
  const auto links = find_html_links(html);
  ASSERT_EQ(links.size(), 1'000u);
  EXPECT_EQ(links[999].url, "http://a/999");
  ASSERT_EQ(find_text_links(text).size(), 1'000u);
}

}  // namespace
}  // namespace smtpapi
