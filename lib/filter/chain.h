// The table: which filters work on texts, and in which order.
#pragma once

#include <vector>

#include "filter/filter.h"

namespace smtpapi {

/// Applies `filters` (resolved, all enabled) to the bodies of a message in the order of PIPE-3.
void apply_filters(const Filters& filters, std::vector<BodyText>& bodies,
                   std::vector<Remark>& warnings);

}  // namespace smtpapi
