#include "net/smtp_commands.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

SmtpFeatures all_features() {
  const std::vector<std::string> lines = {
      "mx.example.org", "PIPELINING", "SIZE 10240000",           "8bitmime",
      "SMTPUTF8",       "DSN",        "XFORWARD NAME ADDR IDENT"};
  return parse_features(lines);
}

TEST(SmtpFeatures, AreReadFromEhlo) {
  const SmtpFeatures all = all_features();
  EXPECT_TRUE(all.pipelining && all.size && all.eight_bit_mime && all.smtputf8 && all.dsn);
  EXPECT_TRUE(all.xforward_ident && all.xforward_name && all.xforward_addr);

  const std::vector<std::string> odd = {"PIPELINING greets you", "",
                                        "X-PIPELINING",          "SIZEABLE",
                                        "XFORWARD NAME",         "ENHANCEDSTATUSCODES"};
  const SmtpFeatures few = parse_features(odd);
  EXPECT_FALSE(few.pipelining) << "the first line is a greeting";
  EXPECT_FALSE(few.size);
  EXPECT_TRUE(few.xforward_name);
  EXPECT_FALSE(few.xforward_addr || few.xforward_ident);
  EXPECT_FALSE(parse_features({}).pipelining);
}

TEST(SmtpCommands, SayOnlyWhatWasOffered) {
  Parcel parcel;
  parcel.reverse_path = "app@example.org";
  parcel.recipient = "ann@example.org";
  parcel.mail_parameters = "RET=HDRS ENVID=abc";
  parcel.rcpt_parameters = "NOTIFY=NEVER ORCPT=rfc822;a@b";
  parcel.eight_bit = true;
  parcel.smtputf8 = true;

  std::string said;
  append_mail(said, parcel, all_features(), 1234);
  append_rcpt(said, parcel, all_features());
  EXPECT_EQ(said,
            "MAIL FROM:<app@example.org> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=abc\r\n"
            "RCPT TO:<ann@example.org> NOTIFY=NEVER ORCPT=rfc822;a@b\r\n");
  said.clear();
  append_mail(said, parcel, {}, 1234);
  append_rcpt(said, parcel, {});
  EXPECT_EQ(said, "MAIL FROM:<app@example.org>\r\nRCPT TO:<ann@example.org>\r\n");
}

TEST(SmtpCommands, LeaveOutParametersThatAreNotDsn) {
  const struct {
    const char* why;
    std::string_view parameters;
    const char* want;
  } cases[] = {
      {"none", "", "MAIL FROM:<>\r\n"},
      {"unknown ones", "AUTH=<> BODY=BINARYMIME SIZE=1 XVERP=+=", "MAIL FROM:<>\r\n"},
      {"no value", "RET= ENVID", "MAIL FROM:<>\r\n"},
      {"lower case", "ret=full", "MAIL FROM:<> ret=full\r\n"},
      {"a line break ends a word, and what follows is no parameter", "RET=FULL\r\nRCPT TO:<x@y>",
       "MAIL FROM:<> RET=FULL\r\n"},
      {"control characters", "ENVID=a\001b", "MAIL FROM:<>\r\n"},
      {"RCPT's", "NOTIFY=NEVER", "MAIL FROM:<>\r\n"},
  };
  SmtpFeatures features;
  features.dsn = true;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Parcel parcel;
    parcel.mail_parameters = c.parameters;
    std::string said;
    append_mail(said, parcel, features, 0);
    EXPECT_EQ(said, c.want);
  }
}

