// Base64, quoted-printable and charsets: any octets are input, output limits hold, and what is
// written is read back.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/codec.h"
#include "tests/fuzz/property.h"

namespace smtpapi {
namespace {

void check_base64(std::string_view octets) {
  require(decode_base64(octets).size() <= octets.size() / 4 * 3 + 2, "base64 shrinks");
  require(decode_base64(encode_base64(octets)) == octets, "base64 is read back");
  std::string lines;
  append_base64_lines(lines, octets);
  require(decode_base64(lines) == octets, "base64 lines are read back");
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    require(end != std::string_view::npos && end > 0 && end <= 76, "base64 lines of 1 to 76");
    rest.remove_prefix(end + 2);
  }
}

void check_quoted_printable(std::string_view text) {
  require(decode_quoted_printable(text).size() <= text.size(), "quoted-printable shrinks");
  std::string whole;
  append_quoted_printable(whole, text);
  require(decode_quoted_printable(whole) == text, "quoted-printable is read back");
  require(is_ascii(whole), "quoted-printable is ASCII");

  std::string apart;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    const std::size_t size = end == std::string_view::npos ? rest.size() : end + 2;
    append_quoted_printable(apart, rest.substr(0, size));
    rest.remove_prefix(size);
  }
  require(apart == whole, "lines encoded apart give the same");

  for (const std::string_view line : split(whole, '\n')) {
    const bool ended = line.data() + line.size() != whole.data() + whole.size();
    require(!ended || line.ends_with('\r'), "no bare LF");
    const std::string_view content = line.substr(0, line.size() - (ended ? 1 : 0));
    require(content.size() <= 76, "at most 76 columns");
    require(content.find('\r') == std::string_view::npos, "no bare CR");
    require(content.empty() || !is_blank(content.back()), "no blank at a line end");
  }
}

void check_charset(std::string_view octets, std::string_view charset) {
  const auto text = to_utf8(octets, charset);
  require(text && is_utf8(*text), "a known charset always gives UTF-8");
  require(text->size() <= 4 * octets.size() + 4, "conversion is bounded");
  if (const auto back = from_utf8(*text, charset))
    require(to_utf8(*back, charset) == text, "what has a place in a charset is read back");
  if (const auto written = from_utf8(octets, charset)) {
    require(to_utf8(*written, charset) == octets, "no character is lost silently");
    require(is_valid_in(*written, charset), "what was written is valid");
  }
}

}  // namespace
}  // namespace smtpapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  constexpr auto charsets = std::to_array<std::string_view>(
      {"utf-8", "us-ascii", "iso-8859-1", "windows-1255", "windows-1258", "gb2312", "gb18030",
       "big5", "big5-hkscs", "euc-jp", "iso-2022-jp", "shift_jis", "iso-2022-kr", "euc-kr",
       "utf-16le", "utf-16", "utf-7", "euc-tw", "viscii"});
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_base64(input);
  check_quoted_printable(input);
  check_charset(input, charsets[data[0] % charsets.size()]);
  require(!known_charset(input) || input.size() < 20, "long names are unknown");
  return 0;
}
