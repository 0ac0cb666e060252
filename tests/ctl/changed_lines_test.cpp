#include "milter/ctl/changed_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChangedLinesTest, ShowsWhatTheOriginalDidNotHave) {
  const ChangedLines changed(Message("Subject: x\r\n\r\nDear -name-,\r\nbye\r\n"));
  const auto lines =
      changed.of(Message("Subject: x\r\n\r\nDear Ann,\r\n  bye\r\n\r\nThe Shop\r\n"), 3);
  EXPECT_THAT(lines.lines, ElementsAre("Dear Ann,", "The Shop"));
  EXPECT_FALSE(lines.more);
  EXPECT_THAT(changed.of(Message("\r\nbye\r\n"), 3).lines, IsEmpty());
}

TEST(ChangedLinesTest, DecodesAndStopsAtTheLimit) {
  const std::string head = "Content-Type: text/plain; charset=utf-8\r\n";
  const ChangedLines changed(
      Message(head + "Content-Transfer-Encoding: quoted-printable\r\n\r\nZo=C3=AB\r\n"));
  const auto lines = changed.of(Message(head + "\r\nZo\xC3\xAB\r\n1\r\n2\r\n3\r\n"), 2);
  EXPECT_THAT(lines.lines, ElementsAre("1", "2")) << "another encoding is no change";
  EXPECT_TRUE(lines.more);
}

TEST(ChangedLinesTest, TheFirstBodyThatChangedIsEnough) {
  const auto message = [](const std::string& plain, const std::string& html) {
    return Message("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n" + plain +
                   "\r\n--b\r\nContent-Type: text/html\r\n\r\n" + html + "\r\n--b--\r\n");
  };
  const ChangedLines changed(message("a -x-", "<p>-x-</p>"));
  EXPECT_THAT(changed.of(message("a 1", "<p>1</p>"), 3).lines, ElementsAre("a 1"));
  EXPECT_THAT(changed.of(message("a -x-", "<p>1</p>"), 3).lines, ElementsAre("<p>1</p>"));
}

}  // namespace
}  // namespace smtpapi::ctl
