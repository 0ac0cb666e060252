// What `smtpapictl doctor` looks at besides the MTA: key file, tracked links, clock, log, disks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/ctl/facts.h"

namespace smtpapi::ctl {

std::optional<KeyFileFacts> look_at_key_file(const Settings& settings);

/// The file of `smtpapictl key`. Nothing when there is none.
std::optional<KeyFileFacts> look_at_api_keys(const Settings& settings);

/// Asks tracking.listen and tracking.url for robots.txt. Nothing when no URL is set.
std::optional<TrackingFacts> look_at_tracking(const Settings& settings);

/// By adjtimex(2). Nothing in a container.
std::optional<bool> is_clock_in_step();

/// What smtpapi-events follows, as daemon.user sees them with the groups of smtpapi-events.service.
std::vector<LogFacts> look_at_logs(const Settings& settings);

std::optional<DiskFacts> look_at_disk(const std::string& folder);

}  // namespace smtpapi::ctl
