// The filter as libmilter sees it. callbacks.cpp is the only file that knows libmilter.
#pragma once

#include <string>

#include "base/result.h"
#include "milter/session.h"

namespace smtpapi {

/// Registers the filter and opens its socket (umask 007). A stale UNIX socket is replaced. Errors:
/// unavailable.
Status open_filter(const std::string& socket);

enum class FilterEnd {
  drained,    ///< every callback under way has ended and none will begin
  cut_short,  ///< some still ran after 10 s: what they use must not be destroyed
  broken,     ///< libmilter gave up; its reason is in syslog
};

/// Serves the MTA until SIGTERM, SIGHUP or SIGINT (LM-7), then lets what is under way end (LM-8).
/// Both arguments must live until it is `drained`. Once per process.
FilterEnd run_filter(const CurrentService& service, Quota& quota);

}  // namespace smtpapi
