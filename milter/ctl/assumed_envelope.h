// The envelope that a message suggests when nobody gives one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"

namespace smtpapi::ctl {

/// The addresses of an address-list field value (RFC 5322 3.4): groups, comments and quoted names
/// understood, folds allowed. What is no address is left out. In their order.
std::vector<std::string> addresses_in(std::string_view value);

/// The first address of Sender, else of From; "" if there is none.
std::string assumed_reverse_path(const Message& message);

/// All addresses of To, Cc and Bcc fields, each once (ASCII case ignored).
std::vector<std::string> assumed_recipients(const Message& message);

}  // namespace smtpapi::ctl
