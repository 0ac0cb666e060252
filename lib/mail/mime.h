// The MIME structure of a message (RFC 2045, 2046) as byte offsets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "mail/parameters.h"

namespace smtpapi {

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
  bool malformed = false;      ///< MIME-9: a multipart whose boundary is not there; its text may be
                               ///< substituted, its header and encoding stay
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
