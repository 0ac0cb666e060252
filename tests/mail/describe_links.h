// Links as lines that people read: what NAME.want beside NAME.html holds.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "mail/links.h"

namespace smtpapi {

/// One line a link: `OFFSET "URL" exempt universal cut FROM-TO`. Octets that are not printable
/// ASCII are "\xHH", the quotes are those of the attribute.
inline std::string describe(const std::vector<FoundLink>& links) {
  std::string out;
  for (const FoundLink& link : links) {
    out += fmt::format("{} {}", link.begin, link.quote);
    for (const char c : link.url) {
      if (c > ' ' && c < '\x7F' && c != '\\') {
        out += c;
      } else {
        out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
      }
    }
    out += link.quote;
    if (link.exempt) out += " exempt";
    if (link.universal) out += " universal";
    for (const auto& [from, to] : link.cuts) out += fmt::format(" cut {}-{}", from, to);
    out += '\n';
  }
  return out;
}

}  // namespace smtpapi
