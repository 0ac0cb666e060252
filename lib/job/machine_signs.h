// Signs by which a request shows that no person made it.
#pragma once

#include <string>
#include <string_view>

namespace smtpapi {

/// By User-Agent and address: "mail proxy: GoogleImageProxy", "scanner: Barracuda", "program:
/// curl/"; "" when nothing speaks against a person.
std::string machine_sign(std::string_view user_agent, std::string_view address);

/// By the header with which a program says that it fetches ahead ("prefetch", "preview"):
/// "prefetch" or "".
std::string prefetch_sign(std::string_view purpose);

}  // namespace smtpapi
