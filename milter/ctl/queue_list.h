// smtpapictl queue list: the copies that are kept, page by page.
#pragma once

#include "milter/ctl/command.h"
#include "milter/ctl/output.h"
#include "store/store.h"

namespace smtpapi::ctl {

/// "12 waiting (3 due now, 1 paused), 40 sent, 2 failed; oldest due 5 min ago"
std::string counts_in_words(const QueueCounts& counts, Time now);

/// Copies as a table for people. Pages of one listing have the same columns.
class CopyTable {
 public:
  explicit CopyTable(Time now);
  void add(const Copy& copy);
  std::string text(Table::Titles titles) const { return table_.text(titles); }

 private:
  Time now_;
  Table table_;
};

int list_queue(const Call& call);

}  // namespace smtpapi::ctl
