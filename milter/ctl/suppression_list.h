// smtpapictl suppression list and search: the entries of the lists, page by page.
#pragma once

#include "milter/ctl/command.h"

namespace smtpapi::ctl {

int list_suppressions(const Call& call);
int search_suppressions(const Call& call);
int count_suppressions(const Call& call);

}  // namespace smtpapi::ctl
