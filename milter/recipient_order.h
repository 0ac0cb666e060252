// Positions in `sub` and `send_each_at` are those of the RCPT commands (TO-12). Postfix's queue
// manager sorts recipients before it runs pipe(8), so that order has to be found again.
#pragma once

#include <optional>
#include <vector>

#include "mail/envelope.h"
#include "mail/message.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// Whether it matters which recipient is the first: some value differs from recipient to recipient.
/// With `to` the envelope does not matter.
bool depends_on_order(const Document& document, std::size_t recipients);

/// `recipients` as they come in the To and Cc fields, which is how clients give them to RCPT.
/// Nothing when some of them do not stand there: then their order cannot be known. Addresses are
/// compared without case.
std::optional<std::vector<EnvelopeRecipient>> ordered_as_shown(
    const std::vector<EnvelopeRecipient>& recipients, const Message& message);

}  // namespace smtpapi
