// The log lines of a decision.
#pragma once

#include "job/intake.h"
#include "mail/envelope.h"

namespace smtpapi {

/// One line, the MTA's queue ID first: `4XyZ12: held submission=..., copies=3, dropped=0, due=now`
/// (the first due time, Unix seconds). What was passed on untouched is logged at level debug.
/// Warnings of the decision (ERR-5) have lines of their own, at most ten.
void log_decision(const Decision& decision, const Envelope& envelope);

}  // namespace smtpapi
