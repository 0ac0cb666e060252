// Sealed links: nobody reads, forges or bends one (TRK-2).
#include "track/keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "base/encode.h"
#include "base/random_id.h"
#include "tests/support/temporary_folder.h"
#include "tests/track/random_link.h"

namespace smtpapi {
namespace {

const std::string secret = "0123456789abcdefghijklmnopqrstuv";
const std::string other_secret = "another secret of thirty-two oct";

LinkKeys keys_of(const std::string& text) {
  auto keys = LinkKeys::parse(text);
  if (!keys) throw std::runtime_error(keys.error().text);
  return std::move(*keys);
}

Link click() {
  Link link = link_of(LinkKind::click);
  link.index = 17;
  link.url = "https://example.com/a?x=1&y=\xC3\xBC#top";
  link.place = 3;
  link.type = LinkType::text;
  link.group = 12;
  return link;
}

TEST(LinkKeysTest, OpensWhatItSealed) {
  const LinkKeys keys = keys_of(secret);
  std::mt19937 random(11);
  for (int i = 0; i < 5'000; ++i) {
    const Link link = random_link(random);
    const std::string token = keys.token(link);
    ASSERT_EQ(token.size(), LinkKeys::token_size(link));
    ASSERT_EQ(keys.open(token), link);
    ASSERT_EQ(keys.token(link), token) << "a copy that is tried twice is the same copy";
  }
}

TEST(LinkKeysTest, TheFormatStaysAsItIs) {  // TRK-9: links of earlier releases must open
  // Made with HKDF and AESSIV of Python's cryptography.
  EXPECT_EQ(
      keys_of(secret).open("AWJ3S7zKNs0UrOlFn4PEVHEQqNVy4nYGgtVPqvOm8iWUIIlfPJwJm3hIZZfbFVob6ch6T8"
                           "SIsnMHwRJsAFLKEMyM4X4Tlz4fklS7oZ6PhwnA5z1SwjSZSw"
                           ""),
      click());
}

TEST(LinkKeysTest, ATokenIsUrlSafeAndShowsNothing) {
  const LinkKeys keys = keys_of(secret);
  std::string out = "x";
  keys.append_token(out, click());
  EXPECT_EQ(out, "x" + keys.token(click()));
  EXPECT_EQ(
      out.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  const auto octets = decode_base64url(keys.token(click()));
  ASSERT_TRUE(octets);
  EXPECT_EQ(octets->find("ann"), std::string::npos);
  EXPECT_EQ(octets->find("example"), std::string::npos);
}

TEST(LinkKeysTest, LinksThatDifferInOneFieldShareNoTail) {
  const LinkKeys keys = keys_of(secret);
  std::set<std::string> tails;
  for (std::size_t index = 0; index < 1'000; ++index) {
    Link link = click();
    link.index = index;
    tails.insert(keys.token(link).substr(3, 20));
  }
  EXPECT_EQ(tails.size(), 1'000u);
}

TEST(LinkKeysTest, EveryFlippedBitIsSeen) {
  const LinkKeys keys = keys_of(secret + "\n" + other_secret);
  const std::string octets = *decode_base64url(keys.token(click()));
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    std::string forged = octets;
    forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(keys.open(base64url(forged))) << bit;
  }
}

TEST(LinkKeysTest, EveryOtherCharacterIsSeen) {
  const LinkKeys keys = keys_of(secret);
  const std::string token = keys.token(click());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', '_', '-', '=', '+', '/', ' ', '%', '\0', '\xC3'}) {
      if (token[i] == c) continue;
      std::string forged = token;
      forged[i] = c;
      EXPECT_FALSE(keys.open(forged)) << i << ' ' << c;
    }
  }
}

TEST(LinkKeysTest, CutOrExtendedItIsNoToken) {
  const LinkKeys keys = keys_of(secret);
  const std::string token = keys.token(click());
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(keys.open(token.substr(0, size))) << size;
    EXPECT_FALSE(keys.open(token.substr(token.size() - size))) << size;
  }
  for (const char* more : {"A", "AA", "AAA", "AAAA", "=", "==", "\n", " ", "&x=1", "."})
    EXPECT_FALSE(keys.open(token + more)) << more;
  EXPECT_FALSE(keys.open(token + token));
  EXPECT_FALSE(keys.open(" " + token));
}

TEST(LinkKeysTest, TokensThatAreNone) {
  const LinkKeys keys = keys_of(secret);
  const std::string names = base64url(std::string(1, '\x01') + std::string(40, 'x'));
  for (const std::string& token :
       {std::string(), std::string("A"), std::string("AQ"), std::string("AQA"), names,
        std::string(LinkKeys::max_token, 'A'), std::string(1'000'000, 'A'),
        std::string("http://example.com"), std::string(16, '\0')})
    EXPECT_FALSE(keys.open(token)) << token.substr(0, 50);
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const std::string octets = "\x01" + random_text(random, 60);
    EXPECT_FALSE(keys.open(base64url(octets)));
  }
}

TEST(LinkKeysTest, TheLongestTokenOpensALongerOneDoesNot) {
  const LinkKeys keys = keys_of(secret);
  Link link = click();
  while (LinkKeys::token_size(link) <= LinkKeys::max_token) link.url += 'x';
  EXPECT_FALSE(keys.open(keys.token(link)));
  link.url.pop_back();
  EXPECT_EQ(keys.open(keys.token(link)), link);
}

TEST(LinkKeysTest, ForeignKeysDoNotOpen) {
  const std::string token = keys_of(secret).token(click());
  for (const std::string& foreign :
       {other_secret, secret + "x", "x" + secret, std::string("0123456789abcdefghijklmnopqrstuV")})
    EXPECT_FALSE(keys_of(foreign).open(token)) << foreign;
}

