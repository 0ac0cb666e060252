// The messages we write ourselves: what was wrong with a header, and which copies failed for good.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "smtpapi/document.h"
#include "store/store.h"

namespace smtpapi {

/// What both kinds of notice say of themselves. A notice is stored and sent as a copy of kind
/// notice: null reverse-path, to `recipient`.
struct NoticeFacts {
  std::string hostname;    ///< of this machine: Message-ID, Reporting-MTA
  std::string postmaster;  ///< From
  std::string recipient;   ///< To: the reverse-path of the message it is about; never ""
  std::string id;          ///< random_id(): Message-ID and boundary
  std::string queue_id;    ///< the MTA's name for the message it is about, "" if unknown
  Time now;                ///< Date
};

/// The notice about a bad X-SMTPAPI header (ERR-2): octets with CRLF, 7bit throughout unless the
/// recipient's address is not ASCII. Each problem stands on a line of its own behind "  - ".
/// `original_header`: the header fields of the message, attached as text/rfc822-headers; of very
/// long ones only the first 100,000 octets.
std::string make_header_notice(const NoticeFacts& facts, std::span<const Remark> problems,
                               std::string_view original_header);

/// The delivery report (RFC 3464) about copies that failed for good (TR-6): what the MTA said of
/// each recipient in words and as message/delivery-status, and the header of the submission.
/// Copies whose RCPT parameters ask for no report of failures (RFC 3461, NOTIFY=NEVER) are left
/// out; "" when none is left.
std::string make_failure_notice(const NoticeFacts& facts, const Submission& submission,
                                std::span<const Copy> failed);

}  // namespace smtpapi
