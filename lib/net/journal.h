// The MTA's lines in the journal of systemd (DS-2). The only file that knows libsystemd.
#pragma once

#include <systemd/sd-journal.h>

#include "base/owned.h"
#include "event/log_source.h"

namespace smtpapi {

/// Lines of one unit and of postsuper(1) run by root: that is what the journal vouches for, while
/// anybody may log under the name of a program.
class Journal final : public LogSource {
 public:
  /// `name`: "journal:postfix@-", a unit with or without ".service". `folder`: of journal files,
  /// "" for those of the host.
  explicit Journal(std::string name, std::string folder = "");

  const std::string& name() const override { return name_; }
  void go_to(const std::optional<std::string>& place) override { place_ = place; }
  Result<LogPiece> read(Time now) override;

 private:
  Status open();
  void remember(sd_journal* journal);

  const std::string name_, folder_;
  std::optional<std::string> place_;
  Owned<sd_journal, sd_journal_close> journal_;
  bool is_at_next_ = false;  ///< the present entry was not read yet
  DeliveryReports deliveries_;
  std::vector<DeliveryReport> reports_;
};

}  // namespace smtpapi
