#include "job/received.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace smtpapi {
namespace {

std::string received(const Submission& submission) {
  const ReceivedField field = make_received(submission, "mx.example.org");
  return field.before_index + "3" + field.behind_index;
}

Submission from(Client client) {
  Submission out;
  out.id = "SUB";
  out.queue_id = "4XyZ12";
  out.received = from_unix(1762228020);
  out.client = std::move(client);
  return out;
}

TEST(ReceivedField, TellsWhatTheMtaWouldHaveWritten) {
  const struct {
    const char* why;
    Client client;
    const char* want;
  } cases[] = {
      {"RFC 5321 4.4",
       {"client.example.org", "192.0.2.1", "app.example.org", "", "", "ESMTP"},
       " from app.example.org (client.example.org [192.0.2.1])\r\n\tby mx.example.org "
       "(smtpapi-milter) with ESMTP id SUB.3"},
      {"a login (RFC 3848)",
       {"client", "192.0.2.1", "app", "ann", "", "ESMTP"},
       " from app (client [192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTPA id "
       "SUB.3"},
      {"a login over TLS",
       {"client", "192.0.2.1", "app", "ann", "", "ESMTPS"},
       " from app (client [192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTPSA id "
       "SUB.3"},
      {"the MTA said so already",
       {"client", "192.0.2.1", "app", "ann", "", "ESMTPA"},
       " from app (client [192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTPA id "
       "SUB.3"},
      {"plain SMTP knows no login",
       {"client", "192.0.2.1", "app", "ann", "", "SMTP"},
       " from app (client [192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with SMTP id SUB.3"},
      {"IPv6",
       {"client", "2001:db8::1", "app", "", "", ""},
       " from app (client [IPv6:2001:db8::1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP "
       "id SUB.3"},
      {"IPv6 with its prefix, HELO an address literal",
       {"", "IPv6:::1", "[IPv6:::1]", "", "", "ESMTP"},
       " from [IPv6:::1] ([IPv6:::1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP id SUB.3"},
      {"no name by DNS: the MTA shows the address",
       {"[192.0.2.1]", "192.0.2.1", "app", "", "", "ESMTP"},
       " from app ([192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP id SUB.3"},
      {"no HELO",
       {"client", "192.0.2.1", "", "", "", "ESMTP"},
       " from client (client [192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP id "
       "SUB.3"},
      {"only an address",
       {"", "192.0.2.1", "", "", "", "ESMTP"},
       " from [192.0.2.1] ([192.0.2.1])\r\n\tby mx.example.org (smtpapi-milter) with ESMTP id "
       "SUB.3"},
      {"only HELO",
       {"", "", "app", "", "", "ESMTP"},
       " from app\r\n\tby mx.example.org (smtpapi-milter) with ESMTP id SUB.3"},
      {"nothing", {}, " by mx.example.org (smtpapi-milter) with ESMTP id SUB.3"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(received(from(c.client)), "Received:" + std::string(c.want) +
                                            "\r\n\t(queue 4XyZ12);\r\n\tTue, 4 Nov 2025 03:47:00 "
                                            "+0000\r\n");
  }
}

TEST(ReceivedField, KnowsUtf8SmtpAndMissingQueueIds) {
  Submission submission = from({"", "", "app", "ann", "", "ESMTPS"});
  submission.smtputf8 = true;
  submission.queue_id = "";
  EXPECT_EQ(received(submission),
            "Received: from app\r\n\tby mx.example.org (smtpapi-milter) with UTF8SMTPSA id SUB.3;"
            "\r\n\tTue, 4 Nov 2025 03:47:00 +0000\r\n");
}

TEST(ReceivedField, NothingAClientSaysGetsOutOfItsPlace) {
  const std::string hostile[] = {
      "a\r\nBcc: victim@example.org",
      "a\n\n",
      std::string("a\0b", 3),
      "a) by evil (b",
      "a; date",
      "\"quoted\"",
      "a\\",
      "<x@y>",
      "caf\xC3\xA9",
      "\xFF",
      std::string(5'000, 'a'),
      "a (comment",
  };
  for (const std::string& text : hostile) {
    SCOPED_TRACE(text);
    Submission submission = from({text, text, text, text, text, text});
    submission.queue_id = text;
    const std::string field = received(submission);
    EXPECT_TRUE(is_ascii(field));
    for (const char c : std::string_view("\0\"\\<>", 5)) EXPECT_EQ(field.find(c), field.npos);
    const auto lines = split(field, '\n');
    ASSERT_EQ(lines.size(), 5u) << field;
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_LE(lines[i].size(), 998u);
      EXPECT_EQ(lines[i].back(), '\r');
      EXPECT_EQ(i == 0, lines[i].front() != '\t');
    }
    EXPECT_EQ(std::count(field.begin(), field.end(), '('), 3);
    EXPECT_EQ(std::count(field.begin(), field.end(), ')'), 3);
    EXPECT_EQ(std::count(field.begin(), field.end(), ';'), 1);
  }
}

}  // namespace
}  // namespace smtpapi
