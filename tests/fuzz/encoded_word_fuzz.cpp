// RFC 2047: decoding takes anything; what is written never starts a new field, keeps its limits and
// is read back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"
#include "mail/message.h"
#include "mail/word_scanner.h"
#include "tests/fuzz/property.h"

namespace smtpapi {
namespace {

void check_value(std::string_view value) {
  require(is_ascii(value), "a field value is ASCII");
  std::size_t line = 0;
  for (std::size_t i = 0; i < value.size(); ++i, ++line) {
    const char c = value[i];
    require(c == '\r' || c == '\n' || (c >= ' ' && c != '\x7F'), "no control characters");
    if (c == '\r') {
      const std::string_view fold = value.substr(i, 3);
      require(fold == "\r\n ", "every line break is a fold");
      const std::size_t word = value.find_first_not_of(' ', i + 2);
      require(word != std::string_view::npos && value[word] != '\r', "no line is blank");
      line = 0;
      ++i;
    } else {
      require(c != '\n', "no bare LF");
    }
    require(line <= 998, "SMTP can carry every line");
  }
}

void check_words(std::string_view value) {
  WordScanner scanner(value);
  while (const auto word = scanner.next()) {
    if (word->charset != "UTF-8") continue;
    require(is_utf8(word->octets()), "no word splits a character");
  }
}

/// What encode_unstructured() says it does to a text before writing it.
std::string cleaned(std::string_view text) {
  std::string out;
  bool in_run = false;
  const std::string valid = *to_utf8(text, "utf-8");
  for (const char c : valid) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7F';
    if (!control || !in_run) out += control ? ' ' : c;
    in_run = control;
  }
  return out;
}

}  // namespace
}  // namespace smtpapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  if (size == 0) return 0;
  const std::size_t indent = data[0] % 100;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  const std::string decoded = decode_encoded_words(input);
  require(is_utf8(decoded), "decoded text is UTF-8");
  if (!has_encoded_word(input) && is_utf8(input))
    require(decoded == input, "text without words is left alone");

  const std::string value = encode_unstructured(input, indent);
  check_value(value);
  check_words(value);
  require(trim(decode_encoded_words(unfold(value))) == trim(cleaned(input)),
          "an unstructured value is read back");

  const std::string phrase = encode_phrase(input, indent);
  check_value(phrase);
  check_words(phrase);
  return 0;
}
