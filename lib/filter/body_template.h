// Filter `template`: an HTML frame around the HTML body (LTPL-1 to LTPL-3).
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_body_template(const FilterSettings& settings, const FilterContext& context,
                         std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

}  // namespace smtpapi
