// Filters that put links, images and marks into texts.
#include <gtest/gtest.h>

#include "filter/chain.h"
#include "filter/group_tags.h"
#include "filter/utm.h"

namespace smtpapi {
namespace {

std::shared_ptr<const Tracking> tracking() {
  return std::make_shared<const Tracking>("https://l.example",
                                          *LinkKeys::parse(std::string(40, 'k')));
}

/// A body's text with its slots as {number}.
std::string show(const BodyText& body) {
  std::string out;
  std::size_t done = 0;
  for (const PlacedSlot& slot : body.slots) {
    out += body.text.substr(done, slot.offset - done);
    out += "{" + std::to_string(static_cast<int>(slot.slot.kind)) + "}";
    done = slot.offset;
  }
  return out + body.text.substr(done);
}

struct Filtered {
  std::string html, plain;
  std::vector<Remark> warnings;
};

Filtered filter(const Filters& filters, const Document& document, std::string html,
                std::string plain, FilterOptions options = {}, bool has_tracking = true) {
  const auto links = tracking();
  const FilterContext context = {&document, has_tracking ? links.get() : nullptr, options,
                                 "Ann@Example.org"};
  std::vector<BodyText> bodies = {{TextKind::plain, std::move(plain)},
                                  {TextKind::html, std::move(html)}};
  Filtered out;
  apply_filters(filters, context, bodies, out.warnings);
  out.plain = show(bodies[0]);
  out.html = show(bodies[1]);
  return out;
}

Filters only(const std::string& name, FilterSettings settings = {true, {}}) {
  return {{name, std::move(settings)}};
}

const std::string unsubscribe = "{" + std::to_string(int(SlotKind::unsubscribe_url)) + "}";
const std::string pixel = "{" + std::to_string(int(SlotKind::pixel)) + "}";
const std::string fixed = "{" + std::to_string(int(SlotKind::fixed)) + "}";
const std::string group_links = "{" + std::to_string(int(SlotKind::group_links)) + "}";

TEST(UnsubscribeTextTest, PutsLinksIntoBothParts) {
  struct Case {
    const char* why;
    std::vector<TextPair> settings;
    std::string html, plain;
  };
  const std::vector<Case> cases = {
      {"UNSUB-3: built-in texts",
       {},
       "<p>x</p>If you would like to unsubscribe and stop receiving these emails <a href=\"" +
           unsubscribe + "\">click here</a>.</body>",
       "x\r\nIf you would like to unsubscribe and stop receiving these emails click here: " +
           unsubscribe + ".\r\n"},
      {"UNSUB-2: words and no words",
       {{"text/html", "<% %>, <%  leave us  %>!"}, {"text/plain", "<%any words%>, <%%>"}},
       "<p>x</p><a href=\"" + unsubscribe + "\">" + unsubscribe + "</a>, <a href=\"" + unsubscribe +
           "\">leave us</a>!</body>",
       "x\r\n" + unsubscribe + ", " + unsubscribe + "\r\n"},
      {"UNSUB-2: no mark, no link",
       {{"text/html", "bye"}, {"text/plain", "bye <% "}},
       "<p>x</p>bye</body>",
       "x\r\nbye <% \r\n"},
      {"one text only", {{"text/html", "bye"}}, "<p>x</p>bye</body>", "x"},
      {"UNSUB-4", {{"replace", "[u]"}, {"text/html", "bye"}}, "<p>x</p></body>", "x"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Filtered got =
        filter(only("subscriptiontrack", {true, {c.settings.begin(), c.settings.end()}}), {},
               "<p>x</p></body>", "x");
    EXPECT_EQ(got.html, c.html);
    EXPECT_EQ(got.plain, c.plain);
    EXPECT_TRUE(got.warnings.empty());
  }
}

TEST(GroupLinksTest, StandBelowBodiesWithoutTags) {  // ASM-5, UNSUB-7
  Document document;
  document.asm_group_id = 7;
  const Filtered got = filter(only("subscriptiontrack"), document, "x</BODY>", "x");
  EXPECT_EQ(got.html, "x" + group_links + "</BODY>");
  EXPECT_EQ(got.plain, "x\r\n" + group_links);

  const Filtered with_tag = filter({}, document, "<a href='<%asm_preferences_raw_url%>'>", "x\n");
  EXPECT_EQ(with_tag.html, "<a href='<%asm_preferences_raw_url%>'>");
  EXPECT_EQ(with_tag.plain, "x\n" + group_links) << "per part";
}

TEST(GroupTagsTest, AreFoundInAllTheirSpellings) {  // ASM-7
  const struct {
    std::string text, want;
  } cases[] = {
      {"a<% asm_preferences_url %>b", "a<%asm_preferences_url%>b"},
      {"<%\tasm_preferences_url\r\n%>", "<%asm_preferences_url%>"},
      {"&lt;%asm_global_unsubscribe_raw_url%&gt;", "<%asm_global_unsubscribe_raw_url%>"},
      {"&LT;% &nbsp;asm_global_unsubscribe_url %&gt;", "<%asm_global_unsubscribe_url%>"},
      {"%3C%25asm_group_unsubscribe_raw_url%25%3E", "<%asm_group_unsubscribe_raw_url%>"},
      {"%3c%25%20asm_group_unsubscribe_url%20%25%3e!", "<%asm_group_unsubscribe_url%>!"},
      {"<%asm_preferences_url%><%asm_preferences_raw_url%>",
       "<%asm_preferences_url%><%asm_preferences_raw_url%>"},
  };
  for (const auto& c : cases) {
    std::string text = c.text;
    EXPECT_TRUE(mend_group_tags(text)) << c.text;
    EXPECT_EQ(text, c.want);
  }
  for (std::string text :
       {"", "asm_preferences_url", "<%asm_preferences_url", "<% ASM_preferences_url %>",
        "<%asm_preferences%>", "<%xasm_preferences_url%>", "<% asm_preferences_url x %>",
        "<%asm_preferences_url%&gt;", "{{{unsubscribe}}}", "[unsubscribe]", "<%asm_"}) {
    const std::string before = text;
    EXPECT_FALSE(mend_group_tags(text)) << before;
    EXPECT_EQ(text, before);
  }
}

TEST(ChainTest, BottomOfHtmlFromTopToBottom) {  // MIME-6
  FilterOptions options;
  options.gravatar = true;
  const Filters filters = {{"footer", {true, {{"text/html", "F"}}}},
                           {"subscriptiontrack", {true, {{"text/html", "<% u %>"}}}},
                           {"gravatar", {true, {}}},
                           {"opentrack", {true, {}}}};
  const Filtered got = filter(filters, {}, "<body>x</body>", "", options);
  EXPECT_EQ(got.html, "<body>xF<a href=\"" + unsubscribe + "\">u</a>" + fixed + pixel + "</body>");
  EXPECT_EQ(got.plain, "") << "OPEN-3, and no text was given";
}

TEST(ChainTest, TellsWhatIsOff) {
  const Filters filters = {{"clicktrack", {true, {}}},
                           {"opentrack", {true, {}}},
                           {"subscriptiontrack", {true, {}}},
                           {"gravatar", {true, {}}},
                           {"ganalytics", {true, {}}}};
  Document document;
  document.asm_group_id = 1;
  const Filtered got = filter(filters, document, "x", "x", {}, false);
  EXPECT_EQ(got.html, "x");
  EXPECT_EQ(got.plain, "x");
  EXPECT_EQ(got.warnings.size(), 5u) << "all but ganalytics";
}

TEST(UtmTest, DefaultsAndOverrides) {  // GA-2
  const auto names = [](const FilterSettings& settings, FilterOptions options = {}) {
    std::string out;
    for (const EncodedUtm& utm : encode_utm(utm_parameters(settings, options)))
      out += utm.parameter + " ";
    return out;
  };
  EXPECT_EQ(names({true, {}}), "utm_source=sendgrid.com utm_medium=email utm_campaign=website ");
  FilterOptions options;
  options.utm_source = "";
  EXPECT_EQ(names({true, {}}, options), "utm_medium=email utm_campaign=website ");
  EXPECT_EQ(names({true,
                   {{"utm_source", "a b&c"},
                    {"utm_medium", ""},
                    {"utm_content", "\xC3\xBC"},
                    {"utm_campaign", "x"}}}),
            "utm_source=a%20b%26c utm_content=%C3%BC utm_campaign=x ");
}

TEST(UtmTest, Appends) {  // GA-4
  const std::vector<EncodedUtm> utm = {{"utm_source", "utm_source=n"}, {"utm_term", "utm_term=t"}};
  const struct {
    std::string url, want;
    bool added = true;
  } cases[] = {
      {"https://a.example", "https://a.example?utm_source=n&utm_term=t"},
      {"https://a.example/?x=1#top", "https://a.example/?x=1&utm_source=n&utm_term=t#top"},
      {"https://a.example/?", "https://a.example/?utm_source=n&utm_term=t"},
      {"https://a.example/?x&", "https://a.example/?x&utm_source=n&utm_term=t"},
      {"https://a.example/#?x", "https://a.example/?utm_source=n&utm_term=t#?x"},
      {"https://a.example/?utm_source=z", "https://a.example/?utm_source=z&utm_term=t"},
      {"https://a.example/?a=utm_source=z&my_utm_term=1&utm_source",
       "https://a.example/?a=utm_source=z&my_utm_term=1&utm_source&utm_term=t"},
      {"https://a.example/?utm_terms=1&utm_term=&utm_source=1#x",
       "https://a.example/?utm_terms=1&utm_term=&utm_source=1#x", false},
  };
  for (const auto& c : cases) {
    std::string out;
    EXPECT_EQ(append_with_utm(out, c.url, utm), c.added) << c.url;
    EXPECT_EQ(out, c.want);
  }
}

TEST(CopyLinksTest, TracksAtMostAThousand) {  // CLICK-8
  const auto links_of_ours = tracking();
  CopyLinks links(links_of_ours.get(), {true, true, false});
  links.begin("AAAAAAAAAAAAAAAAAAAAAA", 3, "ann@example.org");
  std::string out;
  links.begin_text(LinkType::text);
  for (int i = 0; i < 600; ++i) EXPECT_TRUE(links.append_link(out, "http://a", false, false));
  links.begin_text(LinkType::html);
  EXPECT_FALSE(links.append_link(out, "http://a", true, false)) << "exempt ones do not count";
  for (int i = 0; i < 400; ++i) EXPECT_TRUE(links.append_link(out, "http://a", false, false));
  EXPECT_FALSE(links.append_link(out, "http://a", false, false));
}

TEST(CopyLinksTest, LeavesWhatNoTokenCanHold) {
  const auto links_of_ours = tracking();
  CopyLinks links(links_of_ours.get(), {true, true, false});
  links.begin("AAAAAAAAAAAAAAAAAAAAAA", 3, "ann@example.org");
  links.begin_text(LinkType::html);
  std::string out;
  EXPECT_FALSE(links.append_link(out, "http://a/" + std::string(8'000, 'x'), false, false));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(links.append_link(out, "http://a/" + std::string(4'000, 'x'), false, false));
}

TEST(CopyLinksTest, KnowsItsOwn) {  // CLICK-7
  const auto links_of_ours = tracking();
  const CopyLinks links(links_of_ours.get(), {});
  EXPECT_TRUE(links.is_ours("https://l.example/ls/click?upn=abc"));
  EXPECT_TRUE(links.is_ours("https://l.example/asm/?upn=abc"));
  EXPECT_FALSE(links.is_ours("https://l.example/"));
  EXPECT_FALSE(links.is_ours("https://l.example.org/ls/click?upn=abc"));
  EXPECT_FALSE(CopyLinks(nullptr, {}).is_ours("https://l.example/ls/click?upn=abc"));
}

}  // namespace
}  // namespace smtpapi
