#include "mail/address.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "mail/encoded_word.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

const std::string long_local(300, 'a');

TEST(ParseMailboxTest, AcceptsWhatClientsWrite) {
  const struct {
    const char* why;
    std::string_view entry;
    std::string_view name;
    std::string_view address;
  } cases[] = {
      {"TO-1", "ann@example.org", "", "ann@example.org"},
      {"TO-1", "<ann@example.org>", "", "ann@example.org"},
      {"TO-1", "Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"},
      {"TO-1", "\"Lee, Ann\" <ann@example.org>", "Lee, Ann", "ann@example.org"},
      {"TO-10: white space around", " \t\r\nann@example.org\r\n", "", "ann@example.org"},
      {"TO-10: white space around", "  Ann   <  ann@example.org >  ", "Ann", "ann@example.org"},
      {"no blank before the angle", "Ann<ann@example.org>", "Ann", "ann@example.org"},
      {"no blank behind the quotes", "\"Ann\"<ann@example.org>", "Ann", "ann@example.org"},
      {"TO-9: unquoted comma", "Lee, Ann <ann@example.org>", "Lee, Ann", "ann@example.org"},
      {"TO-9: unquoted semicolon", "Lee; Ann; <ann@example.org>", "Lee; Ann;", "ann@example.org"},
      {"TO-9: specials of all kinds", "A. (x) [y]: \\z <ann@example.org>", "A. (x) [y]: \\z",
       "ann@example.org"},
      {"an address as the name", "ann@example.org <ann@example.org>", "ann@example.org",
       "ann@example.org"},
      {"the same in quotes", "\"ann@example.org\" <ann@example.org>", "ann@example.org",
       "ann@example.org"},
      {"addresses in a quoted name", "\"a@example.org, <b@example.org>\" <c@example.org>",
       "a@example.org, <b@example.org>", "c@example.org"},
      {"an angle in the name", "Ann <3 Bob <ann@example.org>", "Ann <3 Bob", "ann@example.org"},
      {"an arrow in the name", "Ann -> Bob <ann@example.org>", "Ann -> Bob", "ann@example.org"},
      {"an angle in a quoted name", "\"Ann <3\" <ann@example.org>", "Ann <3", "ann@example.org"},
      {"escapes in a quoted name", R"("Ann \"Annie\" \\ Lee" <ann@example.org>)",
       R"(Ann "Annie" \ Lee)", "ann@example.org"},
      {"a quoted string among words", "Dr. \"Lee, Ann\" PhD <ann@example.org>", "Dr. Lee, Ann PhD",
       "ann@example.org"},
      {"an empty quoted name", "\"\" <ann@example.org>", "", "ann@example.org"},
      {"a quote that is never closed", "Ann \"Annie <ann@example.org>", "Ann \"Annie",
       "ann@example.org"},
      {"a quote inside a word", "6\" nails, 8\" too <ann@example.org>", "6\" nails, 8\" too",
       "ann@example.org"},
      {"a quoted string ended by an escape", "\"Ann\\\" <ann@example.org>", "\"Ann\\\"",
       "ann@example.org"},
      {"single quotes are text", "'Ann' <ann@example.org>", "'Ann'", "ann@example.org"},
      {"UTF-8", "Änn Lée <ann@example.org>", "Änn Lée", "ann@example.org"},
      {"TO-5: encoded words stand", "=?utf-8?Q?=C3=84nn,_L?= <ann@example.org>",
       "=?utf-8?Q?=C3=84nn,_L?=", "ann@example.org"},
      {"RFC 5322 comment behind the address", "ann@example.org (Ann (the) Lee)", "Ann (the) Lee",
       "ann@example.org"},
      {"RFC 5322 comment, escapes", "ann@example.org(Ann \\) Lee)", "Ann ) Lee", "ann@example.org"},
      {"an empty comment", "ann@example.org ()", "", "ann@example.org"},
      {"all of atext and dots", "a.!#$%&'*+-/=?^_`{|}~9@example.org", "",
       "a.!#$%&'*+-/=?^_`{|}~9@example.org"},
      {"dots as DoCoMo gave them out", ".ann..lee.@example.org", "", ".ann..lee.@example.org"},
      {"local part beyond 64",
       "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggg"
       "@example.org",
       "", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggg@example.org"},
      {"quoted local part", "\"ann@home\"@example.org", "", "\"ann@home\"@example.org"},
      {"quoted local part with an escape", R"("a\"b"@example.org)", "", R"("a\"b"@example.org)"},
      {"quoted local part with an angle", "Ann <\"a<b>\"@example.org>", "Ann",
       "\"a<b>\"@example.org"},
      {"quoted local part and comment", "\"a(b\"@example.org (Ann)", "Ann", "\"a(b\"@example.org"},
      {"one label", "root@localhost", "", "root@localhost"},
      {"upper case stays", "Ann@Example.ORG", "", "Ann@Example.ORG"},
      {"underscore in the domain", "ann@my_host.example.org", "", "ann@my_host.example.org"},
      {"labels of digits", "ann@163.example", "", "ann@163.example"},
      {"final dot goes", "ann@example.org.", "", "ann@example.org"},
      {"IPv4 literal", "ann@[192.0.2.1]", "", "ann@[192.0.2.1]"},
      {"IPv6 literal", "Ann <ann@[IPv6:2001:db8::1]>", "Ann", "ann@[IPv6:2001:db8::1]"},
      {"TO-10: A-labels", "ann@bücher.example", "", "ann@xn--bcher-kva.example"},
      {"TO-10: lower case first", "ann@BÜCHER.Example", "", "ann@xn--bcher-kva.example"},
      {"TO-10: not transitional", "ann@straße.example", "", "ann@xn--strae-oqa.example"},
      {"TO-10: NFC first", "ann@bu\u0308cher.example", "", "ann@xn--bcher-kva.example"},
      {"TO-10: ideographic dot", "ann@例え。テスト", "", "ann@xn--r8jz45g.xn--zckzah"},
      {"A-labels as given", "ann@xn--bcher-kva.example", "", "ann@xn--bcher-kva.example"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.entry);
    SCOPED_TRACE(c.why);
    const auto mailbox = parse_mailbox(c.entry);
    ASSERT_TRUE(mailbox) << mailbox.error().text;
    EXPECT_EQ(mailbox->name, c.name);
    EXPECT_EQ(mailbox->address, c.address);
  }
}

