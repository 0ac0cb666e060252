// Filter `opentrack`: an image whose fetch says that the message was opened (OPEN-1 to OPEN-5), and
// the trap link.
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_open_pixel(const FilterSettings& settings, const FilterContext& context,
                      std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

void apply_trap_link(std::vector<BodyText>& bodies);

}  // namespace smtpapi
