// The fields of ours, as an MTA counts and cuts them.
#pragma once

#include <cstddef>
#include <string_view>

namespace smtpapi {

constexpr std::string_view header_name = "X-SMTPAPI";
constexpr std::string_view part_name = "X-SMTPAPI-Part";

/// Octets of `text` when each line end is one: MTAs keep LF where SMTP has CRLF.
inline std::size_t octets_as_counted(std::string_view text) {
  std::size_t count = text.size();
  for (auto at = text.find("\r\n"); at != std::string_view::npos; at = text.find("\r\n", at + 2)) {
    --count;
  }
  return count;
}

}  // namespace smtpapi
