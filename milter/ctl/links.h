// Links of ours where a copy is only shown.
#pragma once

#include "milter/ctl/command.h"
#include "track/tracking.h"

namespace smtpapi::ctl {

/// As link_settings(). Whoever cannot read the key file sees links sealed with a made-up key, and
/// is told so.
LinkSettings links_to_show(const Call& call);

}  // namespace smtpapi::ctl
