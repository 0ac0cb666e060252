#include "milter/ctl/findings.h"

#include <gtest/gtest.h>

namespace smtpapi::ctl {
namespace {

TEST(FindingsTest, ShellWordsAreOneWord) {
  EXPECT_EQ(shell_word("postconf-e"), "postconf-e");
  EXPECT_EQ(shell_word("127.0.0.1:10026/inet/a=b"), "127.0.0.1:10026/inet/a=b");
  EXPECT_EQ(shell_word("a = b"), "'a = b'");
  EXPECT_EQ(shell_word("it's ${x}"), "'it'\\''s ${x}'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("~root"), "'~root'");
}

}  // namespace
}  // namespace smtpapi::ctl
