// A random document, written in random spellings and folds, must be read back as it was.
#include <random>

#include "base/text.h"
#include "smtpapi/json.h"
#include "smtpapi/parse_support.h"

namespace smtpapi {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Document document();
  std::string write(const Document& d);

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  std::string text();
  std::string space();
  std::string string(const std::string& text);
  void member(std::string_view key, const std::string& value);
  std::string array(const std::vector<std::string>& texts);
  std::string object(const std::vector<TextPair>& pairs);

  std::mt19937 random_;
  std::string out_;
};

std::string Generator::text() {
  static const std::vector<std::string> pieces = {"a",
                                                  "Z9",
                                                  "-",
                                                  "%",
                                                  "\"",
                                                  "\\",
                                                  "/",
                                                  "\n",
                                                  "\r\n",
                                                  "\t",
                                                  "<b>",
                                                  "{",
                                                  "]",
                                                  ":",
                                                  ",",
                                                  "=?",
                                                  "\xC3\xA9",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  "\x7F"};
  std::string out;
  for (std::size_t n = below(8); n > 0; --n) out += pieces[below(pieces.size())];
  return out;
}

std::string Generator::space() {
  if (!chance(4)) return "";
  static const std::vector<std::string> spaces = {" ", "\t", "  ", "\r\n ", "\r\n   ", "\n\t"};
  return spaces[below(spaces.size())];
}

std::string Generator::string(const std::string& text) {
  std::string plain;
  json::append_string(plain, text);
  std::string out;  // now and then an escape that was not needed
  for (const char c : plain) {
    if (c == 'a' && chance(2)) {
      out += "\\u0061";
    } else if (c == '/' && chance(2)) {
      out += "\\/";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Generator::array(const std::vector<std::string>& texts) {
  std::string out = "[" + space();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += (i ? "," : "") + space() + string(texts[i]) + space();
  }
  return out + "]";
}

std::string Generator::object(const std::vector<TextPair>& pairs) {
  std::string out = "{" + space();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    out += (i ? "," : "") + space() + string(pairs[i].first) + space() + ":" + space() +
           string(pairs[i].second) + space();
  }
  return out + "}";
}

void Generator::member(std::string_view key, const std::string& value) {
  out_ += (out_.size() > 1 ? "," : "") + space() + string(std::string(key)) + space() + ":" +
          space() + value + space();
}

Document Generator::document() {
  Document d;
  for (std::size_t n = below(5); n > 0; --n) d.to.push_back(text());
  for (std::size_t n = below(4); n > 0; --n) {
    Substitution entry;
    entry.tag = "t" + std::to_string(n) + text();
    entry.for_everyone = chance(3);
    for (std::size_t i = entry.for_everyone ? 1 : below(5); i > 0; --i)
      entry.values.push_back(text());
    d.sub.push_back(entry);
  }
  for (std::size_t n = below(3); n > 0; --n)
    d.section.emplace_back("s" + std::to_string(n), text());
  for (std::size_t n = below(3); n > 0; --n) d.category.push_back("c" + std::to_string(n) + text());
  d.category_is_array = !d.category.empty() && (d.category.size() > 1 || chance(2));
  for (std::size_t n = below(4); n > 0; --n) {
    d.unique_args.emplace_back(std::to_string(n) + text(), text());
  }
  if (chance(2)) d.filters["footer"] = {chance(2), {{"text/html", text()}, {"text/plain", text()}}};
  if (chance(2)) d.send_at = static_cast<std::int64_t>(below(1'700'000'000));
  if (chance(3)) d.batch_id = "batch-" + std::to_string(below(1000));
  if (chance(3)) d.ip_pool = "pool " + std::to_string(below(1000));
  return d;
}

std::string Generator::write(const Document& d) {
  out_ = "{";
  if (!d.section.empty()) member("section", object(d.section));
  if (!d.sub.empty()) {
    std::string sub = "{";
    for (const Substitution& entry : d.sub) {
      sub += (sub.size() > 1 ? "," : "") + string(entry.tag) + ":" +
             (entry.for_everyone ? string(entry.values[0]) : array(entry.values));
    }
    member("sub", sub + "}");
  }
  if (!d.to.empty()) member("to", array(d.to));
  if (!d.category.empty()) {
    member("category", d.category_is_array ? array(d.category) : string(d.category[0]));
  }
  if (!d.unique_args.empty()) member("unique_args", object(d.unique_args));
  for (const auto& [name, settings] : d.filters) {
    std::vector<TextPair> pairs = {{"enable", settings.enabled ? "1" : "0"}};
    pairs.insert(pairs.end(), settings.values.begin(), settings.values.end());
    member("filters", "{" + string(name) + ":{\"settings\":" + object(pairs) + "}}");
  }
  if (d.send_at) member("send_at", std::to_string(*d.send_at));
  if (!d.batch_id.empty()) member("batch_id", string(d.batch_id));
  if (!d.ip_pool.empty()) member("ip_pool", string(d.ip_pool));
  return out_ + "}";
}

TEST(RoundTripTest, WhatIsWrittenIsRead) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Generator generator(seed);
    const Document want = generator.document();
    const std::string value = generator.write(want);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << value);
    const ParsedHeader parsed = parse(value);
    ASSERT_THAT(texts(parsed.problems), testing::IsEmpty());
    const Document& got = parsed.document;
    EXPECT_EQ(got.to, want.to);
    ASSERT_EQ(got.sub.size(), want.sub.size());
    for (std::size_t i = 0; i < want.sub.size(); ++i) {
      EXPECT_EQ(got.sub[i].tag, want.sub[i].tag);
      EXPECT_EQ(got.sub[i].for_everyone, want.sub[i].for_everyone);
      EXPECT_EQ(got.sub[i].values, want.sub[i].values);
    }
    EXPECT_EQ(got.section, want.section);
    EXPECT_EQ(got.category, want.category);
    EXPECT_EQ(got.category_is_array, want.category_is_array);
    EXPECT_EQ(got.unique_args, want.unique_args);
    ASSERT_EQ(got.filters.size(), want.filters.size());
    for (const auto& [name, settings] : want.filters) {
      EXPECT_EQ(got.filters.at(name).enabled, settings.enabled);
      EXPECT_EQ(got.filters.at(name).values, settings.values);
    }
    EXPECT_EQ(got.send_at, want.send_at);
    EXPECT_EQ(got.batch_id, want.batch_id);
    EXPECT_EQ(got.ip_pool, want.ip_pool);
    if (HasFailure()) return;
  }
}

