#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "ctl/run_command.h"
#include "milter/ctl/api_key.h"
#include "milter/ctl/key_file.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

TEST(ApiKeyTest, LooksAsSendGridsDo) {
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    const ApiKey key = make_api_key();
    EXPECT_EQ(key.text().size(), 69u);
    EXPECT_EQ(key.text().substr(0, 3), "SG.");
    EXPECT_TRUE(std::isalnum(key.id[0])) << key.id << ": \"-\" would begin an option";
    const auto parsed = parse_api_key(key.text());
    ASSERT_TRUE(parsed) << key.text();
    EXPECT_EQ(parsed->id, key.id);
    EXPECT_EQ(parsed->secret, key.secret);
    ids.insert(key.id);
  }
  EXPECT_EQ(ids.size(), 200u);
}

TEST(ApiKeyTest, NothingElseIsAKey) {
  const std::string good = "SG.0123456789abcdefghijkl.0123456789abcdefghijklmnopqrstuvwxyzABCDEF_";
  ASSERT_TRUE(parse_api_key(good));
  std::string no_dot = good, blank = good, dash = good, colon = good, nul = good;
  no_dot[25] = 'x';
  blank[40] = ' ';
  dash[3] = '-';
  colon[10] = ':';
  nul[50] = '\0';
  for (const std::string& bad :
       {std::string(), std::string("SG."), std::string("apikey"), good.substr(1), good + "x",
        good.substr(0, 68), "sg" + good.substr(2), no_dot, blank, dash, colon, nul})
    EXPECT_FALSE(parse_api_key(bad)) << bad;
}

TEST(ApiKeyTest, OnlyASaltedHashIsKept) {
  const std::string key = make_api_key().text();
  const std::string hash = hash_api_key(key);
  EXPECT_NE(hash, hash_api_key(key)) << "each has a salt of its own";
  EXPECT_EQ(hash.find(key.substr(26)), std::string::npos);
  EXPECT_TRUE(is_hash_of(hash, key));
  EXPECT_FALSE(is_hash_of(hash, key + "x"));
  EXPECT_FALSE(is_hash_of(hash, make_api_key().text()));
  EXPECT_FALSE(is_hash_of(hash, ""));
}

TEST(ApiKeyTest, HashesOfDovecotCount) {
  // SHA-512 of "secret" and the salt "1234", and the salt.
  EXPECT_TRUE(
      is_hash_of("{SSHA512}xmfsDcoyHSITKqCiwudodTWhzJABDhwcLHJ/3UPnqxMy4WjoZujZKrvgRW70"
                 "/mlQJ1F5JqtoQcH1SxWhpgm69DEyMzQ=",
                 "secret"));
  for (const char* bad : {"", "{SSHA512}", "{PLAIN}secret", "secret", "{SSHA512}=", "{SSHA512}QUJD",
                          "{SSHA512}not base64 at all"})
    EXPECT_FALSE(is_hash_of(bad, "secret")) << bad;
}

