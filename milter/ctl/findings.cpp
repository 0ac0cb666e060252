#include "milter/ctl/findings.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi::ctl {

std::size_t Findings::count(Health health) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Finding& finding) { return finding.health == health; }));
}

std::string shell_word(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool is_letter = (to_lower(c) >= 'a' && to_lower(c) <= 'z') || (c >= '0' && c <= '9');
    return is_letter || std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
  });
  if (is_plain) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace smtpapi::ctl
