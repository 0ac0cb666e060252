#include "net/smtp_content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace smtpapi {
namespace {

std::string sent(std::span<const std::string_view> pieces) {
  SmtpContent content(pieces);
  std::vector<iovec> spans;
  std::string out;
  for (bool more = true; more;) {
    more = content.next(spans);
    for (const iovec& span : spans) out.append(static_cast<char*>(span.iov_base), span.iov_len);
  }
  return out;
}

std::string sent(std::vector<std::string_view> pieces) {
  return sent(std::span<const std::string_view>(pieces));
}

TEST(SmtpContent, MakesLineEndsThenStuffsDots) {
  const struct {
    const char* why;
    std::vector<std::string_view> pieces;
    const char* want;
  } cases[] = {
      {"nothing", {}, ".\r\n"},
      {"empty pieces", {"", "", ""}, ".\r\n"},
      {"nothing to do", {"a\r\nb\r\n"}, "a\r\nb\r\n.\r\n"},
      {"last line end added", {"a\r\nb"}, "a\r\nb\r\n.\r\n"},
      {"dot at the very start", {".a\r\n"}, "..a\r\n.\r\n"},
      {"dot at a line start", {"a\r\n.b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"dot inside a line", {"a.b\r\n"}, "a.b\r\n.\r\n"},
      {"lone dot", {".\r\n"}, "..\r\n.\r\n"},
      {"lone dot, line end missing", {"."}, "..\r\n.\r\n"},
      {"many dots", {"..\r\n...\r\n"}, "...\r\n....\r\n.\r\n"},
      {"dot begins a piece at a line start", {"a\r\n", ".b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"dot begins a piece inside a line", {"a", ".b\r\n"}, "a.b\r\n.\r\n"},
      {"empty piece before the dot", {"a\r\n", "", ".b"}, "a\r\n..b\r\n.\r\n"},
      {"line end across pieces", {"a\r", "\nb\r\n"}, "a\r\nb\r\n.\r\n"},
      {"line end across pieces, then a dot", {"a\r", "\n.b"}, "a\r\n..b\r\n.\r\n"},
      {"line end across pieces with an empty one between",
       {"a\r", "", "\n", ".b"},
       "a\r\n..b\r\n.\r\n"},
      {"line end across pieces, then the end", {"a\r", "\n"}, "a\r\n.\r\n"},
      {"bare LF", {"a\nb\n"}, "a\r\nb\r\n.\r\n"},
      {"bare CR", {"a\rb\r"}, "a\r\nb\r\n.\r\n"},
      {"bare LF then a dot: smuggling",
       {"a\n.\nMAIL FROM:<x@y>\n"},
       "a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n"},
      {"bare LF, dot, CRLF", {"a\n.\r\nb"}, "a\r\n..\r\nb\r\n.\r\n"},
      {"bare CR, dot, bare CR", {"a\r.\rb"}, "a\r\n..\r\nb\r\n.\r\n"},
      {"CR CR LF is two line ends", {"a\r\r\nb"}, "a\r\n\r\nb\r\n.\r\n"},
      {"LF CR is two line ends", {"a\n\rb"}, "a\r\n\r\nb\r\n.\r\n"},
      {"bare CR ends a piece, a dot begins the next", {"a\r", ".\r\n"}, "a\r\n..\r\n.\r\n"},
      {"bare CR ends a piece, a CR begins the next", {"a\r", "\r\n"}, "a\r\n\r\n.\r\n"},
      {"bare LF begins a piece", {"a", "\n", ".b"}, "a\r\n..b\r\n.\r\n"},
      {"only line ends", {"\r\n\r\n"}, "\r\n\r\n.\r\n"},
      {"only a CR", {"\r"}, "\r\n.\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(sent(c.pieces), c.want);
  }
}

TEST(SmtpContent, KeepsNul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(sent({"a\0b\r\n"sv}), "a\0b\r\n.\r\n"sv);
}

/// The same, one octet after the other.
std::string plain(std::string_view text) {
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      lines += "\r\n";
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else if (text[i] == '\n') {
      lines += "\r\n";
    } else {
      lines += text[i];
    }
  }
  if (!lines.empty() && lines.back() != '\n') lines += "\r\n";
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == '.' && (i == 0 || lines[i - 1] == '\n')) out += '.';
    out += lines[i];
  }
  return out + ".\r\n";
}

TEST(SmtpContent, AgreesWithThePlainDefinitionHoweverItIsCut) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 20'000; ++round) {
    std::string text(below(40), 'a');
    for (char& c : text) c = "a.\r\n"[below(4)];
    std::vector<std::string_view> pieces;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t size = below(rest.size() + 1);
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(sent(pieces), plain(text)) << testing::PrintToString(text);
  }
}

TEST(SmtpContent, StaysBoundedAndLinearWhenEveryOctetNeedsWork) {
  // Megabytes of bare line ends and dots: quadratic work would not come to an end here.
  for (const char* unit : {"\n", "\r", ".\n", "\r\n.", "a\n"}) {
    std::string text;
    while (text.size() < 4'000'000) text += unit;
    const std::string_view piece = text;
    SmtpContent content({&piece, 1});
    std::vector<iovec> spans;
    std::size_t most = 0;
    while (content.next(spans)) most = std::max(most, spans.size());
    EXPECT_LE(most, 512u);
  }
}

}  // namespace
}  // namespace smtpapi
