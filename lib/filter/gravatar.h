// Filter `gravatar`: the sender's picture at the bottom of the HTML (GRAV-1, GRAV-2).
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_gravatar(const FilterSettings& settings, const FilterContext& context,
                    std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

}  // namespace smtpapi
