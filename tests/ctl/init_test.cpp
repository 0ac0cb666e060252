#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ctl/run_command.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class InitTest : public ::testing::Test {
 protected:
  Ran run() {
    settings_.store_url = "sqlite://" + store_;
    settings_.tracking_key_file = key_;
    return run_command({"init"}, settings_, from_unix(1'800'000'000));
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  static unsigned mode(const std::string& path) {
    struct stat facts {};
    return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777u : 0;
  }

  TemporaryFolder folder_;
  std::string store_ = folder_ / "a/b/store.db";
  std::string key_ = folder_ / "tracking.key";
  Settings settings_;
};

TEST_F(InitTest, MakesFolderStoreAndKey) {
  const Ran ran = run();
  EXPECT_EQ(ran.status, EX_OK) << ran.err;
  EXPECT_EQ(ran.out, (folder_ / "a/b") + ": made\n" + key_ + ": made\n" + store_ + ": made\n");
  EXPECT_EQ(mode(folder_ / "a/b"), 0700u);
  EXPECT_EQ(mode(key_), 0600u);
  EXPECT_GE(read(key_).size(), 43u) << "256 bits";
  EXPECT_TRUE(open_store(settings_.store_url, StoreAccess::existing));
}

TEST_F(InitTest, TwiceIsOnce) {
  ASSERT_EQ(run().status, EX_OK);
  const std::string key = read(key_);
  const Ran again = run();
  EXPECT_EQ(again.status, EX_OK);
  EXPECT_EQ(again.out, key_ + ": there already\n" + store_ + ": there already\n");
  EXPECT_EQ(read(key_), key);
}

TEST_F(InitTest, KeysDiffer) {
  ASSERT_EQ(run().status, EX_OK);
  const std::string key = read(key_);
  fs::remove(key_);
  ASSERT_EQ(run().status, EX_OK);
  EXPECT_NE(read(key_), key);
}

TEST_F(InitTest, NoKeyFileNoKey) {
  key_.clear();
  EXPECT_EQ(run().out, (folder_ / "a/b") + ": made\n" + store_ + ": made\n");
}

TEST_F(InitTest, DoesNotFollowALinkThatLeadsNowhere) {
  fs::create_symlink(folder_ / "elsewhere", key_);
  EXPECT_EQ(run().status, EX_OK);
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

TEST_F(InitTest, SaysWhyItCannot) {
  const std::string somebodys(2'000, 'x');
  std::ofstream(folder_ / "file") << somebodys;
  store_ = folder_ / "file/b/store.db";
  const Ran no_folder = run();
  EXPECT_EQ(no_folder.status, EX_CANTCREAT);
  EXPECT_THAT(no_folder.err, HasSubstr("Not a directory"));

  store_ = folder_ / "file";
  const Ran no_store = run();
  EXPECT_EQ(no_store.status, EX_TEMPFAIL);
  EXPECT_THAT(no_store.err, HasSubstr(store_));
  EXPECT_EQ(read(store_), somebodys) << "somebody else's file stays as it is";
}

TEST_F(InitTest, AnUnknownUserIsAMistakeInTheSettings) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  settings_.user = "no-such-user-here";
  EXPECT_EQ(run().status, EX_CONFIG);
  EXPECT_FALSE(fs::exists(folder_ / "a"));
}

}  // namespace
}  // namespace smtpapi::ctl
