// Tells senders about copies that failed for good (TR-6).
#pragma once

#include "base/clock.h"
#include "job/release.h"
#include "store/store.h"

namespace smtpapi {

/// Keeps one notice for each submission whose failures are settled, unless its reverse-path is
/// null: nobody is told then, and never about a notice. Result: true when there may be more.
/// Errors: the store's.
Result<bool> report_failures(Store& store, const ReleaseSettings& settings, Time now);

}  // namespace smtpapi
