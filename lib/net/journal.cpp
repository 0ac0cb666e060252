#include "net/journal.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace smtpapi {
namespace {

constexpr int entries_in_a_piece = 2'000;
constexpr int remembered_entries = 500;

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

/// The present entry, if a program wrote it that delivers mail. Its texts live in `texts`.
std::optional<LogLine> line_of(sd_journal* journal, std::array<std::string, 3>& texts) {
  auto& [program, process, message] = texts;
  program = field(journal, "SYSLOG_IDENTIFIER");
  if (!is_mail_program(program)) return std::nullopt;
  process = field(journal, "_PID");
  message = field(journal, "MESSAGE");
  std::uint64_t microseconds = 0;
  if (sd_journal_get_realtime_usec(journal, &microseconds) < 0) return std::nullopt;
  return LogLine{from_unix(static_cast<std::int64_t>(microseconds / 1'000'000)), program, process,
                 message};
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
  // Root runs postsuper(1) by hand, not in the unit.
  for (const std::string& match :
       {"_SYSTEMD_UNIT=" + unit, std::string(), std::string("SYSLOG_IDENTIFIER=postfix/postsuper"),
        std::string("_UID=0")}) {
    const int added = match.empty() ? sd_journal_add_disjunction(opened)
                                    : sd_journal_add_match(opened, match.c_str(), match.size());
    if (added < 0) return failed(name_, added);
  }
  // From here on files that come and go are noticed.
  if (const int watched = sd_journal_get_fd(opened); watched < 0) return failed(name_, watched);
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
    remember(opened);
  }
  journal_ = std::move(journal);
  return ok();
}

/// Lines say what later ones mean: what stands in front of the place is read for that only.
void Journal::remember(sd_journal* journal) {
  std::array<std::string, 3> texts;
  for (int back = sd_journal_previous_skip(journal, remembered_entries); back > 0; --back) {
    reports_.clear();
    if (const auto line = line_of(journal, texts)) deliveries_.read(*line, reports_);
    if (sd_journal_next(journal) <= 0) return;
  }
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
  std::array<std::string, 3> texts;
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
    const auto line = line_of(journal, texts);
    if (!line) continue;
    reports_.clear();
    deliveries_.read(*line, reports_);
    if (reports_.empty()) continue;
    const std::string place = place_of(journal);
    for (DeliveryReport& report : reports_) piece.reports.push_back({std::move(report), place});
  }
  if (has_read) place_ = place_of(journal);
  piece.place = place_.value_or("");
  return piece;
}

}  // namespace smtpapi
