// From which of this host's addresses another host is reached.
#pragma once

#include <string>
#include <unordered_map>

namespace smtpapi {

/// Asks the kernel's routes; sends nothing. For one thread at a time.
class SendingAddress {
 public:
  /// "" when it cannot be known.
  std::string towards(const std::string& ip);

 private:
  std::unordered_map<std::string, std::string> known_;  ///< at most 10,000
};

}  // namespace smtpapi
