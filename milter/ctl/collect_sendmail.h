// Reads sendmail.cf and looks at the milter's socket as Sendmail does.
#pragma once

#include <string>

#include "milter/ctl/facts.h"

namespace smtpapi::ctl {

/// Fills in the members about Sendmail, and ours among `sockets`.
void look_at_sendmail(const std::string& file, Facts& facts);

}  // namespace smtpapi::ctl
