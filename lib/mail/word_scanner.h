// Finds encoded words (RFC 2047) in a text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace smtpapi {

/// Something with the shape of an encoded word; its charset may be one that we do not know.
struct EncodedWord {
  std::size_t begin = 0;  ///< offsets of `=?` and of what follows `?=`
  std::size_t end = 0;
  std::string_view charset;  ///< without the language of RFC 2231 section 5; never empty
  bool base64 = false;
  std::string_view payload;  ///< still encoded

  /// The payload decoded, in `charset`. What is damaged in it stands for itself.
  std::string octets() const;
};

/// Gives the words of a text in order; views into it. More generous than RFC 2047 section 5,
/// because senders are: a word may touch other text, be longer than 75 characters, and hold blanks
/// and "?". It may not hold a line break or the beginning of another word. Linear in the text.
class WordScanner {
 public:
  explicit WordScanner(std::string_view text) : text_(text) {}

  /// Nothing when there are no more.
  std::optional<EncodedWord> next();

 private:
  std::optional<EncodedWord> word_here();
  std::size_t next_stop(std::size_t from);

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::size_t> stop_;  ///< what next_stop() found last
};

}  // namespace smtpapi
