// What all notices have in common: their own header, and parts that pass through any mail system.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "job/notice.h"

namespace smtpapi {

struct NoticePart {
  std::string_view type;         ///< "text/plain; charset=utf-8"
  std::string_view description;  ///< Content-Description
  std::string text;              ///< line ends of any kind
};

/// A multipart message. `type`: "multipart/mixed", or what a report needs. `original_header` is
/// what In-Reply-To is taken from. Parts that are not plain 7bit text become quoted-printable.
std::string write_notice(const NoticeFacts& facts, std::string_view subject, std::string_view type,
                         std::string_view original_header, std::span<const NoticePart> parts);

/// The part that shows the header of the message in question (RFC 6522 section 4), cut at a line
/// end when it is longer than 100,000 octets.
NoticePart header_part(std::string_view original_header);

/// "The mail system knew it as 4XyZ12." in a paragraph of its own, "" when no queue ID is known.
std::string queue_id_text(const NoticeFacts& facts);

}  // namespace smtpapi
