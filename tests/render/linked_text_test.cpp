// Links, pixels and unsubscribe URLs in the text of one copy (PIPE-3, steps 8 to 12).
#include "render/linked_text.h"

#include <gtest/gtest.h>

#include <random>

#include "filter/chain.h"
#include "support/show_links.h"

namespace smtpapi {
namespace {

constexpr const char* id = "AAAAAAAAAAAAAAAAAAAAAA";
constexpr std::string_view base = "https://l.example";

const Tracking& tracking() {
  static const Tracking t(std::string(base), *LinkKeys::parse(std::string(40, 'k')));
  return t;
}

using Row = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Document document;
  Filters filters;
  TextKind kind = TextKind::html;

  explicit Sample(Row subs = {}, Row sections = {}) {
    for (auto& [tag, value] : subs) document.sub.push_back({tag, false, {value}});
    document.section = std::move(sections);
  }
  Sample& with(const std::string& filter, FilterSettings settings = {true, {}}) {
    filters[filter] = std::move(settings);
    return *this;
  }
};

/// The text of the one copy, each URL of ours as the kind of its link and what it holds.
std::string render(const Sample& sample, const std::string& text) {
  const FilterContext context = {&sample.document, &tracking(), {}, ""};
  std::vector<BodyText> bodies = {{sample.kind, text}};
  std::vector<Remark> warnings;
  apply_filters(sample.filters, context, bodies, warnings);
  std::vector<SlotTag> slots;
  for (const LateTag& late : late_tags(sample.filters, context, true))
    slots.push_back({late.tag, late.slot.id()});
  const TagTable table(std::make_shared<const Document>(sample.document), slots);
  const LinkRules rules = link_rules(sample.filters, context);
  const LinkedText cut(bodies[0], rules, table);
  CopyLinks links(&tracking(), rules);
  links.begin(id, 5, "ann@example.org", sample.document.asm_group_id);
  if (const auto utm = sample.filters.find("ganalytics"); utm != sample.filters.end())
    links.set_utm(encode_utm(utm_parameters(utm->second, {})));
  Expansion expansion;
  EXPECT_TRUE(cut.expand(0, SIZE_MAX, links, expansion));
  std::string out = expansion.text();
  EXPECT_EQ(out.size(), expansion.size);

  return show_links(tracking(), out, [](const Link& found) {
    EXPECT_EQ(found.submission_id, id);
    EXPECT_EQ(found.index, 5u);
    EXPECT_EQ(found.recipient, "ann@example.org");
  });
}

TEST(LinkedTextTest, Clicks) {
  const Row names = {{"-n-", "Ann"}, {"-id-", "17"}};
  const struct {
    const char* why;
    Row subs;
    std::string html;
    std::string want;
  } cases[] = {
      {"CLICK-1",
       {},
       R"(<a href="http://a.example/">x</a>)",
       R"(<a href="{html0 http://a.example/}">x</a>)"},
      {"CLICK-9: references",
       {},
       R"(<a href='http://a.example/?a=1&amp;b=2'>)",
       R"(<a href='{html0 http://a.example/?a=1&b=2}'>)"},
      {"CLICK-5: exempt, and the attribute goes",
       {},
       R"(<a clicktracking=off href="http://a">1</a><a href="http://b" clicktracking="OFF">2</a><a href="http://c">)",
       R"(<a href="http://a">1</a><a href="http://b">2</a><a href="{html2 http://c}">)"},
      {"CLICK-6",
       {},
       R"(<a href="http://a" universal="true">)",
       R"(<a href="{uni html0 http://a}">)"},
      {"CLICK-3: not quoted, blanks, other schemes",
       {},
       R"(<a href=http://a><a href= "http://b"><a href="mailto:c"><a href="#d"><a href="">)",
       R"(<a href=http://a><a href= "http://b"><a href="mailto:c"><a href="#d"><a href="">)"},
      {"PIPE-5: a tag in the URL", names, R"(Hi -n-: <a href="http://a/?id=-id-&amp;x=1">x</a>)",
       R"(Hi Ann: <a href="{html0 http://a/?id=17&x=1}">x</a>)"},
      {"PIPE-5: wholly a tag",
       {{"-u-", "https://u.example/a&b"}},
       R"(<a href="-u-">x</a>)",
       R"(<a href="{html0 https://u.example/a&b}">x</a>)"},
      {"a tag that becomes no link",
       {{"-u-", "mailto:u@example"}},
       R"(<a href="-u-">x</a><a href="http://a">)",
       R"(<a href="mailto:u@example">x</a><a href="{html0 http://a}">)"},
      {"a tag that begins a link",
       {{"-s-", "https"}},
       R"(<a href="-s-://a">x</a>)",
       R"(<a href="{html0 https://a}">x</a>)"},
      {"a scheme in the text, a host in the tag",
       {{"-h-", "h.example"}},
       R"(<a href='http://-h-'>x</a>)",
       R"(<a href='{html0 http://h.example}'>x</a>)"},
      {"a link in a substitution",
       {{"-l-", "<a href=\"http://in\">in</a>"}},
       R"(<a href="http://a">a</a>-l-<a href="http://b">b</a>)",
       R"(<a href="{html0 http://a}">a</a><a href="{html1 http://in}">in</a><a href="{html2 http://b}">b</a>)"},
      {"a comment begun in a substitution",
       {{"-c-", "<!--"}},
       R"(<a href="http://a">a</a>-c-<a href="http://b">b</a>)",
       R"(<a href="{html0 http://a}">a</a><!--<a href="http://b">b</a>)"},
      {"a quote in a URL",
       {{"-q-", "\" title=\"x"}},
       R"(<a href="http://a/-q-">a</a>)",
       R"(<a href="{html0 http://a/}" title="x">a</a>)"},
      {"an apostrophe in text does no harm",
       {{"-q-", "it's"}},
       R"(-q- <a href='http://a'>-q-</a>)",
       R"(it's <a href='{html0 http://a}'>it's</a>)"},
      {"an apostrophe that ends a value",
       {{"-q-", "it's"}},
       R"(<a href='http://a/-q-'>x</a>)",
       R"(<a href='{html0 http://a/it}'s'>x</a>)"},
      {"a tag in place of a tag name",
       {{"-e-", "a"}},
       R"(<-e- href="http://a">x</a>)",
       R"(<a href="{html0 http://a}">x</a>)"},
      {"a tag in a comment",
       {{"-e-", "--><a href='http://in'>"}},
       R"(<!-- -e- --><a href="http://a">x</a>)",
       R"(<!-- --><a href='{html0 http://in}'> --><a href="{html1 http://a}">x</a>)"},
      {"a tag in clicktracking",
       {{"-o-", "off"}},
       R"(<a clicktracking="-o-" href="http://a">x</a>)",
       R"(<a href="http://a">x</a>)"},
      {"a tag that takes a whole link away",
       {{"<a href=\"http://a\">", "<b>"}},
       R"(<a href="http://a">x</a><a href="http://b">)",
       R"(<b>x</a><a href="{html0 http://b}">)"},
      {"CLICK-7: a URL of ours is no link",
       {},
       R"(<a href="https://l.example/x"><a href="http://b">)",
       R"(<a href="{html0 https://l.example/x}"><a href="{html1 http://b}">)"},
      {"a tag that is part of a token's alphabet changes no token",
       {{"A", "B"}},
       R"(A<a href="http://x">A</a>)",
       R"(B<a href="{html0 http://x}">B</a>)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Sample sample(c.subs);
    sample.with("clicktrack");
    EXPECT_EQ(render(sample, c.html), c.want);
  }
}

TEST(LinkedTextTest, NestedSectionsWithLinks) {
  Sample sample({{"-offer-", "-gold-"}, {"-n-", "Ann"}},
                {{"-gold-", "<a href=\"http://gold/-n-\">-n-</a>"}});
  sample.with("clicktrack");
  EXPECT_EQ(render(sample, R"(<a href="http://a">1</a> -offer- <a href="http://b/-n-">2</a>)"),
            R"(<a href="{html0 http://a}">1</a> <a href="{html1 http://gold/Ann}">Ann</a> )"
            R"(<a href="{html2 http://b/Ann}">2</a>)");
}

TEST(LinkedTextTest, TextParts) {
  Sample sample(Row{{"-u-", "https://u.example/x. And"}});
  sample.kind = TextKind::plain;
  sample.with("clicktrack", {true, {{"enable_text", "1"}}});
  EXPECT_EQ(render(sample, "see https://a.example/b.\r\n(http://c.example)"),
            "see {text0 https://a.example/b}.\r\n({text1 http://c.example})")
      << "CLICK-10";
  EXPECT_EQ(render(sample, "see -u- http://a"),
            "see {text0 https://u.example/x}. And {text1 http://a}");
  sample.with("clicktrack");
  EXPECT_EQ(render(sample, "see https://a.example"), "see https://a.example") << "CLICK-2";
}

TEST(LinkedTextTest, Parameters) {
  Sample sample;
  sample.with("ganalytics",
              {true, {{"utm_source", "n"}, {"utm_medium", ""}, {"utm_campaign", ""}}});
  EXPECT_EQ(render(sample, R"(<a clicktracking="off" href="http://a/?x=1&amp;y=2#z">)"),
            R"(<a clicktracking="off" href="http://a/?x=1&amp;y=2&amp;utm_source=n#z">)")
      << "GA-3: also without click tracking";
  EXPECT_EQ(render(sample, R"(<a href="http://a/?utm_source=m&b">)"),
            R"(<a href="http://a/?utm_source=m&b">)")
      << "byte for byte when nothing is added";
  sample.with("clicktrack");
  EXPECT_EQ(render(sample, R"(<a href="http://a"><a clicktracking="off" href="http://b">)"),
            R"(<a href="{html0 http://a?utm_source=n}"><a href="http://b?utm_source=n">)")
      << "GA-5, GA-3";
}

TEST(LinkedTextTest, GroupTags) {
  const std::string html =
      "<%asm_group_unsubscribe_url%>|<a href=\"<%asm_group_unsubscribe_raw_url%>\">|"
      "<%asm_global_unsubscribe_url%>|<%asm_preferences_raw_url%>|<%asm_preferences_url%>";
  Sample sample;
  sample.document.asm_group_id = 9;
  sample.with("clicktrack");
  EXPECT_EQ(render(sample, html),
            "<a href=\"{leave 9}\">Unsubscribe From This List</a>|<a href=\"{leave 9}\">|"
            "<a href=\"{leave all}\">Unsubscribe From All Emails</a>|{preferences 9}|"
            "<a href=\"{preferences 9}\">Manage Email Preferences</a>")
      << "ASM-6, and CLICK-7";
  sample.document.asm_group_id.reset();
  EXPECT_EQ(render(sample, "<%asm_group_unsubscribe_raw_url%>"), "{leave all}") << "ASM-9";
  sample.kind = TextKind::plain;
  EXPECT_EQ(render(sample, "<%asm_preferences_url%>"), "Manage Email Preferences: {preferences}")
      << "ASM-8";
}

TEST(LinkedTextTest, GroupLinksGiveWayToTags) {  // ASM-5, in each copy
  const std::string html =
      "<p><a href=\"{leave 9}\">Unsubscribe From This List</a> | "
      "<a href=\"{preferences 9}\">Manage Email Preferences</a></p>";
  const std::string plain =
      "Unsubscribe From This List: {leave 9}\r\nManage Email Preferences: {preferences 9}\r\n";
  const struct {
    const char* why;
    std::vector<TextPair> sections;
    std::string brought;
    bool has_links;
  } cases[] = {
      {"no tag", {}, "none", true},
      {"a value brings one", {}, "<%asm_preferences_raw_url%>", false},
      {"a value brings a section that brings one",
       {{"-s-", "<%asm_global_unsubscribe_raw_url%>"}},
       "-s-",
       false},
      {"a section that brings one is not used in this copy",
       {{"-s-", "<%asm_global_unsubscribe_raw_url%>"}},
       "none",
       true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Sample sample({{"-t-", c.brought}}, c.sections);
    sample.document.asm_group_id = 9;
    const auto shows = [&](const std::string& text, const std::string& links) {
      return render(sample, text).ends_with(links);
    };
    EXPECT_EQ(shows("x -t-", html), c.has_links);
    sample.kind = TextKind::plain;
    EXPECT_EQ(shows("x -t-", "\r\n" + plain), c.has_links);
  }
}

TEST(LinkedTextTest, GroupTagsOfSubstitutions) {
  Sample sample(
      {{"-u-", "-v-"}, {"-v-", "-w-"}, {"-w-", "-x-"}, {"-x-", "<%asm_preferences_raw_url%>"}});
  EXPECT_EQ(render(sample, "-u-"), "{preferences}") << "after the last round (PIPE-3, step 9)";
  EXPECT_EQ(render(sample, "<a href='-x-'>-x-</a>"), "<a href='{preferences}'>{preferences}</a>");
}

TEST(LinkedTextTest, ReplaceTags) {
  Sample sample(Row{{"-u-", "[un]"}});
  sample.with("subscriptiontrack", {true, {{"replace", "[un]"}}});
  sample.with("opentrack", {true, {{"replace", "%open%"}}});
  sample.with("clicktrack");
  const std::string image =
      "<img src=\"{open}\" alt=\"\" width=\"1\" height=\"1\" border=\"0\" style=\"height:1px "
      "!important;width:1px !important;border-width:0 !important;margin:0 !important;padding:0 "
      "!important\">";
  EXPECT_EQ(render(sample, "<a href=\"[un]\">x</a>-u-</body>"),
            "<a href=\"{leave all}\">x</a>{leave all}" + image + "</body>")
      << "UNSUB-4, OPEN-2: not found";
  EXPECT_EQ(render(sample, "a%open%b%open%c</body>"), "a" + image + "bc</body>") << "OPEN-2";
  sample.kind = TextKind::plain;
  EXPECT_EQ(render(sample, "[un] a%open%b"), "{leave all} ab") << "OPEN-2, OPEN-3";
}

/// The definition: substitute first, then look for links in what came of it.
TEST(LinkedTextTest, FindsTheLinksOfTheFinishedText) {
  std::mt19937 random(20);
  const std::vector<std::string> parts = {"<a href=\"http://a/",
                                          "<a href='http://b/",
                                          "\">",
                                          "'>",
                                          "-n-",
                                          "-m-",
                                          "</a>",
                                          "<!--",
                                          "-->",
                                          " x=\"",
                                          "\"",
                                          "'",
                                          "text ",
                                          "<a href=\"-n-",
                                          "<a ",
                                          "<style>",
                                          "</style>",
                                          "&amp;",
                                          " clicktracking=off "};
  const std::vector<std::string> values = {
      "",    "v",    "http://v", "it's", "\"", "<b>", "<a href=\"http://in\">",
      "-m-", "<!--", "off",      "a b"};
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  int with_links = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string html;
    for (auto n = random() % 9; n > 0; --n) html += pick(parts);
    const std::string n = pick(values), m = pick(values) == "-m-" ? "m" : pick(values);
    Sample tagged({{"-n-", n}, {"-m-", m == "-m-" ? "" : m}});
    tagged.with("clicktrack");
    Sample plain;
    plain.with("clicktrack");

    const TagTable table(std::make_shared<const Document>(tagged.document));
    Expansion expansion;
    const TextTemplate cut(html, table);
    ASSERT_TRUE(cut.expand(0, LineBreaks::crlf, SIZE_MAX, expansion));
    const std::string substituted = expansion.text();
    const std::string want = render(plain, substituted);
    ASSERT_EQ(render(tagged, html), want) << html << "\n-n- = " << n << "\n-m- = " << m;
    if (want.find("{html") != std::string::npos) ++with_links;
  }
  EXPECT_GT(with_links, 300);
}

/// Everything that is not a link stays octet for octet: without what was put in, the copy is the
/// message.
TEST(LinkedTextTest, WithoutWhatWasPutInItIsTheInput) {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {"<a href=\"http://a.example/?x=1&amp;y\">",
                                          "<A HREF='https://b.example'>",
                                          "</a>",
                                          "<a href=http://unquoted>",
                                          "<!-- <a href=\"http://c\"> -->",
                                          "<!--[if mso]>",
                                          "<![endif]-->",
                                          "<a href=\"mailto:x\">",
                                          "\xFF\xFE",
                                          std::string("\0", 1),
                                          "\r\n",
                                          "<",
                                          ">",
                                          "\"",
                                          "'",
                                          "&",
                                          "<style>a{}</style>",
                                          "<title>",
                                          "</title>",
                                          "<script>\"<a href='http://s'>\"</script>",
                                          "text"};
  for (int round = 0; round < 3'000; ++round) {
    std::string html;
    for (auto n = random() % 12; n > 0; --n) html += parts[random() % parts.size()];
    Sample sample;
    sample.with("clicktrack").with("opentrack");
    std::string copy = render(sample, html);

    const auto image = copy.find("<img src=\"{open}");
    ASSERT_NE(image, std::string::npos);
    copy.erase(image, copy.find('>', image) + 1 - image);
    std::string back;
    std::size_t done = 0;
    const auto links = find_html_links(html);
    for (std::size_t i = 0; i < links.size(); ++i) {
      const std::string shown = "{html" + std::to_string(i) + " " + links[i].url + "}";
      const auto at = copy.find(shown, done);
      ASSERT_NE(at, std::string::npos) << html;
      back +=
          copy.substr(done, at - done) + html.substr(links[i].begin, links[i].end - links[i].begin);
      done = at + shown.size();
    }
    ASSERT_EQ(back + copy.substr(done), html);
  }
}

}  // namespace
}  // namespace smtpapi
