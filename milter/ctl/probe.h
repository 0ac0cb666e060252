// Whether somebody listens: sockets are connected to, SMTP servers greeted, nothing more.
#pragma once

#include <optional>
#include <string>

#include "milter/ctl/facts.h"
#include "milter/ctl/file_access.h"

namespace smtpapi::ctl {

/// `who` would have to connect as well; below `root`, if that is its chroot.
SocketFacts try_socket(const MilterAddress& address, const std::optional<Credentials>& who,
                       const std::string& root);

/// Says EHLO `hostname` to an injection listener ("127.0.0.1:10026", "unix:/path").
ListenerFacts try_listener(const std::string& server, const std::string& hostname);

}  // namespace smtpapi::ctl
