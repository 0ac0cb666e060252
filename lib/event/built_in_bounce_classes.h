// etc/bounce-classes.conf as it was when the program was built.
#pragma once

#include <string_view>

namespace smtpapi {

std::string_view built_in_bounce_classes();

}  // namespace smtpapi
