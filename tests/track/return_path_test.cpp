#include "track/return_path.h"

#include <gtest/gtest.h>

#include "base/random_id.h"
#include "base/text.h"

namespace smtpapi {
namespace {

constexpr const char* first_key = "0123456789abcdef0123456789abcdef\n";
constexpr const char* second_key = "fedcba9876543210fedcba9876543210\n";

ReturnPaths with_keys(const std::string& text,
                      std::string_view address = "bounces@bounce.example.com") {
  return *ReturnPaths::make(address, *Secrets::parse(text));
}

std::string token_of(const std::string& address) {
  const auto plus = address.find('+');
  return address.substr(plus + 1, address.find('@') - plus - 1);
}

TEST(ReturnPathTest, ComesBackAsItWas) {
  const ReturnPaths paths = with_keys(first_key);
  for (const std::size_t row : {0u, 1u, 127u, 128u, 9'999u, 16'383u, 16'384u, 2'097'151u}) {
    for (const bool is_blind : {false, true}) {
      const ReturnPath copy{random_id(), row, is_blind};
      const auto address = paths.address(copy);
      ASSERT_TRUE(address);
      EXPECT_TRUE(address->starts_with("bounces+"));
      EXPECT_TRUE(address->ends_with("@bounce.example.com"));
      EXPECT_LE(address->find('@'), 64u) << "RFC 5321 4.5.3.1.1";
      EXPECT_EQ(paths.open(*address), copy);
      EXPECT_EQ(paths.address(copy), address) << "the same whenever it is made";
    }
  }
}

TEST(ReturnPathTest, StaysReadableAfterWhatMtasDo) {
  const ReturnPaths paths = with_keys(first_key);
  const ReturnPath copy{random_id(), 7, false};
  const std::string address = *paths.address(copy);
  const std::string token = token_of(address);
  std::string upper = address;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const struct {
    const char* why;
    std::string address;
  } cases[] = {
      {"upper case", upper},
      {"lower case", to_lower(address)},
      {"another domain", "bounces+" + token + "@mx7.internal"},
      {"no domain", "bounces+" + token},
      {"pipe(8)'s ${extension}", token},
      {"an alias in front", "list+bounces+" + token + "@example.com"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(paths.open(c.address), copy);
  }
}

TEST(ReturnPathTest, AnyKeyOfTheFileVerifies) {
  const ReturnPath copy{random_id(), 1, false};
  const std::string old = *with_keys(second_key).address(copy);
  const ReturnPaths both = with_keys(std::string(first_key) + second_key);
  EXPECT_EQ(both.open(old), copy);
  EXPECT_EQ(both.address(copy), with_keys(first_key).address(copy)) << "the first signs";
  EXPECT_FALSE(with_keys(first_key).open(old)) << "a foreign key";
}

TEST(ReturnPathTest, OpensNothingElse) {
  const ReturnPaths paths = with_keys(first_key);
  const ReturnPath copy{random_id(), 300, false};
  const std::string address = *paths.address(copy);
  const std::string token = token_of(address);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(paths.open(changed)) << "character " << i;
    EXPECT_FALSE(paths.open(token.substr(0, i))) << "cut after " << i;
  }
  const struct {
    const char* why;
    std::string address;
  } cases[] = {
      {"nothing", ""},
      {"no token", "bounces@bounce.example.com"},
      {"an empty token", "bounces+@bounce.example.com"},
      {"longer by a character", "bounces+" + token + "a@bounce.example.com"},
      {"longer by an octet", token + "aa"},
      {"padding", token + "==="},
      {"a detail behind it", "bounces+" + token + "+x@bounce.example.com"},
      {"long", std::string(1'000'000, 'a')},
      {"octets", std::string("bounces+\0\xFF@x", 12)},
      {"only a signature", "bounces+" + token.substr(token.size() - 16)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_FALSE(paths.open(c.address));
  }
}

TEST(ReturnPathTest, RefusesWhatHasNoRoom) {
  const auto secrets = Secrets::parse(first_key);
  EXPECT_TRUE(ReturnPaths::make("bounces-of-mail@b.example.com", *secrets));
  EXPECT_FALSE(ReturnPaths::make("bounces-of-mails@b.example.com", *secrets)) << "16 octets";
  EXPECT_FALSE(ReturnPaths::make("bounces", *secrets));
  const ReturnPaths paths = with_keys(first_key, "bounces-of-mail@b.example.com");
  EXPECT_EQ(paths.address({random_id(), 2'097'151, true})->find('@'), 64u);
  EXPECT_FALSE(paths.address({random_id(), 2'097'152, false})) << "a row of 22 bits";
  EXPECT_FALSE(paths.address({"no-id", 0, false}));
  EXPECT_FALSE(paths.address({"", 0, false}));
}

TEST(ReturnPathTest, IsNoLinkAndNoLinkIsOne) {
  const auto secrets = Secrets::parse(first_key);
  EXPECT_NE(derive_key(secrets->lines()[0], "smtpapi-milter link 1", 32),
            derive_key(secrets->lines()[0], "smtpapi-milter return-path 1", 32))
      << "LIB-45";
}

}  // namespace
}  // namespace smtpapi
