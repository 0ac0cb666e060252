// One recipient's copy: who gets it, when, and from which row of the substitutions.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "mail/address.h"

namespace smtpapi {

enum class CopyKind {
  normal,
  bcc,     ///< the blind copy of a recipient message (BCC-1): same row and To, another address
  notice,  ///< ours to the sender, null reverse-path
};

struct Delivery {
  std::size_t index = 0;  ///< row in `sub` and `send_each_at`
  CopyKind kind = CopyKind::normal;
  std::string recipient;     ///< envelope address
  bool replaces_to = false;  ///< `to` was used: the To field shows `mailbox` only (TO-5)
  Mailbox mailbox;           ///< for the To field; empty unless replaces_to
  Time due;                  ///< epoch (0): at once
  std::string parameters;    ///< ESMTP parameters of RCPT that still make sense, or ""
};

/// A recipient that gets nothing, and the webhook's reason for it (EVT-12).
struct Drop {
  std::size_t index = 0;
  std::string recipient;  ///< raw text of the entry
  std::string reason;     ///< "Invalid", "Invalid SMTPAPI header", ...
};

}  // namespace smtpapi
