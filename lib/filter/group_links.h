// The links of an unsubscribe group at the bottom of bodies that have none of its tags (ASM-5).
#pragma once

#include "filter/filter.h"

namespace smtpapi {

void apply_group_links(std::vector<BodyText>& bodies);

}  // namespace smtpapi
