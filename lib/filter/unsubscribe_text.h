// Filter `subscriptiontrack`: a link that takes the address off everything (UNSUB-1 to UNSUB-4).
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_unsubscribe_text(const FilterSettings& settings, const FilterContext& context,
                            std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

}  // namespace smtpapi
