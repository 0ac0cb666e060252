// The name under which a delivery is kept once, however often the MTA tries it.
#pragma once

#include <string>

#include "mail/envelope.h"
#include "mail/message.h"

namespace smtpapi {

/// Queue ID and digest of sender and message (RI-14): queue IDs alone may come again. The MTA may
/// split the recipients of one message over several deliveries, so they are part of the name only
/// `with_recipients`. "" without a queue ID: what is given twice by hand is meant twice.
std::string job_name(const Envelope& envelope, const Message& message, bool with_recipients);

}  // namespace smtpapi
