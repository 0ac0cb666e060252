#include "job/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

constexpr const char* general =
    R"({"filters": {"footer": {"settings": {"enable": 1, "text/plain": "general"}}}})";

std::string footer(const Result<AccountSettings>& account) {
  const auto found = account->filters.find("footer");
  return found == account->filters.end() ? "" : std::string(found->second.value("text/plain"));
}

class AccountsTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
  }
  auto settings_of(const std::string& login) {
    return account_settings(general, folder.path().string(), login);
  }
  TemporaryFolder folder;
};

TEST_F(AccountsTest, ALoginsFileReplacesTheGeneralSettings) {
  write("ann.json", R"({"footer": {"settings": {"enable": 1, "text/plain": "ann's"}}})");
  EXPECT_EQ(footer(settings_of("ann")), "ann's");
  EXPECT_EQ(footer(settings_of("bob")), "general");
  EXPECT_EQ(footer(settings_of("")), "general");
}

TEST_F(AccountsTest, ALoginIsNeverAPath) {
  write("secret.json", R"({"footer": {"settings": {"enable": 1, "text/plain": "reached"}}})");
  std::filesystem::create_directory(folder / "inside");
  for (const char* login : {"../secret", "inside/../../secret", ".", "..", "./secret"}) {
    const auto account = account_settings(general, folder / "inside", login);
    ASSERT_TRUE(account) << login;
    EXPECT_EQ(footer(account), "general") << login;
  }
}

TEST_F(AccountsTest, ABrokenFileIsATemporaryFailureThatNamesThePlace) {
  write("ann.json", "{\n  \"footer\": oops\n}");
  const auto account = settings_of("ann");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().fault, Fault::unavailable);
  EXPECT_THAT(account.error().text, testing::HasSubstr("ann.json: line 2, column 13"));
}

TEST_F(AccountsTest, AFolderInPlaceOfAFileIsATemporaryFailure) {
  std::filesystem::create_directory(folder / "ann.json");
  const auto account = settings_of("ann");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().fault, Fault::unavailable);
}

TEST(AccountSettingsTest, NothingConfiguredIsNoFilters) {
  const auto account = account_settings("", "", "ann");
  ASSERT_TRUE(account);
  EXPECT_TRUE(account->filters.empty());
}

}  // namespace
}  // namespace smtpapi
