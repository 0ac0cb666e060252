#include "event/smtp_answer.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

TEST(SmtpAnswerTest, ReadsTheCodesInFront) {
  const struct {
    const char* text;
    int reply;
    const char* status;
    bool is_for_good;
  } cases[] = {
      {"550 5.1.1 no such user", 550, "5.1.1", true},
      {"550-5.1.1 no such user", 550, "5.1.1", true},
      {"450 4.2.0 later", 450, "4.2.0", false},
      {"554 no", 554, "", true},
      {"554", 554, "", true},
      {"5.6.0 cannot be rendered", 0, "5.6.0", true},
      {"4.3.0 words", 0, "4.3.0", false},
      {"", 0, "", false},
      {"55", 0, "", false},
      {"5500 no", 0, "", false},
      {"650 no", 0, "", false},
      {"550: no", 0, "", false},
      {"550 5.1 no", 550, "", true},
      {"550 5.1.1.1 no", 550, "", true},
      {"550 3.1.1 no", 550, "", true},
      {"550 5.x.1 no", 550, "", true},
      {"550 5.1000.1 no", 550, "", true},
      {"connection lost", 0, "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const SmtpAnswer answer = read_answer(c.text);
    EXPECT_EQ(answer.reply_code, c.reply);
    EXPECT_EQ(answer.status_code, c.status);
    EXPECT_EQ(answer.is_for_good(), c.is_for_good);
  }
}

}  // namespace
}  // namespace smtpapi
