// From the X-SMTPAPI fields of a message to one JSON text whose octets still know their places.
#pragma once

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
  /// `raw` is a field value with its folds; CRLF, LF and CR alike end a line.
  static HeaderText from_value(std::string_view raw);

  const std::string& text() const { return text_; }
  /// The place in the folded value of an offset into text().
  Place place(std::size_t offset) const;
  /// Octets of the longest single field that went into it, name and colon included: what an MTA's
  /// limit applies to (PF-19).
  std::size_t longest_field = 0;

 private:
  std::string text_;
  std::vector<std::size_t> lines_;    ///< offset in text_ where each line after the first begins
  std::vector<std::size_t> skipped_;  ///< octets of blanks dropped at the start of that line
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
