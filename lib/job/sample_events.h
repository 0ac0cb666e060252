// One made-up event of each kind, for trying an endpoint out (EVT-15).
#pragma once

#include <string>

#include "base/clock.h"
#include "event/webhook_json.h"
#include "store/webhooks.h"

namespace smtpapi {

/// The body of a post with one event of each of `kinds`; their ids are new, their addresses are of
/// example.com. "" when there are no kinds.
std::string sample_post(EventKinds kinds, Time now, const WebhookFormat& format);

}  // namespace smtpapi
