#include "mail/word_scanner.h"

#include <algorithm>

#include "base/text.h"
#include "mail/codec.h"

namespace smtpapi {
namespace {

constexpr std::size_t longest_charset = 64;

bool is_charset_char(char c) {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:+*'").find(c) != std::string_view::npos;
}

/// -1 if there is no hexadecimal digit at `at`.
int hex_digit(std::string_view text, std::size_t at) {
  const char c = at < text.size() ? to_lower(text[at]) : ' ';
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// RFC 2047 section 4.2. Not quoted-printable: a "=" at the end is no soft break.
std::string decode_q(std::string_view payload) {
  std::string out;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const int high = hex_digit(payload, i + 1);
    const int low = hex_digit(payload, i + 2);
    if (payload[i] == '=' && high >= 0 && low >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += payload[i] == '_' ? ' ' : payload[i];
    }
  }
  return out;
}

}  // namespace

std::string EncodedWord::octets() const {
  return base64 ? decode_base64(payload) : decode_q(payload);
}

std::optional<EncodedWord> WordScanner::next() {
  while ((at_ = text_.find("=?", at_)) != std::string_view::npos) {
    if (auto word = word_here()) {
      at_ = word->end;
      return word;
    }
    ++at_;
  }
  at_ = text_.size();
  return std::nullopt;
}

/// The word that begins at at_, if one does.
std::optional<EncodedWord> WordScanner::word_here() {
  const std::size_t charset = at_ + 2;
  std::size_t mark = charset;
  while (mark < text_.size() && mark - charset <= longest_charset && is_charset_char(text_[mark]))
    ++mark;
  if (mark + 2 >= text_.size() || text_[mark] != '?' || text_[mark + 2] != '?') return std::nullopt;
  const char encoding = to_lower(text_[mark + 1]);
  if (encoding != 'q' && encoding != 'b') return std::nullopt;

  EncodedWord word;
  word.begin = at_;
  word.charset = text_.substr(charset, mark - charset);
  word.charset = word.charset.substr(0, word.charset.find('*'));
  word.base64 = encoding == 'b';
  const std::size_t payload = mark + 3;
  const std::size_t stop = next_stop(payload);
  if (word.charset.empty() || stop == text_.size() || text_[stop] != '?') return std::nullopt;
  word.payload = text_.substr(payload, stop - payload);
  // Another word begins before this one ends: this one lost its end.
  if (word.payload.find("=?") != std::string_view::npos) return std::nullopt;
  word.end = stop + 2;
  return word;
}

/// The first "?=" or line break at or behind `from`, or the size. Remembered, so that many
/// beginnings before one end do not cost a search each.
std::size_t WordScanner::next_stop(std::size_t from) {
  if (stop_ && *stop_ >= from) return *stop_;
  std::size_t i = from;
  while ((i = std::min(text_.find_first_of("?\r\n", i), text_.size())) < text_.size()) {
    if (text_[i] != '?' || (i + 1 < text_.size() && text_[i + 1] == '=')) break;
    ++i;
  }
  stop_ = i;
  return i;
}

}  // namespace smtpapi
