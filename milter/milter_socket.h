// The file behind a UNIX milter.socket: whether somebody sits on it, and whose it is.
#pragma once

#include <string>

#include "base/result.h"
#include "milter/daemon.h"

namespace smtpapi {

/// Looks before libmilter replaces a stale socket, because it would replace a live one too. Errors:
/// invalid: somebody listens there, it is no socket, its folder is missing, or the path is longer
/// than a socket's may be. An inet socket is always fine: bind(2) tells.
Status check_milter_socket(const std::string& socket);

/// Gives a socket that root made to the user that we are about to become; the group too, unless the
/// folder decides about groups (its set-group-ID bit, as in the MTA's chroot). Errors: invalid.
Status give_milter_socket(const std::string& socket, const UserId& owner);

}  // namespace smtpapi