TEST(RoundTripTest, EveryPrefixIsAProblemOrNothing) {
  Generator generator(7);
  std::string value =
      R"({"to":["a@x","b@x"],"sub":{"-n-":["\u00e9\ud83d\ude00",1.5e3,null]},"send_at":1})";
  for (std::size_t length = 1; length < value.size(); ++length) {
    const ParsedHeader parsed = parse(value.substr(0, length));
    EXPECT_EQ(parsed.problems.size(), 1u) << length;
  }
  EXPECT_TRUE(parse(value).problems.empty());
}

TEST(RoundTripTest, RandomDamageNeverHurts) {
  std::mt19937 random(1);
  Generator generator(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int i = 0; i < 5000; ++i) {
    std::string value = generator.write(generator.document());
    for (std::size_t n = 1 + below(4); n > 0; --n)
      value[below(value.size())] = static_cast<char>(below(256));
    const ParsedHeader parsed = parse(value);
    const HeaderText text = HeaderText::from_value(value);
    for (const auto* remarks : {&parsed.problems, &parsed.warnings}) {
      for (const Remark& remark : *remarks) {
        EXPECT_LE(remark.place.line, text.place(text.text().size()).line) << value;
        EXPECT_TRUE(is_utf8(remark.text)) << value;
      }
    }
    for (const std::string& entry : parsed.document.to) EXPECT_TRUE(is_utf8(entry)) << value;
  }
}

}  // namespace
}  // namespace smtpapi
