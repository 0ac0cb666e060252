// What the finders of links ask of a URL.
#pragma once

#include <cstddef>
#include <string_view>

namespace smtpapi {

/// The length of "http://" or "https://", in any case, at the beginning of `text`; else 0.
std::size_t url_scheme_size(std::string_view text);

/// U+0000 to U+001F or U+007F.
bool has_control(std::string_view text);

}  // namespace smtpapi
