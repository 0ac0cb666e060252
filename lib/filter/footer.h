// Filter `footer`: a text at the bottom of each body (FOOT-1 to FOOT-4).
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_footer(const FilterSettings& settings, const FilterContext& context,
                  std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

}  // namespace smtpapi
