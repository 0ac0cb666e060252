// smtpapictl suppression import and export.
#pragma once

#include "milter/ctl/command.h"

namespace smtpapi::ctl {

int import_suppressions(const Call& call);
int export_suppressions(const Call& call);

}  // namespace smtpapi::ctl
