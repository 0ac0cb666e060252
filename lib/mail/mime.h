// The MIME structure of a message (RFC 2045, 2046) as byte offsets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/message.h"

namespace smtpapi {

/// A field value such as `text/html; charset="utf-8"`: comments gone, quoted strings undone, RFC
/// 2231 pieces joined and decoded.
struct ParameterizedValue {
  std::string value;                                            ///< lower case: "text/html"
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, wire order

  /// Null if absent; the first of several counts.
  const std::string* find(std::string_view name) const;
};
ParameterizedValue parse_parameterized(std::string_view field_value);

/// `field_value` with its charset parameter replaced or, if there is none, added; everything else
/// byte for byte. Folds in it are kept.
std::string with_charset(std::string_view field_value, std::string_view charset);

enum class TransferEncoding { seven_bit, eight_bit, binary, quoted_printable, base64, unknown };
TransferEncoding parse_transfer_encoding(std::string_view field_value);
/// "7bit", "quoted-printable", ...; not for `unknown`.
std::string_view to_string(TransferEncoding encoding);

enum class TextKind { plain, html, amp };

/// A part that is a body in the sense of MIME-1: its text may be rewritten.
struct TextPart {
  TextKind kind = TextKind::plain;
  std::vector<Field> fields;   ///< its header, offsets into the message; for the top level the
                               ///< message's own header
  std::size_t header_end = 0;  ///< end of its last field
  std::size_t begin = 0;       ///< its content, still encoded
  std::size_t end = 0;         ///< without the line end that belongs to the boundary
  bool top_level = false;      ///< the message is this part
  TransferEncoding encoding = TransferEncoding::seven_bit;  ///< seven_bit when not given
  std::string charset;                                      ///< as given, "" when not given
  std::vector<std::string> boundaries;  ///< of the multiparts around it, outermost first
};

/// What can be rewritten in a message. Damage is never an error: a multipart without its boundary
/// is one text/plain part (MIME-9); nesting deeper than 100 is opaque.
struct Structure {
  /// In document order: text/plain, text/html and text/x-amp-html bodies by MIME-1. Empty for
  /// signed, encrypted and pkcs7 messages (MIME-5). In multipart/mixed only the first of each kind.
  std::vector<TextPart> bodies;
  bool sealed = false;  ///< MIME-5: multipart/signed, multipart/encrypted or application/pkcs7-mime
};

/// Of several Content-Type fields the first counts. Linear in the message's size times its depth
/// at most; base64 attachments are only searched for boundaries.
Structure find_bodies(const Message& message);

}  // namespace smtpapi