TEST(KeyFileTest, ALineIsReadAsItWasWritten) {
  for (const char* name : {"", "billing", "two words, \xC3\xA9"}) {
    const StoredKey key{"0123456789abcdefghijkl", "{SSHA512}abc=", "shop", name,
                        Time(std::chrono::seconds(1'800'000'000))};
    const std::string line = key_line(key);
    const auto read = parse_key_line(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->id, key.id);
    EXPECT_EQ(read->hash, key.hash);
    EXPECT_EQ(read->account, key.account);
    EXPECT_EQ(read->name, key.name);
    EXPECT_EQ(read->created, key.created);
  }
}

TEST(KeyFileTest, OtherLinesAreNotOurs) {
  for (const char* line :
       {"", "# comment", "ann:{PLAIN}x", "ann:{PLAIN}x::::::user=a", "apikey:{PLAIN}x::::::user=a",
        "apikey.short:{SSHA512}x:::1:::user=a", "apikey.0123456789abcdefghijkl:{SSHA512}x:::1:::",
        "apikey.0123456789abcdefghijkl", "apikey.0123456789abcdefghijkl:{SSHA512}x:::1:::user=",
        "apikey.-123456789abcdefghijkl:{SSHA512}x:::1:::user=a"})
    EXPECT_FALSE(parse_key_line(line)) << line;
}

TEST(KeyFileTest, AccountsAreLoginsAndFileNames) {
  for (const char* good :
       {"a", "Shop", "shop", "shop-2.example.com", "ann@example.com", "a+b_c", "0"})
    EXPECT_TRUE(check_account_name(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string(".."), std::string(".hidden"), std::string("-x"),
        std::string("a b"), std::string("a:b"), std::string("a/b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string(65, 'a'), std::string("\xC3\xA9")})
    EXPECT_FALSE(check_account_name(bad)) << bad;
  for (const char* bad : {"a:b", "a\nb", "\xFF"}) EXPECT_FALSE(check_key_name(bad)) << bad;
}

class KeyCommandTest : public ::testing::Test {
 protected:
  KeyCommandTest() { settings_.config_file = folder_ / "smtpapi.conf"; }
  Ran run(const std::vector<std::string>& words, const std::string& input = {}) {
    return run_command(words, settings_, Time(std::chrono::seconds(1'800'000'000)), input);
  }
  /// The key that was made.
  std::string add(const std::string& account) {
    const Ran ran = run({"key", "add", account, "--name", "for " + account});
    EXPECT_EQ(ran.status, EX_OK) << ran.err;
    const auto at = ran.out.find("SG.");
    return at == std::string::npos ? std::string() : ran.out.substr(at, 69);
  }
  std::string file() const {
    std::ifstream in(folder_ / "keys");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  TemporaryFolder folder_;
  Settings settings_;
};

TEST_F(KeyCommandTest, AKeyIsShownOnceAndChecked) {
  const std::string shop = add("shop"), blog = add("blog");
  EXPECT_EQ(file().find(shop.substr(26)), std::string::npos) << "the secret is not kept";
  const struct {
    const char* why;
    std::vector<std::string> words;
    std::string input;
    int status;
    const char* out;
  } cases[] = {
      {"as SendGrid's clients log in", {"key", "check", "apikey"}, shop, EX_OK, "shop\n"},
      {"the other key", {"key", "check", "apikey"}, blog, EX_OK, "blog\n"},
      {"the user name is known", {"key", "check"}, blog, EX_OK, "blog\n"},
      {"pam_exec(8) writes a NUL", {"key", "check"}, shop + '\0', EX_OK, "shop\n"},
      {"a line", {"key", "check"}, shop + "\r\n", EX_OK, "shop\n"},
      {"the account as user name", {"key", "check", "shop"}, shop, EX_OK, "shop\n"},
      {"the key of another account", {"key", "check", "shop"}, blog, found_fault, ""},
      {"case counts", {"key", "check", "APIKEY"}, shop, found_fault, ""},
      {"half a key", {"key", "check"}, shop.substr(0, 60), found_fault, ""},
      {"another secret", {"key", "check"}, shop.substr(0, 26) + blog.substr(26), found_fault, ""},
      {"more than a key", {"key", "check"}, shop + std::string(1000, 'x'), found_fault, ""},
      {"nothing", {"key", "check"}, "", found_fault, ""},
      {"no user name", {"key", "check", ""}, shop, found_fault, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Ran ran = run(c.words, c.input);
    EXPECT_EQ(ran.status, c.status);
    EXPECT_EQ(ran.out, c.out);
  }
}

TEST_F(KeyCommandTest, ListAndRevoke) {
  EXPECT_EQ(run({"key", "list"}).out, "no keys\n");
  const std::string one = add("shop"), two = add("shop"), three = add("blog");
  const std::string listed = run({"key", "list"}).out;
  EXPECT_THAT(listed, ::testing::HasSubstr(one.substr(3, 22)));
  EXPECT_THAT(listed, ::testing::HasSubstr("for blog"));
  EXPECT_EQ(listed.find(one.substr(26)), std::string::npos);
  EXPECT_EQ(run({"key", "list", "--account", "blog", "--json"}).out,
            "{\"id\":\"" + three.substr(3, 22) +
                "\",\"account\":\"blog\",\"name\":\"for blog\",\"created\":1800000000}\n");

  const std::string id = one.substr(3, 22);
  EXPECT_EQ(run({"key", "revoke", id, two}).out,
            "key " + id + " revoked\nkey " + two.substr(3, 22) + " revoked\n")
      << "by its ID, or by the key that leaked";
  EXPECT_EQ(run({"key", "check"}, one).status, found_fault);
  EXPECT_EQ(run({"key", "check"}, three).status, EX_OK);
  const Ran again = run({"key", "revoke", id});
  EXPECT_EQ(again.status, found_fault);
  EXPECT_THAT(again.err, ::testing::HasSubstr("there is no key " + id));
  for (const char* bad : {"", "shop", "SG.x", "0123456789"})
    EXPECT_EQ(run({"key", "revoke", bad}).status, EX_USAGE) << bad;
}

TEST_F(KeyCommandTest, WhatIsNotOursStays) {
  const std::string other = "# our own\nann:{PLAIN}x::::::user=ann\n\n";
  std::ofstream(folder_ / "keys") << other;
  chmod((folder_ / "keys").c_str(), 0604);
  const std::string key = add("shop");
  EXPECT_EQ(file().substr(0, other.size()), other);
  EXPECT_EQ(run({"key", "revoke", key}).status, EX_OK);
  EXPECT_EQ(file(), other);
  struct stat facts {};
  ASSERT_EQ(stat((folder_ / "keys").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777u, 0604u);
}

// Dovecot would keep what it has read of a file of the same size and second.
TEST_F(KeyCommandTest, EachChangeCanBeSeen) {
  const auto changed = [&] {
    struct stat facts {};
    EXPECT_EQ(stat((folder_ / "keys").c_str(), &facts), 0);
    return facts.st_mtime;
  };
  const std::string one = add("shop");
  const auto first = changed();
  run({"key", "revoke", one});
  const auto second = changed();
  add("shop");
  EXPECT_LT(first, second);
  EXPECT_LT(second, changed());
}

TEST_F(KeyCommandTest, NothingIsWrittenWhenItCannotBe) {
  for (const char* bad : {"", "..", ".x", "a b", "a:b", "a\nb"}) {
    const Ran ran = run({"key", "add", bad});
    EXPECT_EQ(ran.status, EX_USAGE) << bad;
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_EQ(run({"key", "add", "shop", "--name", "a:b"}).status, EX_USAGE);
  const Ran nowhere = run({"key", "add", "shop", "--file", folder_ / "none/keys"});
  EXPECT_EQ(nowhere.status, EX_CANTCREAT);
  EXPECT_EQ(nowhere.out, "") << "no key is shown that is not kept";
  EXPECT_EQ(file(), "");
}

TEST_F(KeyCommandTest, SeveralAtOneTimeLoseNothing) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) run({"key", "add", "a" + std::to_string(i)});
    });
  for (std::thread& thread : threads) thread.join();
  const auto keys = read_keys(folder_ / "keys");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 40u);
}

}  // namespace
}  // namespace smtpapi::ctl
