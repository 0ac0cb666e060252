#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filter/body_template.h"
#include "filter/chain.h"
#include "filter/footer.h"

namespace smtpapi {
namespace {

const Document document;
const FilterContext context = {&document};

FilterSettings settings(std::string_view name, std::string text) {
  return {true, {{std::string(name), std::move(text)}}};
}

TEST(FooterTest, Text) {
  const struct {
    const char* why;
    std::string body;
    std::string footer;
    std::string want;
  } cases[] = {
      {"FOOT-2", "Hi\r\n", "foot", "Hi\r\nfoot\r\n"},
      {"FOOT-2: the final line break is ensured", "Hi", "foot", "Hi\r\nfoot\r\n"},
      {"an empty body", "", "foot", "foot\r\n"},
      {"FOOT-4: line breaks become CRLF", "Hi\r\n", "a\nb", "Hi\r\na\r\nb\r\n"},
      {"FOOT-4: empty", "Hi", "", "Hi"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<BodyText> bodies = {{TextKind::plain, c.body, false}};
    std::vector<Remark> warnings;
    apply_footer(settings("text/plain", c.footer), context, bodies, warnings);
    EXPECT_EQ(bodies[0].text, c.want);
    EXPECT_EQ(bodies[0].changed, !c.footer.empty());
  }
}

TEST(FooterTest, HtmlGoesToTheBottom) {  // FOOT-1, MIME-6
  std::vector<BodyText> bodies = {{TextKind::plain, "text", false},
                                  {TextKind::html, "<BODY>x</BODY></html>", false}};
  std::vector<Remark> warnings;
  apply_footer(settings("text/html", "<p>f</p>"), context, bodies, warnings);
  EXPECT_EQ(bodies[1].text, "<BODY>x<p>f</p></BODY></html>");
  EXPECT_EQ(bodies[0].text, "text") << "FOOT-3: the HTML text is not converted";
}

TEST(FooterTest, OnlyTheFirstBodyOfAKind) {
  std::vector<BodyText> bodies = {{TextKind::html, "1", false}, {TextKind::html, "2", false}};
  std::vector<Remark> warnings;
  apply_footer(settings("text/html", "f"), context, bodies, warnings);
  EXPECT_EQ(bodies[0].text, "1f");
  EXPECT_EQ(bodies[1].text, "2");
}

TEST(BodyTemplateTest, WrapsTheInsideOfTheBody) {
  const struct {
    const char* why;
    std::string frame;
    std::string body;
    std::string want;
  } cases[] = {
      {"LTPL-1", "<h1>x</h1><% body %>.", "Hi", "<h1>x</h1>Hi."},
      {"LTPL-2", "[<% body %>]", "<html><head><style></style></head><body a=b>Hi</body></html>",
       "[Hi]"},
      {"no white space inside the mark", "[<%body%>]", "Hi", "[Hi]"},
      {"every mark", "<%body%>|<% body %>", "Hi", "Hi|Hi"},
      {"other marks stay", "<% other %><% body %>", "Hi", "<% other %>Hi"},
      {"line breaks", "a\n<% body %>", "Hi", "a\r\nHi"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<BodyText> bodies = {{TextKind::html, c.body, false}};
    std::vector<Remark> warnings;
    apply_body_template(settings("text/html", c.frame), context, bodies, warnings);
    EXPECT_EQ(bodies[0].text, c.want);
    EXPECT_TRUE(warnings.empty());
  }
}

TEST(BodyTemplateTest, WithoutAMarkItIsIgnored) {  // LTPL-3
  for (const char* frame : {"", "<h1>x</h1>", "<% body", "<% Body %>"}) {
    std::vector<BodyText> bodies = {{TextKind::html, "Hi", false}};
    std::vector<Remark> warnings;
    apply_body_template(settings("text/html", frame), context, bodies, warnings);
    EXPECT_EQ(bodies[0].text, "Hi");
    EXPECT_EQ(warnings.size(), 1u);
  }
}

TEST(ChainTest, TheFooterStaysBelowTheTemplate) {  // PIPE-3
  const Filters filters = {{"footer", settings("text/html", "<p>foot</p>")},
                           {"template", settings("text/html", "<body>[<% body %>]</body>")}};
  std::vector<BodyText> bodies = {{TextKind::html, "Hi", false}};
  std::vector<Remark> warnings;
  apply_filters(filters, context, bodies, warnings);
  EXPECT_EQ(bodies[0].text, "<body>[Hi]<p>foot</p></body>");
}

}  // namespace
}  // namespace smtpapi