TEST(LinkKeysTest, AfterARotationOldLinksOpenAndNewOnesHaveTheNewKey) {
  const std::string old = keys_of(secret).token(click());
  const LinkKeys rotated = keys_of(other_secret + "\n" + secret + "\n");
  EXPECT_EQ(rotated.open(old), click());
  const std::string fresh = rotated.token(click());
  EXPECT_NE(fresh, old);
  EXPECT_EQ(rotated.open(fresh), click());
  EXPECT_EQ(keys_of(other_secret).open(fresh), click());
  EXPECT_FALSE(keys_of(secret).open(fresh));
  EXPECT_FALSE(keys_of(other_secret).open(old)) << "the old key is gone";
}

TEST(LinkKeysTest, KeysOfOneIdBothOpen) {
  // 300 keys for 256 ids: some ids are shared.
  std::string file;
  std::vector<std::string> tokens;
  std::set<char> ids;
  for (int i = 0; i < 300; ++i) {
    const std::string line = secret + std::to_string(i) + "\n";
    tokens.push_back(keys_of(line).token(click()));
    ids.insert((*decode_base64url(tokens.back()))[1]);
    file += line;
  }
  ASSERT_LT(ids.size(), 300u);
  const LinkKeys keys = keys_of(file);
  for (const std::string& token : tokens) EXPECT_EQ(keys.open(token), click());
}

TEST(LinkKeysTest, EachKindOpensAsItself) {
  const LinkKeys keys = keys_of(secret);
  for (int made = 1; made <= 6; ++made) {
    const std::string token = keys.token(link_of(static_cast<LinkKind>(made)));
    for (int asked = 1; asked <= 6; ++asked) {
      const auto opened = keys.open(token, static_cast<LinkKind>(asked));
      EXPECT_EQ(opened.has_value(), made == asked) << made << ' ' << asked;
    }
  }
}

TEST(LinkKeysTest, AnIdOfAnyShapeIsKept) {
  const LinkKeys keys = keys_of(secret);
  for (const std::string& id :
       {random_id(), std::string(22, 'a'), std::string(22, 'z'), std::string("s1"), std::string(),
        std::string(100, 'A'), std::string("no base64url but 22 ..")}) {
    Link link = click();
    link.submission_id = id;
    EXPECT_EQ(keys.open(keys.token(link)), link) << id;
  }
}

TEST(LinkKeysTest, KeyFiles) {
  const std::string token = keys_of(secret).token(click());
  const struct {
    const char* why;
    std::string text;
  } cases[] = {
      {"as init writes it", secret + "\n"},
      {"no line end", secret},
      {"CRLF", secret + "\r\n"},
      {"blanks around it", "  " + secret + "\t\n"},
      {"comments and empty lines", "# keys\n\n  # made today\n" + secret + "\n\n#\n"},
      {"twice the same", secret + "\n" + secret},
  };
  for (const auto& c : cases) {
    const auto keys = LinkKeys::parse(c.text);
    ASSERT_TRUE(keys) << c.why;
    EXPECT_EQ(keys->token(click()), token) << c.why;
  }
}

TEST(LinkKeysTest, BadKeyFiles) {
  const struct {
    const char* why;
    std::string text;
    const char* want;
  } cases[] = {
      {"nothing", "", "there is no key in it"},
      {"only lines", "\n\r\n \n", "there is no key in it"},
      {"only comments", "# " + secret, "there is no key in it"},
      {"31 characters", secret.substr(1), "line 1: a key needs at least 32 characters"},
      {"a short second one", "#\n" + secret + "\nshort\n",
       "line 3: a key needs at least 32 characters"},
      {"blanks do not count", std::string(40, ' ') + "short",
       "line 1: a key needs at least 32 characters"},
  };
  for (const auto& c : cases) {
    const auto keys = LinkKeys::parse(c.text);
    ASSERT_FALSE(keys) << c.why;
    EXPECT_EQ(keys.error().fault, Fault::invalid);
    EXPECT_EQ(keys.error().text, c.want) << c.why;
  }
}

TEST(LinkKeysTest, LoadsAFile) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  };
  const auto keys = LinkKeys::load(write("key", secret + "\n"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->token(click()), keys_of(secret).token(click()));

  const std::string missing = folder / "missing";
  const auto none = LinkKeys::load(missing);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::unavailable);
  EXPECT_EQ(none.error().text,
            "open " + missing + ": No such file or directory: 'smtpapictl init' makes it");

  const auto directory = LinkKeys::load(folder.path().string());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().fault, Fault::unavailable);

  const std::string bad = write("bad", "hunter2\n");
  const auto refused = LinkKeys::load(bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::invalid);
  EXPECT_EQ(refused.error().text, bad + ": line 1: a key needs at least 32 characters")
      << "and never the secret";

  const std::string big = write("big", std::string(100'000, 'x'));
  const auto too_long = LinkKeys::load(big);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().text, big + ": too long for a key file");
}

TEST(LinkKeysTest, ThreadsShareThem) {
  const LinkKeys keys = keys_of(secret + "\n" + other_secret);
  const std::string want = keys.token(click());
  std::vector<int> wrong(8, 0);
  {
    std::vector<std::jthread> threads;
    for (int& mine : wrong) {
      threads.emplace_back([&] {
        for (int i = 0; i < 2'000; ++i) {
          if (keys.token(click()) != want || keys.open(want) != click()) ++mine;
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(8, 0));
}

}  // namespace
}  // namespace smtpapi
