// What a reader sees of a rewritten body: its lines that the original did not have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "mail/message.h"

namespace smtpapi::ctl {

class ChangedLines {
 public:
  explicit ChangedLines(const Message& original);

  /// At most `limit` lines of the first body (MIME-1) that has any: decoded to UTF-8, white space
  /// at both ends gone, not yet fit for a terminal. `more`: there are others.
  struct Lines {
    std::vector<std::string> lines;
    bool more = false;
  };
  Lines of(const Message& copy, std::size_t limit) const;

 private:
  std::unordered_set<std::string> original_;
};

}  // namespace smtpapi::ctl
