// Octets as text that survives URLs and identifiers.
#pragma once

#include <string>
#include <string_view>

namespace smtpapi {

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view octets);

}  // namespace smtpapi
