// Events told once more.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/result.h"
#include "job/webhook_sender.h"
#include "store/store.h"

namespace smtpapi {

/// Makes batches of at most `settings.batch_bytes` of the endpoint's events from the first of
/// `since` on that were done with before, to be posted under new sequence numbers: all of them or
/// none. Result: how many events. Errors: as Store.
Result<std::size_t> replay(const Webhook& webhook, Time since, const WebhookSettings& settings,
                           Store& store, Time now);

}  // namespace smtpapi