TEST(SmtpCommands, RefuseAddressesThatWouldSaySomethingElse) {
  const struct {
    const char* why;
    std::string_view address;
    bool fits;
  } cases[] = {
      {"plain", "ann@example.org", true},
      {"extension", "ann+tag@example.org", true},
      {"quoted blank", "\"ann lee\"@example.org", true},
      {"quoted bracket", "\"a>b\"@example.org", true},
      {"escaped quote", "\"a\\\"b\"@example.org", true},
      {"UTF-8", "\xC3\xA4nn@example.org", true},
      {"line break", "ann@example.org\r\nRCPT TO:<bob@example.org>", false},
      {"CR", "ann\r@example.org", false},
      {"LF", "ann\n@example.org", false},
      {"quoted LF", "\"ann\n\"@example.org", false},
      {"escaped LF", "\"ann\\\n\"@example.org", false},
      {"NUL", std::string_view("ann\0@example.org", 16), false},
      {"DEL", "ann\x7F@example.org", false},
      {"tab", "ann\t@example.org", false},
      {"blank", "ann@example.org NOTIFY=NEVER", false},
      {"closing bracket", "ann@example.org> NOTIFY=NEVER", false},
      {"opening bracket", "<ann@example.org", false},
      {"bracket behind an escaped quote", "\"a\\\"\">@example.org", false},
      {"open quote", "\"ann@example.org", false},
      {"open quote by an escape", "\"ann\\\"@example.org", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Parcel to;
    to.recipient = c.address;
    Parcel from;
    from.recipient = "x@y";
    from.reverse_path = c.address;
    for (const Parcel& parcel : {to, from}) {
      const Status status = check_addresses(parcel);
      EXPECT_EQ(bool(status), c.fits);
      EXPECT_TRUE(status || status.error().fault == Fault::invalid);
    }
  }
  EXPECT_FALSE(check_addresses(Parcel())) << "no recipient";
}

TEST(SmtpCommands, ForwardWhoTheClientWas) {
  const struct {
    const char* why;
    std::string_view id, name, address;
    const char* want;
  } cases[] = {
      {"all", "4XyZ12", "client.example.org", "192.0.2.1",
       "XFORWARD IDENT=4XyZ12 NAME=client.example.org ADDR=192.0.2.1\r\n"},
      {"IPv6", "", "", "2001:db8::1", "XFORWARD ADDR=IPv6:2001:db8::1\r\n"},
      {"IPv6 with its prefix", "", "", "IPv6:2001:db8::1", "XFORWARD ADDR=IPv6:2001:db8::1\r\n"},
      {"nothing known", "", "", "", ""},
      {"injection", "a b\r\nQUIT", "x=y+z", "",
       "XFORWARD IDENT=a+20b+0D+0AQUIT NAME=x+3Dy+2Bz\r\n"},
      {"8-bit", "", "\xC3\xA4", "", "XFORWARD NAME=+C3+A4\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Parcel parcel;
    parcel.orig_queue_id = c.id;
    parcel.client_name = c.name;
    parcel.client_address = c.address;
    std::string said;
    const std::size_t commands = append_xforward(said, parcel, all_features());
    EXPECT_EQ(commands, said.empty() ? 0u : 1u);
    EXPECT_EQ(said, c.want);
    std::string unsaid;
    EXPECT_EQ(append_xforward(unsaid, parcel, {}), 0u) << "not offered";
    EXPECT_EQ(unsaid, "");
  }
}

TEST(SmtpCommands, KeepWithinTheLimitsOfXforward) {
  const std::string name(300, 'n');
  Parcel parcel;
  parcel.orig_queue_id = parcel.client_name = parcel.client_address = name;
  std::string said;
  EXPECT_EQ(append_xforward(said, parcel, all_features()), 3u) << "512 octets do not hold two";
  const std::string value = name.substr(0, 255) + "\r\n";
  EXPECT_EQ(said, "XFORWARD IDENT=" + value + "XFORWARD NAME=" + value + "XFORWARD ADDR=" + value);

  EXPECT_EQ(to_xtext("++++", 10), "+2B+2B+2B") << "no half code at the limit";
  EXPECT_EQ(to_xtext("a++", 4), "a+2B");
  EXPECT_EQ(to_xtext("", 0), "");
}

}  // namespace
}  // namespace smtpapi
