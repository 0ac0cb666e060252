#include "net/journal.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace smtpapi {
namespace {

constexpr int entries_in_a_piece = 2'000;

Error failed(const std::string& name, int error) {
  return unavailable(fmt::format("{}: {}", name, std::strerror(-error)));
}

/// The value of "NAME=value"; lives until the next entry.
std::string_view field(sd_journal* journal, const char* name) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, name, &data, &size) < 0) return {};
  const std::size_t skip = std::strlen(name) + 1;
  return {static_cast<const char*>(data) + skip, size - skip};
}

std::string place_of(sd_journal* journal) {
  char* cursor = nullptr;
  if (sd_journal_get_cursor(journal, &cursor) < 0) return {};
  std::string place(cursor);
  std::free(cursor);
  return place;
}

}  // namespace

Journal::Journal(std::string name, std::string folder)
    : name_(std::move(name)), folder_(std::move(folder)) {}

Status Journal::open() {
  sd_journal* opened = nullptr;
  const int done = folder_.empty() ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY)
                                   : sd_journal_open_directory(&opened, folder_.c_str(), 0);
  if (done < 0) return failed(name_, done);
  Owned<sd_journal, sd_journal_close> journal(opened);
  std::string unit = name_.substr(name_.find(':') + 1);
  if (unit.find('.') == unit.npos) unit += ".service";
  const std::string match = "_SYSTEMD_UNIT=" + unit;
  if (const int added = sd_journal_add_match(opened, match.c_str(), match.size()); added < 0)
    return failed(name_, added);
  const int sought =
      place_ ? sd_journal_seek_cursor(opened, place_->c_str()) : sd_journal_seek_head(opened);
  if (sought < 0) return failed(name_, sought);
  is_at_next_ = false;
  if (place_ && sd_journal_next(opened) > 0) {
    // A place is that of the line in front of which it stands, or of the last one that was read:
    // what comes twice has the same ids.
    is_at_next_ = true;
    if (sd_journal_test_cursor(opened, place_->c_str()) <= 0)
      log_warning("{}: what was read last is no more, so lines may be missing", name_);
  }
  journal_ = std::move(journal);
  return ok();
}

Result<LogPiece> Journal::read(Time) {
  if (!journal_) {
    if (Status opened = open(); !opened) return std::move(opened).error();
  }
  sd_journal* const journal = journal_.get();
  // Takes note of files that came and went.
  if (const int done = sd_journal_process(journal); done < 0) return failed(name_, done);
  LogPiece piece;
  bool has_read = false;
  for (int i = 0; i < entries_in_a_piece; ++i) {
    if (!is_at_next_) {
      const int next = sd_journal_next(journal);
      if (next < 0) return failed(name_, next);
      if (next == 0) {
        piece.is_all = true;
        break;
      }
    }
    is_at_next_ = false;
    has_read = true;
    LogLine line;
    const std::string program(field(journal, "SYSLOG_IDENTIFIER"));
    if (!is_mail_program(program)) continue;
    std::uint64_t microseconds = 0;
    sd_journal_get_realtime_usec(journal, &microseconds);
    line.program = program;
    line.time = from_unix(static_cast<std::int64_t>(microseconds / 1'000'000));
    const std::string process(field(journal, "_PID"));
    line.process = process;
    line.message = field(journal, "MESSAGE");
    reports_.clear();
    deliveries_.read(line, reports_);
    if (reports_.empty()) continue;
    const std::string place = place_of(journal);
    for (DeliveryReport& report : reports_) piece.reports.push_back({std::move(report), place});
  }
  if (has_read) place_ = place_of(journal);
  piece.place = place_.value_or("");
  return piece;
}

}  // namespace smtpapi
