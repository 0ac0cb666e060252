// One body of a message: its text cut once, put back into its charset and transfer encoding for
// each recipient.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/mime.h"
#include "render/linked_text.h"

namespace smtpapi {

/// The text of a part, and how it may be written back.
struct DecodedPart {
  std::string text;     ///< UTF-8; octets as they are where a part that says UTF-8 is not
  std::string charset;  ///< to convert back to; "" when UTF-8 is written as it is
};
/// Nothing when charset or transfer encoding is unknown (MIME-4): such a part is left alone.
std::optional<DecodedPart> decode_part(const TextPart& part, std::string_view content);

/// A body as it goes out. Reused from copy to copy.
struct RenderedBody {
  std::string content;                       ///< transfer encoding applied
  std::optional<TransferEncoding> encoding;  ///< set when the part needs another one (MIME-3)
  bool needs_utf8_label = false;             ///< charset=utf-8 must be written (SUB-13)
  Expansion expansion;
};

/// Immutable, so threads may share it.
class BodyTemplate {
 public:
  /// `text`: decoded.text after the filters; `ends_with_break`: the encoded content did.
  BodyTemplate(const TextPart& part, const DecodedPart& decoded, BodyText text,
               bool ends_with_break, const LinkRules& rules, const TagTable& table);

  /// Neither filter nor tag touches it: the part's own octets go on.
  bool is_untouched() const { return !filtered_ && !text_.text().has_tags(); }
  const TextTemplate& text() const { return text_.text(); }
  /// Holds what differs from copy to copy whatever the substitutions are.
  bool has_slots() const { return text_.has_slots(); }

  /// Errors: as TextTemplate::expand.
  Status render(std::size_t index, std::size_t limit, CopyLinks& links, RenderedBody& out) const;

 private:
  /// What line checks need to know of a literal, found once.
  struct Literal {
    std::size_t first_line_end = 0;  ///< offset behind its first CRLF; 0: it has none
    std::size_t last_line = 0;       ///< offset behind its last CRLF; 0: it has none
    std::string encoded;             ///< its whole lines in quoted-printable, if the part is
  };

  bool render_raw(RenderedBody& out) const;
  void render_quoted_printable(RenderedBody& out) const;
  void render_whole(std::string text, RenderedBody& out) const;
  bool may_be_raw(std::string_view octets) const;
  bool begins_delimiter(std::string_view line) const;
  bool has_delimiter_line(std::string_view text) const;
  void escape_boundaries(std::string& encoded) const;

  bool filtered_ = false;
  LinkedText text_;
  std::vector<Literal> literals_;
  std::vector<std::string> boundaries_;
  TransferEncoding encoding_ = TransferEncoding::seven_bit;
  std::string charset_;        ///< DecodedPart::charset
  bool says_utf8_ = false;     ///< the part's label is UTF-8
  bool keeps_header_ = false;  ///< malformed: header and encoding stay whatever comes
  bool ends_with_break_ = false;
  bool literals_fit_raw_ = true;  ///< ASCII if 7bit; no long line, no NUL inside a literal
  bool literals_are_ascii_ = true;
};

}  // namespace smtpapi
