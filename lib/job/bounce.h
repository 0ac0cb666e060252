// Mail that came back to the bounce address of a copy, as event and list entry.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "event/bounce_class.h"
#include "mail/dsn.h"
#include "store/store.h"
#include "track/return_path.h"

namespace smtpapi {

/// Whether there is anything to keep: a failure, or a complaint. Of what is delayed the MTA that
/// holds it may still tell more; answers of people and of their machines are nobody's bounce.
bool is_worth_keeping(const ReturnedMail& mail);

/// Keeps event and list entry (EVT-11, SUPP-1) in one transaction. The copy is the one that the
/// address was made for: nothing in the mail is believed to name it. The same mail again changes
/// nothing, nor does a failure that the MTA's log has told of before. A blind copy has no events;
/// its address may end on a list. Result: what was done, a clause for the log. Errors: as Store.
Result<std::string> keep_returned(const ReturnPath& copy, const ReturnedMail& mail,
                                  const BounceClasses& classes, Store& store, Time now);

}  // namespace smtpapi
