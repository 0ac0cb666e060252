#include "render/text_template.h"

#include <gtest/gtest.h>

#include <random>

namespace smtpapi {
namespace {

using Row = std::vector<std::pair<std::string, std::string>>;  // tag, value

Document document_of(const Row& subs, const Row& sections = {}) {
  Document document;
  for (const auto& [tag, value] : subs) document.sub.push_back({tag, false, {value}});
  document.section = sections;
  return document;
}

std::string expand(const Document& document, const std::string& text, std::size_t index = 0,
                   LineBreaks breaks = LineBreaks::as_sent) {
  const TagTable table(std::make_shared<const Document>(document));
  const TextTemplate cut(text, table);
  Expansion expansion;
  const Status done = cut.expand(index, breaks, SIZE_MAX, expansion);
  EXPECT_TRUE(done);
  EXPECT_EQ(expansion.text().size(), expansion.size);
  return expansion.text();
}

/// SUB-11 word by word, with no thought for speed.
std::string expand_naively(const Document& document, std::string text) {
  for (int round = 1; round <= 4; ++round) {
    std::string next;
    bool changed = false;
    for (std::size_t i = 0; i < text.size();) {
      const std::string* best = nullptr;
      const std::string* value = nullptr;
      const auto offer = [&](const std::string& tag, const std::string& with) {
        if (tag.empty() || text.compare(i, tag.size(), tag) != 0) return;
        if (best && best->size() >= tag.size()) return;
        best = &tag;
        value = &with;
      };
      for (const Substitution& sub : document.sub) offer(sub.tag, sub.values.at(0));
      for (const auto& [tag, with] : document.section) offer(tag, with);
      if (best) {
        next += *value;
        i += best->size();
        changed = true;
      } else {
        next += text[i++];
      }
    }
    text = std::move(next);
    if (!changed) break;
  }
  return text;
}

TEST(TextTemplateTest, ExpandsByRounds) {
  const struct {
    const char* why;
    Row subs;
    Row sections;
    std::string text;
    std::string want;
  } cases[] = {
      {"SUB-1", {{"-n-", "Ann"}}, {}, "Hi -n-!", "Hi Ann!"},
      {"no tag in the text", {{"-n-", "Ann"}}, {}, "Hi", "Hi"},
      {"SUB-3: an empty value takes the tag away", {{"-n-", ""}}, {}, "Hi -n-", "Hi "},
      {"SEC-2: sub, section, sub",
       {{"-offer-", "-gold-"}, {"-n-", "Ann"}},
       {{"-gold-", "Dear -n-, 20% off"}},
       "-offer-",
       "Dear Ann, 20% off"},
      {"SEC-3: a section straight in the text", {}, {{"-s-", "text"}}, "a -s- b", "a text b"},
      {"SEC-4: a value that names no section stays", {{"-a-", "-none-"}}, {}, "-a-", "-none-"},
      {"SUB-11: sub wins over section of that name",
       {{"-x-", "sub"}},
       {{"-x-", "no"}},
       "-x-",
       "sub"},
      {"SUB-11: four replacements resolve",
       {{"1", "2"}, {"2", "3"}, {"3", "4"}, {"4", "end"}},
       {},
       "1",
       "end"},
      {"SUB-11: the fifth is printed",
       {{"1", "2"}, {"2", "3"}, {"3", "4"}, {"4", "5"}, {"5", "end"}},
       {},
       "1",
       "5"},
      {"SUB-11: inserted text waits for the next round",
       {{"a", "aa"}},
       {},
       "a",
       std::string(16, 'a')},
      {"a tag that is its own value", {{"-x-", "-x-"}}, {}, "-x-", "-x-"},
      {"a tag put together across seams", {{"-y-", "nam"}, {"-name-", "Ann"}}, {}, "--y-e-", "Ann"},
      {"by an empty value", {{"##", ""}, {"-name-", "Ann"}}, {}, "-na##me-", "Ann"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(expand(document_of(c.subs, c.sections), c.text), c.want);
  }
}

TEST(TextTemplateTest, EachRowHasItsOwnValues) {
  Document document;
  document.sub.push_back({"-n-", false, {"Ann", "Bob"}});
  document.sub.push_back({"-all-", true, {"x"}});
  EXPECT_EQ(expand(document, "-n- -all-", 0), "Ann x");
  EXPECT_EQ(expand(document, "-n- -all-", 1), "Bob x");
  EXPECT_EQ(expand(document, "-n- -all-", 2), " x") << "SUB-3, SUB-5";
}

TEST(TextTemplateTest, LineBreaksOfValuesBecomeCrlfInBodies) {
  Document document;
  document.sub.push_back({"-a-", false, {"1\n2\r3\r\n4", "plain"}});
  document.section.push_back({"-s-", "x\ny"});
  EXPECT_EQ(expand(document, "-a- -s-", 0, LineBreaks::crlf), "1\r\n2\r\n3\r\n4 x\r\ny");
  EXPECT_EQ(expand(document, "-a-", 1, LineBreaks::crlf), "plain");
  EXPECT_EQ(expand(document, "-a-", 2, LineBreaks::crlf), "");
  EXPECT_EQ(expand(document, "-a-", 0), "1\n2\r3\r\n4");
}

// The shortcut over unchanged literals must never be seen (LIB-19).
TEST(TextTemplateTest, AgreesWithTheDefinitionOnRandomTexts) {
  std::mt19937 random(20250102);
  const auto draw = [&](std::size_t max) {
    std::string text(random() % (max + 1), 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 30000; ++round) {
    Document document;
    for (std::size_t i = 0, n = random() % 4; i < n; ++i) {
      const std::string tag = draw(4);
      if (!tag.empty()) document.sub.push_back({tag, false, {draw(5)}});
    }
    for (std::size_t i = 0, n = random() % 3; i < n; ++i) {
      const std::string tag = draw(4);
      if (!tag.empty()) document.section.push_back({tag, draw(5)});
    }
    const std::string text = draw(40);
    ASSERT_EQ(expand(document, text), expand_naively(document, text)) << text;
  }
}

TEST(TextTemplateTest, SectionsThatExpandEachOtherAreStoppedAtTheLimit) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "-b-";
  const Document bomb = document_of({}, {{"-a-", many}, {"-b-", many}});
  const TagTable table(std::make_shared<const Document>(bomb));
  const TextTemplate cut("-a-", table);
  Expansion expansion;
  const Status done = cut.expand(0, LineBreaks::crlf, 1'000'000, expansion);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::invalid);
}

TEST(TextTemplateTest, TooManyTagsAreAnErrorNotAllMemory) {
  const TagTable table(std::make_shared<const Document>(document_of({{"a", "b"}})));
  const TextTemplate cut(std::string(TextTemplate::max_tags + 2, 'a'), table);
  Expansion expansion;
  EXPECT_FALSE(cut.expand(0, LineBreaks::crlf, SIZE_MAX, expansion));
}

}  // namespace
}  // namespace smtpapi
