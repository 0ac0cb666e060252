// Mail HTML as it is met: links/NAME.html and the links that are wanted from it, links/NAME.want,
// as print_links writes them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "mail/html_places.h"
#include "mail/links.h"
#include "tests/mail/describe_links.h"

namespace smtpapi {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(LINKS_FOLDER)) {
    if (entry.path().extension() == ".html") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// What holds of the links of any source.
void check(std::string_view html) {
  const auto links = find_html_links(html);
  std::size_t behind = 0;
  for (const FoundLink& link : links) {
    ASSERT_LT(behind, link.begin) << "in order, apart";
    ASSERT_LE(link.begin, link.end);
    ASSERT_LT(link.end, html.size());
    ASSERT_TRUE(link.quote == '"' || link.quote == '\'');
    ASSERT_EQ(html[link.begin - 1], link.quote);
    ASSERT_EQ(html[link.begin - 2], '=');
    ASSERT_EQ(html[link.end], link.quote);
    const std::string_view source = html.substr(link.begin, link.end - link.begin);
    ASSERT_EQ(source.find(link.quote), std::string_view::npos);
    ASSERT_EQ(resolve_references(source), link.url);
    std::size_t cut_end = 0;
    for (const auto& [from, to] : link.cuts) {
      ASSERT_TRUE(from < to && to < html.size() && from >= cut_end) << "cuts in order, apart";
      ASSERT_TRUE(to < link.begin || from > link.end) << "beside the URL";
      cut_end = to;
    }
    behind = link.end;
  }
}

/// Rewrites every link as click tracking does, to `url` plus its place; cuts, too.
std::string rewritten(std::string_view html, const std::vector<FoundLink>& links) {
  std::string out;
  std::size_t done = 0;
  const auto skip_to = [&](std::size_t from, std::size_t to) {
    out.append(html.substr(done, from - done));
    done = to;
  };
  for (std::size_t i = 0; i < links.size(); ++i) {
    const FoundLink& link = links[i];
    for (const auto& [from, to] : link.cuts) {
      if (from < link.begin) skip_to(from, to);
    }
    skip_to(link.begin, link.end);
    append_attribute_value(out, "https://t/?a=" + std::to_string(i) + "&b='\"", link.quote);
    for (const auto& [from, to] : link.cuts) {
      if (from >= link.end) skip_to(from, to);
    }
  }
  skip_to(html.size(), html.size());
  return out;
}

/// After rewriting, the same links are there with their new URLs and without our attributes.
void check_rewriting(std::string_view html) {
  const auto links = find_html_links(html);
  const auto after = find_html_links(rewritten(html, links));
  ASSERT_EQ(after.size(), links.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    ASSERT_EQ(after[i].url, "https://t/?a=" + std::to_string(i) + "&b='\"");
    ASSERT_EQ(after[i].quote, links[i].quote);
  }
}

TEST(LinksFilesTest, EachFileHasTheLinksThatAreWanted) {
  ASSERT_GE(cases().size(), 60u);
  for (const auto& path : cases()) {
    SCOPED_TRACE(path.filename().string());
    const std::string html = read(path);
    EXPECT_EQ(describe(find_html_links(html)),
              read(std::filesystem::path(path).replace_extension(".want")));
    check(html);
    check_rewriting(html);
  }
}

TEST(LinksFilesTest, BrokenMailKeepsTheProperties) {
  std::mt19937 random(42);
  std::vector<std::string> sources;
  for (const auto& path : cases()) sources.push_back(read(path));
  constexpr std::string_view pieces[] = {"<",
                                         ">",
                                         "\"",
                                         "'",
                                         "=",
                                         "<!--",
                                         "-->",
                                         "<!--[if mso]>",
                                         "<![endif]-->",
                                         "<a ",
                                         "</a>",
                                         " href=\"http://x/\"",
                                         "&amp;",
                                         "&",
                                         " clicktracking=off",
                                         " universal=\"true\"",
                                         "<title>",
                                         "<script>",
                                         "/",
                                         " ",
                                         "\0"};
  for (int round = 0; round < 3'000; ++round) {
    std::string html = sources[random() % sources.size()];
    if (html.size() > 20'000) html.resize(20'000);
    for (std::size_t i = 0, count = 1 + random() % 6; i < count && !html.empty(); ++i) {
      const std::size_t at = random() % html.size();
      switch (random() % 3) {
        case 0:
          html.erase(at, 1 + random() % 8);
          break;
        case 1:
          html.insert(at, pieces[random() % std::size(pieces)]);
          break;
        default:
          html[at] = static_cast<char>(random());
      }
    }
    check(html);
    check_rewriting(html);
    if (HasFatalFailure()) FAIL() << testing::PrintToString(html);
  }
}

}  // namespace
}  // namespace smtpapi
