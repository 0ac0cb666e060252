// From the X-SMTPAPI fields of a message to one JSON text whose octets still know their places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// The fields' text, unfolded (HDR-5): every line break with the blanks behind it is ONE space.
class HeaderText {
 public:
  HeaderText() = default;
  /// `raw` is a field value with its folds; CRLF, LF and CR alike end a line. The blanks behind the
  /// colon are not part of the value.
  static HeaderText from_value(std::string_view raw);

  /// Adds a piece of another field's value: the text goes on without a separator, blanks of a fold
  /// included; lines are counted on (HDR-11). `lines_before` and, on its own line,
  /// `octets_before` it belong to that value but not to the text.
  void append(std::string_view raw, std::size_t lines_before, std::size_t octets_before);

  const std::string& text() const { return text_; }
  /// How many fields went into it.
  std::size_t fields() const { return fields_; }
  /// The place in the folded value of an offset into text(). Of several fields the lines are
  /// counted through, in the order of their numbers.
  Place place(std::size_t offset) const;
  /// Octets of the longest single field that went into it, name and colon included, a line end
  /// within it being one octet as the MTA counts: what an MTA's limit applies to (PF-19).
  std::size_t longest_field = 0;

 private:
  /// Small, since a header may be all folds.
  struct Line {
    std::uint32_t begin = 0;    ///< offset in text_ of its first octet
    std::uint32_t skipped = 0;  ///< octets at its start that are not in text_
  };
  void begin_line(std::size_t skipped);

  std::string text_;
  std::vector<Line> lines_;
  std::size_t fields_ = 0;
  bool in_fold_ = false;  ///< blanks that come next belong to a fold
};

/// True for X-SMTPAPI and X-SMTPAPI-Part, case ignored: the fields that never travel on (HDR-4).
bool is_header_of_ours(std::string_view field_name);

struct ExtractedHeader {
  bool present = false;  ///< some field of ours was there
  HeaderText text;
  std::vector<Remark> problems;  ///< continuation parts that are missing, doubled or misnumbered
  std::vector<Remark> warnings;  ///< a second X-SMTPAPI was ignored (HDR-3)
};

/// The topmost X-SMTPAPI field, continued by the X-SMTPAPI-Part fields: `X-SMTPAPI-Part: 2/4 ...`,
/// joined by number, no separator, before unfolding (HDR-11). Parts alone (`1/4` among them) make a
/// header too.
ExtractedHeader extract_header(const Message& message);

}  // namespace smtpapi
