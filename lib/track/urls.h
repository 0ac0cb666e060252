// The URLs of the tracking endpoint (TRK-1).
#pragma once

#include <string>
#include <string_view>

#include "track/link.h"

namespace smtpapi {

/// What stands between the base URL (tracking.url, no "/" at its end) and the token:
/// "/ls/click?upn=", "/uni/ls/click?upn=" (CLICK-6), "/wf/open?upn=", "/wf/unsubscribe?upn=",
/// "/asm/unsubscribe/?upn=", "/asm/?upn=", "/ls/trap?upn=".
std::string_view path_of(LinkKind kind, bool universal = false);

/// Which kind of link a request path asks for, regardless of a "/" at its end; nothing for other
/// paths.
std::optional<LinkKind> kind_of(std::string_view path);

}  // namespace smtpapi
