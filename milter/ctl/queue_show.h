// smtpapictl queue show: one submission with its copies, or a copy as it goes out.
#pragma once

#include "milter/ctl/command.h"

namespace smtpapi::ctl {

int show_queue(const Call& call);

}  // namespace smtpapi::ctl
