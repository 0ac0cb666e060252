#include "mail/html_places.h"

#include <gtest/gtest.h>

#include <random>

#include "mail/html.h"
#include "mail/links.h"

namespace smtpapi {
namespace {

constexpr auto text = HtmlPlace::text;
constexpr auto other = HtmlPlace::other;
constexpr auto double_quoted = HtmlPlace::double_quoted;
constexpr auto single_quoted = HtmlPlace::single_quoted;

/// `marked` without its "|"s, whose offsets go to `offsets`.
std::string unmarked(std::string_view marked, std::vector<std::size_t>& offsets) {
  std::string out;
  for (const char c : marked) {
    if (c == '|') {
      offsets.push_back(out.size());
    } else {
      out += c;
    }
  }
  return out;
}

TEST(HtmlPlacesTest, SaysWhatAPlaceIsIn) {
  const struct {
    const char* why;
    const char* html;
    std::vector<HtmlPlace> want;
  } cases[] = {
      {"nothing there", "|", {text}},
      {"no offsets", "<p>", {}},
      {"text", "|a|b|", {text, text, text}},
      {"beside tags", "|<p>|x|</p>|", {text, text, text, text}},
      {"the same place twice", "x||y", {text, text}},
      {"in tags", "<|p| |x|>|</|p|>", {other, other, other, other, text, other, other}},
      {"quoted values", R"(<p x="|a|" y='|'>)", {double_quoted, double_quoted, single_quoted}},
      {"beside quotes", R"(<p x=|"a"| y|='b'>)", {other, other, other}},
      {"unquoted values", "<p x=|a|b|>", {other, other, other}},
      {"an end tag's value", R"(</p x="|">)", {other}},
      {"behind <", "1 <| 2 <|", {other, other}},
      {"behind </ at the end", "x</|", {other}},
      {"before < at the end", "x|<", {text}},
      {"in declarations",
       "|<!|doctype| html>|<?|x|>|</| >|",
       {text, other, other, text, other, other, text, other, text}},
      {"in a comment",
       "|<|!|-|-|x|-|-|>|",
       {text, other, other, other, other, other, other, other, text}},
      {"in an empty comment", "<!--|>|", {other, text}},
      {"in a conditional comment",
       R"(<!--[if mso]>|<p x="|">|<![endif]|-->|)",
       {other, other, other, other, text}},
      {"not for Outlook", "<!--[if !mso]><!-->|<!--<![endif]-->", {text}},
      {"a comment that does not end", "|<!--|x|", {text, other, other}},
      {"a tag that does not end", R"(x|<a href="http://a/|)", {text, other}},
      {"raw text", "<title>|x|</title>|", {other, other, text}},
      {"empty raw text", "<title>|</title>|", {other, text}},
      {"raw text at the end", "<style>|", {other}},
      {"raw text that does not end", "<style>|x|", {other, other}},
      {"script", "<script>|'<p x=\"|\">'|</script>|", {other, other, other, text}},
      {"a raw text element's own values", R"(<script src="|x">)", {double_quoted}},
      {"in a reference", "&|am|p|;|x", {other, other, other, text}},
      {"in a numeric one", "&#|x2|6|;|", {other, other, other, text}},
      {"far behind an ampersand", "& a|", {text}},
      {"in a reference in a value", R"(<p x="&|am|p;">)", {double_quoted, double_quoted}},
      {"a link's URL",
       R"(<a href="|h|ttp://|a/|?x=|">)",
       {other, other, double_quoted, double_quoted, double_quoted}},
      {"https", R"(<a href='https:/|/|'>)", {other, single_quoted}},
      {"a scheme in the making", R"(<A HREF="|HTTP:|/|x">)", {other, other, other}},
      {"no scheme",
       R"(<a href="|m|ailto:|x|">)",
       {other, double_quoted, double_quoted, double_quoted}},
      {"a scheme with references", R"(<a href="&#104;ttp://|a">)", {other}},
      {"a reference in a URL",
       R"(<a href="http://a/?x&|#|5|;|&y=|">)",
       {other, other, other, double_quoted, double_quoted}},
      {"a number without end", "&#00000000000000000000000000000000000000000|", {other}},
      {"a word without end", "&wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww|", {text}},
      {"a URL of another element",
       R"(<img src="|"><area href="|">)",
       {double_quoted, double_quoted}},
      {"what exempts a link",
       R"(<a clicktracking="|" UNIVERSAL='|' title="|">)",
       {other, other, double_quoted}},
      {"a quote inside the other kind", R"(<p x="'|'" y='"|"'>)", {double_quoted, single_quoted}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<std::size_t> offsets;
    const std::string html = unmarked(c.html, offsets);
    EXPECT_EQ(places_of(html, offsets), c.want);
  }
}

/// The tags' and attributes' names and flags, and the values but the one at `offset`.
std::string shape_of(std::string_view html, std::size_t offset, std::size_t size) {
  std::string out;
  HtmlTokenizer tokens(html);
  while (const auto tag = tokens.next()) {
    out += '<';
    out += tag->is_end ? "/" : "";
    out += tag->name;
    HtmlAttributes attributes(html, *tag);
    while (const auto next = attributes.next()) {
      const HtmlAttribute& attribute = *next;
      out += ' ';
      out += attribute.name;
      const auto at = static_cast<std::size_t>(attribute.value.data() - html.data());
      const bool is_changed =
          attribute.quote != 0 && at <= offset && offset + size <= at + attribute.value.size();
      if (!is_changed) out += "=" + std::string(attribute.value);
      out += attribute.quote == 0 ? '.' : attribute.quote;
    }
  }
  out += '\n';
  for (const FoundLink& link : find_html_links(html)) {
    const bool is_changed = link.begin <= offset && offset + size <= link.end;
    out += (is_changed ? "-" : link.url) + (link.exempt ? "e" : "") + (link.universal ? "u" : "") +
           "\n";
  }
  return out;
}

TEST(HtmlPlacesTest, AnInsertionChangesNothingElse) {
  std::mt19937 random(1);
  constexpr const char* pieces[] = {"<a ",
                                    "href=",
                                    "\"http://a/",
                                    "\"",
                                    "'",
                                    ">",
                                    "<",
                                    "/",
                                    "</a>",
                                    "<!--",
                                    "-->",
                                    "[if mso]>",
                                    "x",
                                    "=",
                                    " ",
                                    "&amp;",
                                    "&",
                                    "clicktracking=off",
                                    "universal='true'",
                                    "<title>",
                                    "</title>",
                                    "<script>",
                                    "</script>",
                                    "<p>",
                                    "<!",
                                    "<?",
                                    "http://",
                                    "-",
                                    "!",
                                    "href='https://b/'"};
  constexpr const char* values[] = {
      "x",   "http://v/",        " ", "=",  ">",       "/",  "-->",  "&amp;",
      "!--", "a href=http://b/", "'", "\"", "script>", "]>", "amp;", "#1;"};
  int tried = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string html;
    for (std::size_t i = 0, count = 1 + random() % 14; i < count; ++i)
      html += pieces[random() % std::size(pieces)];
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i <= html.size(); ++i) offsets.push_back(i);
    const auto places = places_of(html, offsets);
    ASSERT_EQ(places.size(), offsets.size());
    const std::size_t at = random() % offsets.size();
    const std::string value = values[random() % std::size(values)];
    if (places[at] == other ||
        (places[at] == double_quoted && value.find('"') != std::string::npos) ||
        (places[at] == single_quoted && value.find('\'') != std::string::npos))
      continue;
    ++tried;
    const std::string changed = html.substr(0, at) + value + html.substr(at);
    ASSERT_EQ(shape_of(html, at, 0), shape_of(changed, at, value.size())) << html << "\n"
                                                                          << at << "\n"
                                                                          << changed;
    ASSERT_EQ(places_of(html, {{at}}), std::vector<HtmlPlace>{places[at]}) << "alone as in a row";
  }
  EXPECT_GT(tried, 3'000);
}

TEST(HtmlPlacesTest, HostileSourcesAreLinear) {
  for (const char* piece : {"<", "&", "&aaaa", "<a href=\"", "<p x='' ", "<!--", "<title>", "a",
                            "<a href=''>", "</", "<p>"}) {
    SCOPED_TRACE(piece);
    std::string html;
    while (html.size() < 300'000) html += piece;
    html += "'\">-->";
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i <= html.size(); ++i) offsets.push_back(i);
    EXPECT_EQ(places_of(html, offsets).size(), offsets.size());
  }
}

}  // namespace
}  // namespace smtpapi