TEST(ParseMailboxTest, RefusesWhatIsNotOneAddress) {
  const struct {
    const char* why;
    std::string entry;
    const char* says;
  } cases[] = {
      {"TO-8: no @", "ann", "no @"},
      {"TO-8: no @", "Ann <ann>", "no @"},
      {"TO-8: no @", "Ann Lee", "no @"},
      {"TO-8: no @", "undisclosed-recipients:;", "no @"},
      {"TO-8: no @ outside the quotes", "\"ann@example.org\"", "no @"},
      {"nothing", "", "empty address"},
      {"white space", " \t\r\n", "empty address"},
      {"nothing between the angles", "<>", "empty address"},
      {"nothing between the angles", "Ann < >", "empty address"},
      {"TO-8: white space", "ann @example.org", "white space"},
      {"TO-8: white space", "ann@ example.org", "white space"},
      {"HDR-6: a fold in the middle", "ann@exam ple.org", "white space"},
      {"HDR-6: a fold in the middle", "Ann <ann@exam ple.org>", "white space"},
      {"a name without angles", "Ann ann@example.org", "white space"},
      {"TO-8 also between quotes", "\"a b\"@example.org", "white space"},
      {"TO-8: empty local part", "@example.org", "empty local part"},
      {"TO-8: empty local part", "\"\"@example.org", "empty local part"},
      {"TO-8: empty domain", "ann@", "empty domain"},
      {"TO-8: empty domain", "Ann <ann@>", "empty domain"},
      {"only a dot", "ann@.", "empty domain"},
      {"TO-8: control characters", "ann@example.org\r\nBcc: bob@example.org", "control"},
      {"TO-8: control characters", "Ann\r\nBcc: bob@example.org <ann@example.org>", "control"},
      {"TO-8: control characters", "Ann\nLee <ann@example.org>", "control"},
      {"TO-8: control characters", "Ann\tLee <ann@example.org>", "control"},
      {"TO-8: control characters", "<ann@example.org\r\n>", "control"},
      {"TO-8: control characters", std::string("ann\0@example.org", 16), "control"},
      {"TO-8: control characters", "ann\x7F@example.org", "control"},
      {"TO-8: control characters", "\"a\nb\"@example.org", "control"},
      {"TO-8: control characters", "Ann\xC2\x85Lee <ann@example.org>", "control"},
      {"TO-8: more than 320", long_local + "@example-example-example.org", "320"},
      {"TO-8: more than one", "a@example.org, b@example.org", "more than one"},
      {"TO-8: more than one", "a@example.org,b@example.org", "more than one"},
      {"TO-8: more than one", "a@example.org; b@example.org", "more than one"},
      {"TO-8: more than one", "a@example.org b@example.org", "more than one"},
      {"TO-8: more than one", "<a@example.org> <b@example.org>", "more than one"},
      {"TO-8: more than one", "<a@example.org>, <b@example.org>", "more than one"},
      {"TO-8: more than one", "<a@example.org><b@example.org>", "more than one"},
      {"TO-8: more than one", "Ann <a@example.org>, Bob <b@example.org>", "more than one"},
      {"TO-8: more than one", "a@example.org, Bob <b@example.org>", "more than one"},
      {"TO-8: more than one", "Lee; a@example.org; Bob <b@example.org>", "more than one"},
      {"TO-8: more than one", "a@example.org (Ann) b@example.org (Bob)", "parentheses"},
      {"two @", "a@b@example.org", "more than one"},
      {"two @", "Ann <a@b@example.org>", "more than one"},
      {"two @", "@a.example:ann@example.org", "more than one"},
      {"angle not closed", "Ann <ann@example.org", "white space"},
      {"angle not closed", "<ann@example.org", "not allowed in a local part"},
      {"angle not opened", "ann@example.org>", "without <"},
      {"double angles", "<<ann@example.org>>", "not allowed in a domain"},
      {"text behind the angles", "<ann@example.org> Ann", "white space"},
      {"comment not closed", "ann@example.org (Ann", "white space"},
      {"comment not opened", "ann@example.org Ann)", "parentheses"},
      {"comment closed early", "ann@example.org (a) b)", "parentheses"},
      {"comment alone", "(ann@example.org)", "empty address"},
      {"comment in front", "(Ann) ann@example.org", "white space"},
      {"a URL", "mailto:ann@example.org", "not allowed in a local part"},
      {"specials", "an,n@example.org", "not allowed in a local part"},
      {"specials", "an\"n@example.org", "not allowed in a local part"},
      {"backslash", "an\\n@example.org", "not allowed in a local part"},
      {"final comma", "ann@example.org,", "not allowed in a domain"},
      {"quoted part not closed", "\"ann@example.org", "without its end"},
      {"quoted part not closed", R"("ann\"@example.org)", "without its end"},
      {"text behind the quoted part", "\"ann\"lee@example.org", "between the quoted local part"},
      {"empty label", "ann@example..org", "empty label"},
      {"empty label", "ann@.example.org", "empty label"},
      {"empty label", "ann@example.org..", "empty label"},
      {"label over 63", "ann@" + std::string(64, 'a') + ".org", "63"},
      {"domain over 255",
       "a@" + std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' +
           std::string(63, 'd') + ".org",
       "255"},
      {"hyphen at the end of a label", "ann@example-.org", "hyphen"},
      {"hyphen at the start of a label", "ann@-example.org", "hyphen"},
      {"slash", "ann@exam/ple.org", "not allowed in a domain"},
      {"colon", "ann@example.org:25", "not allowed in a domain"},
      {"percent", "ann@example%2eorg", "not allowed in a domain"},
      {"IP address without brackets", "ann@192.0.2.1", "ends in a number"},
      {"literal not closed", "ann@[192.0.2.1", "without its ]"},
      {"literal closed early", "ann@[192.0.2.1].org", "without its ]"},
      {"no address", "ann@[example.org]", "no IP address"},
      {"no address", "ann@[]", "no IP address"},
      {"no address", "ann@[", "without its ]"},
      {"four numbers", "ann@[192.0.2]", "no IP address"},
      {"tag missing", "ann@[2001:db8::1]", "no IP address"},
      {"tag of another kind", "ann@[IPv6:192.0.2.1]", "no IP address"},
      {"TO-10: local part not ASCII", "änn@example.org", "SMTPUTF8"},
      {"TO-10: the same in quotes", "\"änn\"@example.org", "SMTPUTF8"},
      {"IDNA forbids it", "ann@☃.example", "international domain"},
      {"maps to a slash", "ann@ex\u2100mple.org", "domain"},
      {"maps to an @", "ann@ex\uFE6Bmple.org", "domain"},
      {"maps to nothing", "ann@\u00AD", "domain"},
      {"no-break space at the end", "ann@example.org\u00A0", "white space"},
      {"a label too long as A-label", "ann@" + std::string(60, 'a') + "ü.org", "domain"},
      {"not UTF-8", "\xC4nn <ann@example.org>", "not UTF-8"},
      {"not UTF-8",
       "ann@b\xFC"
       "cher.example",
       "not UTF-8"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.entry));
    SCOPED_TRACE(c.why);
    const auto mailbox = parse_mailbox(c.entry);
    ASSERT_FALSE(mailbox) << mailbox->address;
    EXPECT_EQ(mailbox.error().fault, Fault::invalid);
    EXPECT_NE(mailbox.error().text.find(c.says), std::string::npos) << mailbox.error().text;
  }
}

