// Who may use the header (TR-3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/envelope.h"

namespace smtpapi {

/// "127.0.0.0/8", "2001:db8::/32" or a single address. False for anything else.
bool is_network(std::string_view text);

/// Whether `address` lies in `network`. An IPv4 address mapped into IPv6 counts as IPv4. False when
/// either is malformed.
bool is_in_network(std::string_view address, std::string_view network);

struct Trust {
  std::vector<std::string> networks;  ///< is_network()
  bool authenticated = true;          ///< a SASL login is enough
  std::vector<std::string> daemon_names;

  /// A client without a known address is trusted only by login or daemon name.
  bool trusts(const Client& client) const;
};

}  // namespace smtpapi
