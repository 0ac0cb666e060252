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
  std::size_t end = 0;       ///< behind the last continuation line
};

/// The field that begins at `begin`, which is a line start, with its continuation lines; nothing if
/// the line there begins no field. A name is one or more octets 33 to 126 without ":" (RFC 5322
/// 2.2); blanks may follow it (4.5.1). CRLF and LF are line ends.
std::optional<Field> cut_field(std::string_view octets, std::size_t begin);

/// 2 for the CRLF at `at`, 1 for an LF, else 0.
std::size_t line_break_length(std::string_view octets, std::size_t at);

/// The fields at the start of a message, and where the header ends.
struct HeaderBlock {
  std::vector<Field> fields;
  std::size_t fields_end = 0;  ///< end of the last field, where further fields can be added
  std::size_t body = 0;        ///< equals fields_end when there is no empty line
};

/// A line that is neither a field nor a continuation ends the header, as it does in the MTAs; the
/// empty line behind the header belongs to it, so `body` is the offset of the first body octet.
/// Lines that begin with "From " or ">From " above the first field are the mbox envelope, which
/// pipe(8) can put there: they are no fields and do not end the header (RW-7), so `fields` may
/// begin behind them. Linear.
HeaderBlock cut_header(std::string_view octets);

/// Immutable once made, so threads may share it. Any octets are a message.
class Message {
 public:
  Message() = default;
  /// `octets` must have CRLF line ends in its header (to_crlf() sees to that). A header that ends
  /// in the middle of a line, with no body behind it, gets the CRLF that it lacks.
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
/// unchanged when unfolded, so tabs and all but the last blank of a run bear no fold; nor does the
/// blank at the start, because a line of its own would be empty.
std::string fold(std::string_view value, std::size_t indent);

}  // namespace smtpapi