TEST(ParseMailboxTest, TakesANonAsciiLocalPartWhereTheNextHopDoes) {
  const auto mailbox = parse_mailbox("Änn <änn@bücher.example>", true);
  ASSERT_TRUE(mailbox) << "TO-10";
  EXPECT_EQ(mailbox->address, "änn@xn--bcher-kva.example");
  for (const char* bad : {"ä\u00A0n@example.org", "ä\u3000n@example.org", "ä n@example.org",
                          "ä\u2028n@example.org", "ä\u0085n@example.org", "ä\xFF@example.org"})
    EXPECT_FALSE(parse_mailbox(bad, true)) << bad;
}

TEST(ParseMailboxTest, CountsTo320) {
  const std::string domain = "@example-example.org";
  EXPECT_TRUE(parse_mailbox(long_local + domain));
  EXPECT_FALSE(parse_mailbox(long_local + "a" + domain));
  const std::string name(5000, 'n');
  EXPECT_TRUE(parse_mailbox(name + " <" + long_local + domain + ">")) << "the name does not count";
}

TEST(ParseMailboxTest, OddLongEntriesAreLinear) {
  for (const std::string_view piece : {"\"", "<", ">", "(", "\\", " \"", "a@b.org,", "\" <"}) {
    std::string entry;
    while (entry.size() < 400'000) entry += piece;
    (void)parse_mailbox(entry + "<ann@example.org>");
    (void)parse_mailbox("ann@example.org (" + entry + ")");
  }
}

TEST(ParseAddressTest, TakesAnAddressAlone) {
  EXPECT_EQ(*parse_address("ann@example.org"), "ann@example.org");
  EXPECT_EQ(*parse_address(" ann@bücher.example\n"), "ann@xn--bcher-kva.example");
  EXPECT_TRUE(parse_address("änn@example.org", true));
  for (const char* bad :
       {"", "<>", "<ann@example.org>", "Ann <ann@example.org>", "ann@example.org (Ann)",
        "änn@example.org", "a@example.org,b@example.org"})
    EXPECT_FALSE(parse_address(bad)) << bad;
}

TEST(FormatMailboxTest, WritesATo) {
  const struct {
    const char* why;
    const char* name;
    const char* want;
  } cases[] = {
      {"no name", "", "ann@example.org"},
      {"TO-5: atoms", "Ann Lee", "Ann Lee <ann@example.org>"},
      {"TO-5: quoted where needed", "Lee, Ann", "\"Lee, Ann\" <ann@example.org>"},
      {"TO-5: RFC 2047", "Ännä", "=?UTF-8?B?w4RubsOk?= <ann@example.org>"},
      {"TO-5: encoded words stand",
       "=?iso-8859-1?Q?Ann=E9?=", "=?iso-8859-1?Q?Ann=E9?= <ann@example.org>"},
      {"never a new field", "Ann\r\nBcc: bob@example.org",
       "\"Ann Bcc: bob@example.org\" <ann@example.org>"},
      {"nothing but a line break", "\r\n", "ann@example.org"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(format_mailbox({c.name, "ann@example.org"}), c.want);
  }
  EXPECT_EQ(format_mailbox({"Ann", "a\r\n@example.org"}), "Ann <a@example.org>");
}

TEST(FormatMailboxTest, FoldsBeforeAnAddressThatDoesNotFit) {
  const std::string address = " <ann@example.org>";
  const auto formatted = [](const std::string& name) {
    return format_mailbox({name, "ann@example.org"});
  };
  const std::string name(78 - 4 - address.size(), 'a');
  EXPECT_EQ(formatted(name), name + address) << "78 columns";
  EXPECT_EQ(formatted(name + 'a'), name + "a\r\n" + address);
  const std::string word = "=?utf-8?Q?" + std::string(76 - 4 - address.size() - 12, 'a') + "?=";
  EXPECT_EQ(formatted(word), word + address) << "76 columns beside an encoded word";
  EXPECT_EQ(formatted("x " + word), "x " + word + "\r\n" + address);
}

TEST(FormatMailboxTest, FoldsLongNames) {
  std::string name = "Lee,";
  for (int i = 0; i < 30; ++i) name += " Ännchen" + std::to_string(i);
  const std::string value = format_mailbox({name, "ann@example.org"});
  std::size_t column = 4;
  for (const std::string_view line : split(value, '\n')) {
    EXPECT_LE(column + line.size(), 77u) << line;  // 76 and the CR
    column = 0;
  }
  EXPECT_EQ(decode_encoded_words(unfold(value)), name + " <ann@example.org>");
}

TEST(FormatMailboxTest, IsReadAsTheSameMailbox) {
  for (const char* name :
       {"", "Ann", "Ann Lee", "Lee, Ann", "A. \"B\" \\C\\", "Ann <3", "a@example.org, b", "(Ann)",
        "Ann  Lee", "'Ann'", "=?utf-8?Q?Ann=C3=A9?= Lee, X", "\"", "\\", "ann;", "[x]:"}) {
    SCOPED_TRACE(name);
    const auto mailbox = parse_mailbox(unfold(format_mailbox({name, "\"a<b\"@example.org"})));
    ASSERT_TRUE(mailbox) << mailbox.error().text;
    EXPECT_EQ(mailbox->name, name);
    EXPECT_EQ(mailbox->address, "\"a<b\"@example.org");
  }
}

}  // namespace
}  // namespace smtpapi
