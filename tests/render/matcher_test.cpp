#include "render/matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace smtpapi {
namespace {

/// The definition: leftmost, then longest.
std::optional<Matcher::Match> find_naively(const std::vector<std::string_view>& tags,
                                           std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    std::optional<Matcher::Match> best;
    for (std::size_t t = 0; t < tags.size(); ++t) {
      if (tags[t].empty() || !text.substr(i).starts_with(tags[t])) continue;
      if (!best || i + tags[t].size() > best->end) {
        best = Matcher::Match{i, i + tags[t].size(), static_cast<Matcher::Tag>(t)};
      }
    }
    if (best) return best;
  }
  return std::nullopt;
}

TEST(MatcherTest, FindsTheLeftmostThenLongestTag) {
  const struct {
    const char* why;
    std::vector<std::string_view> tags;
    std::string_view text;
    std::optional<std::pair<std::size_t, std::string_view>> want;
  } cases[] = {
      {"no tags at all", {}, "text", std::nullopt},
      {"an empty tag is no tag (SUB-7)", {""}, "text", std::nullopt},
      {"longest at a place (SUB-11)", {":na", ":name"}, "hi :name", {{3, ":name"}}},
      {"the shorter when the longer breaks off", {":na", ":name"}, "hi :nam", {{3, ":na"}}},
      {"leftmost beats longest", {"ab", "bcdef"}, "abcdef", {{0, "ab"}}},
      {"a suffix that matches inside a longer failure", {"abcd", "bc"}, "abcx", {{1, "bc"}}},
      {"the longer one that began earlier", {"abcd", "bc"}, "abcd", {{0, "abcd"}}},
      {"case counts (SUB-7)", {"-N-"}, "-n-", std::nullopt},
      {"any octets", {"\xC3\xA9", "{{x}}"}, "{{\xC3\xA9", {{2, "\xC3\xA9"}}},
      {"a run of first octets", {"--x"}, "-----x", {{3, "--x"}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Matcher matcher(c.tags);
    const auto match = matcher.find(c.text);
    ASSERT_EQ(match.has_value(), c.want.has_value());
    if (!match) continue;
    EXPECT_EQ(match->begin, c.want->first);
    EXPECT_EQ(c.tags[match->tag], c.want->second);
  }
}

TEST(MatcherTest, OfEqualTagsTheFirstCounts) {
  EXPECT_EQ(Matcher({"b", "a", "a"}).find("a")->tag, 1u);
}

// LIB-19: over an alphabet of three letters overlaps of every kind come up.
TEST(MatcherTest, AgreesWithTheDefinitionOnRandomTexts) {
  std::mt19937 random(20250101);
  const auto draw = [&](std::size_t max) {
    std::string text(random() % (max + 1), 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> tags(1 + random() % 6);
    for (std::string& tag : tags) tag = draw(5);
    const std::vector<std::string_view> views(tags.begin(), tags.end());
    const std::string text = draw(30);
    const Matcher matcher(views);
    for (std::size_t from = 0; from <= text.size();) {
      const auto want = find_naively(views, text, from);
      const auto got = matcher.find(text, from);
      ASSERT_EQ(got.has_value(), want.has_value()) << text;
      if (!got) break;
      ASSERT_EQ(got->begin, want->begin) << text;
      ASSERT_EQ(got->end, want->end) << text;
      from = got->end;
    }
  }
}

}  // namespace
}  // namespace smtpapi
