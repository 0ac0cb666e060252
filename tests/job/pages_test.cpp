#include "job/pages.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

constexpr std::string_view names[] = {"name", "list", "inner"};

Result<PageTemplate> compile(std::string_view text, std::span<const std::string_view> needed = {}) {
  return PageTemplate::compile(text, names, needed, [](std::string_view name) {
    return name == "known" ? Result<std::string>("<{{name}}>") : invalid("no such file");
  });
}

TEST(PageTemplateTest, FillsIn) {
  PageValues entry;
  entry.texts["inner"] = "2";
  PageValues values;
  values.texts["name"] = "<script>\"&'";
  values.lists["list"] = {PageValues(), entry};
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"", ""},
      {"a } b { c", "a } b { c"},
      {"{{name}}", "&lt;script&gt;&quot;&amp;&#39;"},
      {"[{{ name }}]", "[&lt;script&gt;&quot;&amp;&#39;]"},
      {"{{inner}}", ""},
      {"{{#list}}({{inner}}){{/list}}", "()(2)"},
      {"{{#list}}{{#inner}}x{{/inner}}{{/list}}", ""},
      {"{{>known}}", "<{{name}}>"},
  };
  for (const auto& c : cases) {
    const auto page = compile(c.text);
    ASSERT_TRUE(page) << c.text << ": " << page.error().text;
    EXPECT_EQ(page->render(values), c.want) << c.text;
  }
}

TEST(PageTemplateTest, RefusesMistakesWithTheirLine) {
  const std::string_view needed[] = {"name"};
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"{{name}}\n\n{{other}}", "3: unknown name 'other'"},
      {"{{name}}{{}}", "1: unknown name ''"},
      {"{{name}}\n{{name", "2: '{{' without '}}'"},
      {"{{name}}{{#list}}\n", "2: '{{#list}}' is not closed"},
      {"{{name}}{{/list}}", "1: '{{/list}}' closes nothing"},
      {"{{name}}{{#list}}{{/name}}", "1: '{{/name}}' closes nothing"},
      {"{{name}}{{>other}}", "1: no such file"},
      {"{{name}}\n\xFF", "2: not UTF-8"},
      {"{{#list}}{{/list}}", "1: 'name' is missing in the page"},
  };
  for (const auto& c : cases) {
    const auto page = compile(c.text, needed);
    ASSERT_FALSE(page) << c.text;
    EXPECT_EQ(page.error().text, c.want);
  }
}

TEST(PagesTest, ChoosesTheLanguage) {
  const auto pages = Pages::load("/nonexistent");
  ASSERT_TRUE(pages) << pages.error().text;
  const struct {
    const char* accept;
    const char* want;
  } cases[] = {
      {"", "en"},
      {"de", "de"},
      {"DE-at", "de"},
      {"pt-BR, fr;q=0.5", "fr"},
      {"*", "en"},
      {"xx", "en"},
      {"de;q=0.3, es;q=0.7", "es"},
      {"de;q=0, en", "en"},
      {"de;q=0", "en"},
      {"fr;q=x,de;q=0.1", "de"},
      {"en;q=0.8,de;q=0.9", "de"},
      {";;,,;q=1", "en"},
      {"../de", "en"},
  };
  for (const auto& c : cases) EXPECT_EQ(pages->choose(c.accept), c.want) << c.accept;
}

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

TEST(PagesTest, TakesTheAdministratorsPages) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "nl");
  std::filesystem::create_directories(folder / "en");
  write(folder / "style.css", "p { color: red }");
  write(folder / "nl/not-found.html", "Niet gevonden {{>style.css}}");
  const auto pages = Pages::load(folder.path());
  ASSERT_TRUE(pages) << pages.error().text;
  EXPECT_EQ(pages->render(PageName::not_found, "nl", {}), "Niet gevonden p { color: red }");
  const std::string other = pages->render(PageName::unavailable, "nl", {});
  EXPECT_NE(other.find("<html lang=\"en\">"), std::string::npos) << "a missing page is ours";
  EXPECT_NE(other.find("color: red"), std::string::npos) << "with the administrator's style";
}

TEST(PagesTest, TellsAllMistakes) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "en");
  write(folder / "en/not-found.html", "\n{{nmae}}");
  write(folder / "en/unsubscribe.html", "{{>../../etc/passwd}}");
  const auto pages = Pages::load(folder.path());
  ASSERT_FALSE(pages);
  EXPECT_NE(pages.error().text.find("en/not-found.html:2: unknown name 'nmae'"), std::string::npos);
  EXPECT_NE(pages.error().text.find("en/unsubscribe.html:1: '../../etc/passwd' is no file"),
            std::string::npos)
      << pages.error().text;
}

}  // namespace
}  // namespace smtpapi
