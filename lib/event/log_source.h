// Where the MTA's log is read from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/delivery_report.h"

namespace smtpapi {

struct LoggedReport {
  DeliveryReport report;
  std::string place;  ///< in front of its line
};

/// What one read brought.
struct LogPiece {
  std::vector<LoggedReport> reports;
  std::string place;    ///< behind all that was read; "" before anything was
  bool is_all = false;  ///< there is no more for now
};

/// For one thread at a time.
class LogSource {
 public:
  virtual ~LogSource() = default;

  /// As it stands in events.log.
  virtual const std::string& name() const = 0;
  /// The next read begins at a place that this source gave; nothing: at the beginning. A place that
  /// is no more is logged, and the oldest line that follows it counts.
  virtual void go_to(const std::optional<std::string>& place) = 0;
  /// Some hundred kilobytes of lines. Does not wait. Errors: unavailable.
  virtual Result<LogPiece> read(Time now) = 0;
};

}  // namespace smtpapi
