// A message as its octets, with the places of its header fields. It is cut and spliced, never
// rebuilt: what nobody asked to change goes on byte for byte (LIB-1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi {

/// One header field by offsets into the message. `[begin, end)` includes its final CRLF.
struct Field {
  std::size_t begin = 0;
  std::size_t name_end = 0;  ///< end of the name (blanks before the colon are not part of it)
  std::size_t value = 0;     ///< just behind the colon: the value with its leading blank and folds
  std::size_t end = 0;
};

/// The fields at the start of `octets`, and where the header ends. Takes LF and CRLF as line ends.
/// A line that is neither a field nor a continuation ends the header, as it does in the MTAs; the
/// empty line behind the header belongs to it, so `body` is the offset of the first body octet.
struct HeaderBlock {
  std::vector<Field> fields;
  std::size_t fields_end = 0;  ///< end of the last field, where further fields can be added
  std::size_t body = 0;        ///< equals fields_end when there is no empty line
};
HeaderBlock cut_header(std::string_view octets);

/// Immutable once made, so threads may share it. Any octets are a message.
class Message {
 public:
  Message() = default;
  /// `octets` must have CRLF line ends in its header (to_crlf() sees to that).
  explicit Message(std::string octets);

  std::string_view octets() const { return octets_; }
  const std::vector<Field>& fields() const { return header_.fields; }
  std::size_t fields_end() const { return header_.fields_end; }
  std::size_t body_begin() const { return header_.body; }
  std::string_view body() const { return octets().substr(header_.body); }

  std::string_view name(const Field& f) const {
    return octets().substr(f.begin, f.name_end - f.begin);
  }
  /// As it stands: leading blank and folds (CRLF, blank) kept, the final CRLF left out.
  std::string_view value(const Field& f) const;

  /// The first (topmost) field of that name, case ignored; null if there is none.
  const Field* find(std::string_view name) const;

 private:
  std::string octets_;
  HeaderBlock header_;
};

/// Every bare CR and bare LF becomes CRLF. Text that has none is returned as it came (moved).
std::string to_crlf(std::string text);

/// Folds taken out: each line break together with the white space behind it becomes one space,
/// blanks at both ends go (RFC 5322 2.2.3, with HDR-5's one space).
std::string unfold(std::string_view value);

/// `value` folded at blanks with CRLF so that lines stay within 78 columns where a blank allows it,
/// `indent` columns being taken on the first line. It must hold no line break. The text is
/// unchanged when unfolded.
std::string fold(std::string_view value, std::size_t indent);

}  // namespace smtpapi
