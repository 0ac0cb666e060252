// Asks Postfix's tables where mail to the domain of inject.return-path goes.
#pragma once

#include <optional>

#include "milter/ctl/facts.h"

namespace smtpapi::ctl {

/// Nothing when inject.return-path is not set.
std::optional<ReturnPathFacts> look_at_return_path(const Settings& settings,
                                                   const PostfixConfig& config);

}  // namespace smtpapi::ctl
