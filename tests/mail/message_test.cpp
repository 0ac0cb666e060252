#include "mail/message.h"

#include <gtest/gtest.h>

namespace smtpapi {
namespace {

using namespace std::string_view_literals;

/// What cut_header() found, written so that a whole case fits one line: "name=raw value;" for each
/// field, then "|", the body.
std::string show(std::string_view octets) {
  const HeaderBlock block = cut_header(octets);
  std::string out;
  std::size_t last = 0;
  for (const Field& f : block.fields) {
    EXPECT_GE(f.begin, last);
    EXPECT_LT(f.begin, f.name_end);
    EXPECT_LT(f.name_end, f.value);
    EXPECT_LE(f.value, f.end);
    last = f.end;
    out += octets.substr(f.begin, f.name_end - f.begin);
    out += '=';
    out += octets.substr(f.value, f.end - f.value);
    out += ';';
  }
  if (!block.fields.empty()) {
    EXPECT_EQ(last, block.fields_end);
  }
  EXPECT_LE(block.fields_end, block.body);
  out += '|';
  out += octets.substr(block.body);
  return out;
}

TEST(CutHeaderTest, FindsFieldsAndBody) {
  const struct {
    const char* why;
    std::string_view octets, want;
  } cases[] = {
      {"plain", "A: 1\r\nB: 2\r\n\r\nbody\r\n", "A= 1\r\n;B= 2\r\n;|body\r\n"},
      {"folded", "A: 1\r\n 2\r\n\t3\r\n\r\nx", "A= 1\r\n 2\r\n\t3\r\n;|x"},
      {"LF only", "A: 1\n 2\nB: 3\n\nx", "A= 1\n 2\n;B= 3\n;|x"},
      {"LF and CRLF mixed", "A: 1\r\n 2\nB: 3\r\n\nx\r\n", "A= 1\r\n 2\n;B= 3\r\n;|x\r\n"},
      {"no blank behind the colon", "A:1\r\n\r\n", "A=1\r\n;|"},
      {"empty value", "A:\r\nB:\r\n\r\nx", "A=\r\n;B=\r\n;|x"},
      {"RFC 5322 4.5.1: blanks before the colon", "A \t: 1\r\n\r\nx", "A= 1\r\n;|x"},
      {"any printable name", "!#$~: 1\r\n\r\n", "!#$~= 1\r\n;|"},
      {"NUL and 8-bit octets in values", "A: \0\xE9\x80\r\n\r\nx"sv, "A= \0\xE9\x80\r\n;|x"sv},
      {"a continuation of blanks only", "A: 1\r\n \t\r\nB: 2\r\n\r\n",
       "A= 1\r\n \t\r\n;B= 2\r\n;|"},
      {"CR inside a line is no line end", "A: 1\rB: 2\r\n\r\nx", "A= 1\rB: 2\r\n;|x"},
      {"only one empty line belongs to it", "A: 1\r\n\r\n\r\nx", "A= 1\r\n;|\r\nx"},
      {"no body, no empty line", "A: 1\r\n", "A= 1\r\n;|"},
      {"last line without its end", "A: 1\r\nB: 2", "A= 1\r\n;B= 2;|"},
      {"nothing behind the colon", "A:", "A=;|"},
      {"mbox envelope", "From a@b Mon Jan  1 10:00:00 2029\nA: 1\n\nx", "A= 1\n;|x"},
      {"mbox envelope twice, quoted", ">From x\r\nfrom y\r\nA: 1\r\n\r\nx", "A= 1\r\n;|x"},
      {"From with a blank is a field", "From : a@b\r\n\r\nx", "From= a@b\r\n;|x"},

      {"no message", "", "|"},
      {"empty header", "\r\nx", "|x"},
      {"empty header, LF", "\nA: 1\n", "|A: 1\n"},
      {"no header at all", "hello\r\nA: 1\r\n", "|hello\r\nA: 1\r\n"},
      {"body without empty line", "A: 1\r\nhello\r\nB: 2\r\n", "A= 1\r\n;|hello\r\nB: 2\r\n"},
      {"starts with a continuation", " x\r\nA: 1\r\n\r\n", "| x\r\nA: 1\r\n\r\n"},
      {"no name", "A: 1\r\n: 2\r\n\r\n", "A= 1\r\n;|: 2\r\n\r\n"},
      {"blank inside the name", "A: 1\r\nB C: 2\r\n", "A= 1\r\n;|B C: 2\r\n"},
      {"NUL in the name", "A: 1\r\nB\0: 2\r\n"sv, "A= 1\r\n;|B\0: 2\r\n"sv},
      {"8-bit name", "\xC3\xA9: 1\r\n\r\n", "|\xC3\xA9: 1\r\n\r\n"},
      {"DEL in the name", "A\x7F: 1\r\n", "|A\x7F: 1\r\n"},
      {"name without colon at the end", "A: 1\r\nB", "A= 1\r\n;|B"},
      {"name over a line end", "A\r\n: 1\r\n", "|A\r\n: 1\r\n"},
      {"a lone CR is no empty line", "A: 1\r\n\r", "A= 1\r\n;|\r"},
      {"mbox envelope below a field", "A: 1\r\nFrom x\r\nB: 2\r\n", "A= 1\r\n;|From x\r\nB: 2\r\n"},
      {"mbox envelope alone", "From x\r\n", "|"},
      {"only quote marks", ">>>", "|>>>"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(show(c.octets), c.want);
  }
}

TEST(CutHeaderTest, FieldsCanBeAddedBehindTheMailboxEnvelope) {
  EXPECT_EQ(cut_header("From x\r\n\r\nhello").fields_end, 8u);
}

TEST(CutHeaderTest, TakesManyFields) {
  std::string octets;
  for (int i = 0; i < 100'000; ++i) octets += "X-Field: value\r\n and more\r\n";
  const HeaderBlock block = cut_header(octets + "\r\nbody");
  EXPECT_EQ(block.fields.size(), 100'000u);
  EXPECT_EQ(block.fields_end, octets.size());
}

TEST(MessageTest, GivesNameValueAndBody) {
  const Message message("Subject: one\r\n two\r\nX-SMTPAPI :{}\r\nsubject: again\r\n\r\nbody\r\n");
  ASSERT_EQ(message.fields().size(), 3u);
  const Field* const subject = message.find("SUBJECT");
  ASSERT_EQ(subject, &message.fields()[0]) << "HDR-3: the topmost";
  EXPECT_EQ(message.value(*subject), " one\r\n two");
  ASSERT_NE(message.find("x-smtpapi"), nullptr) << "HDR-1: any case";
  EXPECT_EQ(message.name(*message.find("x-smtpapi")), "X-SMTPAPI");
  EXPECT_EQ(message.value(*message.find("x-smtpapi")), "{}");
  EXPECT_EQ(message.find("X-SMTP"), nullptr);
  EXPECT_EQ(message.body(), "body\r\n");
}

TEST(MessageTest, TakesAnyOctets) {
  EXPECT_EQ(Message("").body(), "");
  EXPECT_EQ(Message().find("A"), nullptr);
  EXPECT_EQ(Message("\r\n").body_begin(), 2u);
  EXPECT_EQ(Message("no header").body(), "no header");
}

TEST(MessageTest, EndsTheLastHeaderLine) {
  for (const char* const octets : {"A: 1\r\nB: 2", "A: 1\r\nB: 2\r", "A: 1\r\nB: 2\r\n"}) {
    const Message message(octets);
    EXPECT_EQ(message.octets(), "A: 1\r\nB: 2\r\n");
    EXPECT_EQ(message.fields_end(), message.octets().size());
    EXPECT_EQ(message.body_begin(), message.octets().size());
    EXPECT_EQ(message.value(message.fields()[1]), " 2");
  }
}

TEST(ToCrlfTest, EndsEveryLineWithCrlf) {
  const struct {
    const char* why;
    std::string_view text, want;
  } cases[] = {
      {"nothing", "", ""},
      {"no line end", "abc", "abc"},
      {"already", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
      {"bare LF", "a\n\nb\n", "a\r\n\r\nb\r\n"},
      {"bare CR", "a\rb\r", "a\r\nb\r\n"},
      {"CR before CRLF", "a\r\r\nb", "a\r\n\r\nb"},
      {"LF before CR", "a\n\rb", "a\r\n\r\nb"},
      {"LF at the very start", "\n", "\r\n"},
      {"mixed, NUL kept", "a\0\r\nb\nc\rd"sv, "a\0\r\nb\r\nc\r\nd"sv},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(to_crlf(std::string(c.text)), c.want);
  }
}

TEST(ToCrlfTest, MovesTextThatNeedsNothing) {
  std::string text(1000, 'x');
  text += "\r\n";
  const char* const place = text.data();
  EXPECT_EQ(to_crlf(std::move(text)).data(), place);
}

TEST(UnfoldTest, MakesOneSpaceOfAFold) {
  const struct {
    const char* why;
    std::string_view value, want;
  } cases[] = {
      {"HDR-5: CRLF and blanks", " {\"a\":\r\n   1}", "{\"a\": 1}"},
      {"HDR-5: tab fold", "a\r\n\tb", "a b"},
      {"HDR-5: LF of a milter", "a\n b", "a b"},
      {"HDR-5: CR", "a\r b", "a b"},
      {"blanks before the fold stay", "a \r\n b", "a  b"},
      {"line end without blank", "a\r\nb", "a b"},
      {"inner blanks stay", "a \t b", "a \t b"},
      {"ends trimmed", "\r\n a\t\r\n ", "a"},
      {"only blanks", " \r\n \t", ""},
      {"nothing", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(unfold(c.value), c.want);
  }
}

TEST(FoldTest, BreaksAtBlanks) {
  const std::string w30(30, 'w');
  const std::string w90(90, 'w');
  const struct {
    const char* why;
    std::string value;
    std::size_t indent;
    std::string want;
  } cases[] = {
      {"short", " hello world", 8, " hello world"},
      {"fills the line", w30 + " " + w30, 17, w30 + " " + w30},
      {"one column too many", w30 + " " + w30, 18, w30 + "\r\n " + w30},
      {"several lines", w30 + " " + w30 + " " + w30 + " " + w30 + " " + w30, 0,
       w30 + " " + w30 + "\r\n " + w30 + " " + w30 + "\r\n " + w30},
      {"long word", "a " + w90 + " b", 0, "a\r\n " + w90 + "\r\n b"},
      {"no blank", w90, 10, w90},
      {"never an empty first line", " " + w90, 10, " " + w90},
      {"never an empty last line", w90 + "  ", 10, w90 + "  "},
      {"run of blanks", w30 + "  " + w30 + " \t" + w30, 40, w30 + " \r\n " + w30 + " \t" + w30},
      {"nothing", "", 100, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const std::string folded = fold(c.value, c.indent);
    EXPECT_EQ(folded, c.want);
    const auto first = c.value.find_first_not_of(" \t");
    const auto last = c.value.find_last_not_of(" \t");
    const auto trimmed = first == std::string::npos ? "" : c.value.substr(first, last - first + 1);
    EXPECT_EQ(unfold(folded), trimmed) << "unchanged when unfolded";
  }
}

}  // namespace
}  // namespace smtpapi
