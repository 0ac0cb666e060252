#include "net/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t piece_size = 256 * 1'024;
constexpr std::size_t remembered_size = 64 * 1'024;
constexpr std::size_t first_line_size = 512;  ///< of it, at most, counts
/// A rotated file is written to until its writer is told: for so long after its last line.
constexpr seconds writers_linger(3);

/// 0 when no line is complete.
std::uint64_t first_line(int file) {
  char text[first_line_size];
  const ssize_t size = pread(file, text, sizeof text, 0);
  if (size <= 0) return 0;
  const void* const end = std::memchr(text, '\n', static_cast<std::size_t>(size));
  if (!end && size < static_cast<ssize_t>(sizeof text)) return 0;
  const char* const stop = end ? static_cast<const char*>(end) : text + size;
  std::uint64_t value = 14695981039346656037u;  // FNV-1a
  for (const char* c = text; c != stop; ++c)
    value = (value ^ static_cast<unsigned char>(*c)) * 1099511628211u;
  return value == 0 ? 1 : value;
}

bool is_compressed(std::string_view name) {
  return name.ends_with(".gz") || name.ends_with(".xz") || name.ends_with(".bz2") ||
         name.ends_with(".zst");
}

}  // namespace

struct LogFile::Found {
  std::string path;
  std::uint64_t inode, size;
  std::int64_t modified;  ///< nanoseconds
  bool is_live;           ///< the path itself
};

LogFile::LogFile(std::string path) : path_(std::move(path)), buffer_(new char[piece_size]) {}
LogFile::~LogFile() { close_file(); }

void LogFile::close_file() {
  if (file_ >= 0) close(file_);
  file_ = -1;
}

std::optional<LogFile::Place> LogFile::parse(const std::string& text) {
  unsigned long long inode = 0, offset = 0, first = 0;
  if (std::sscanf(text.c_str(), "%llu %llu %llx", &inode, &offset, &first) != 3) return {};
  return Place{inode, offset, first};
}

std::string LogFile::format(std::uint64_t offset) const {
  return fmt::format("{} {} {:x}", at_.inode, offset, at_.first);
}

void LogFile::go_to(const std::optional<std::string>& place) {
  close_file();
  resume_ = place ? parse(*place) : std::nullopt;
}

/// The log and its rotated siblings, as they were written, the log itself last.
std::vector<LogFile::Found> LogFile::files() const {
  std::vector<Found> found;
  const auto add = [&](const std::string& path, bool is_live) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return;
    found.push_back({path, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
                     facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec, is_live});
  };
  const std::filesystem::path path(path_);
  const std::string name = path.filename().string();
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path.parent_path(), error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string sibling = entry->path().filename().string();
    if (sibling.size() > name.size() + 1 && sibling.starts_with(name) &&
        (sibling[name.size()] == '.' || sibling[name.size()] == '-') && !is_compressed(sibling))
      add(entry->path().string(), false);
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.modified < b.modified; });
  add(path_, true);
  return found;
}

Status LogFile::open_file(const std::string& path, std::uint64_t offset) {
  close_file();
  file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_ < 0) return unavailable(fmt::format("{}: {}", path, std::strerror(errno)));
  struct stat facts {};
  fstat(file_, &facts);
  at_ = {facts.st_ino, offset, first_line(file_)};
  is_skipping_ = false;
  return ok();
}

/// Where `resume_` says, in whichever file that is now.
Status LogFile::open_first(Time now) {
  if (!resume_) return open_file(path_, 0);
  const Place place = *resume_;
  std::optional<std::string> same, copy;
  for (const Found& file : files()) {
    if (file.size < place.offset) continue;
    if (place.first == 0) {  // nothing was read of it
      if (file.inode == place.inode) same = file.path;
      continue;
    }
    if (Status opened = open_file(file.path, 0); !opened) continue;
    if (at_.first != place.first) continue;
    (file.inode == place.inode ? same : copy) = file.path;
  }
  if (same || copy) {
    if (Status opened = open_file(same ? *same : *copy, place.offset); !opened) return opened;
    remember(now);
  } else {
    if (Status opened = open_file(path_, 0); !opened) return opened;
    if (place.offset > 0)
      log_warning("{}: what was read last is no more, so lines may be missing", path_);
  }
  resume_.reset();
  return ok();
}

/// Lines say what later ones mean: what stands in front of the place is read for that only.
void LogFile::remember(Time now) {
  const std::uint64_t from = at_.offset - std::min<std::uint64_t>(at_.offset, remembered_size);
  const ssize_t size = pread(file_, buffer_.get(), at_.offset - from, static_cast<off_t>(from));
  if (size <= 0) return;
  std::string_view text(buffer_.get(), static_cast<std::size_t>(size));
  if (from > 0) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  for (const std::string_view line : split(text, '\n')) {
    reports_.clear();
    if (const auto taken = lines_.read(line, now)) deliveries_.read(*taken, reports_);
  }
}

Result<bool> LogFile::go_on(Time now) {
  struct stat facts {};
  if (fstat(file_, &facts) != 0) return false;
  if (static_cast<std::uint64_t>(facts.st_size) < at_.offset ||
      (at_.first != 0 && first_line(file_) != at_.first)) {
    // Truncated: a copy may have what was not read yet.
    resume_ = at_;
    close_file();
    return true;
  }
  struct stat live {};
  if (stat(path_.c_str(), &live) != 0 || live.st_ino == at_.inode) return false;
  if (to_unix(now) < facts.st_mtim.tv_sec + writers_linger.count()) return false;
  const std::vector<Found> all = files();
  const auto present = std::find_if(all.begin(), all.end(),
                                    [&](const Found& file) { return file.inode == at_.inode; });
  // A file whose last line is older was read before, or never was to be.
  const auto next = std::find_if(
      present == all.end() ? all.begin() : present + 1, all.end(), [&](const Found& file) {
        const std::int64_t last = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec;
        return file.size > 0 && (file.is_live || file.modified > last);
      });
  if (next == all.end()) return false;
  if (Status opened = open_file(next->path, 0); !opened) return std::move(opened).error();
  return true;
}

void LogFile::read_lines(std::string_view text, Time now, LogPiece& piece) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find('\n', begin);
    if (end == text.npos) break;
    if (!is_skipping_) {
      std::string_view line = text.substr(begin, end - begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (const auto taken = lines_.read(line, now)) {
        reports_.clear();
        deliveries_.read(*taken, reports_);
        for (DeliveryReport& report : reports_)
          piece.reports.push_back({std::move(report), format(at_.offset + begin)});
      }
    }
    is_skipping_ = false;
    begin = end + 1;
  }
  if (begin == 0 && text.size() == piece_size) {
    is_skipping_ = true;
    begin = text.size();
  }
  at_.offset += begin;
}

Result<LogPiece> LogFile::read(Time now) {
  LogPiece piece;
  if (file_ < 0) {
    if (Status opened = open_first(now); !opened) {
      if (opened.error().text != error_) log_warning("{}", opened.error().text);
      error_ = opened.error().text;
      piece.is_all = true;
      return piece;
    }
    if (!error_.empty()) log_info("{}: is there now", path_);
    error_.clear();
  }
  const ssize_t size = pread(file_, buffer_.get(), piece_size, static_cast<off_t>(at_.offset));
  if (size < 0) return unavailable(fmt::format("{}: {}", path_, std::strerror(errno)));
  if (at_.first == 0) at_.first = first_line(file_);
  // What was read is of this file only if it has not been truncated and grown again meanwhile.
  const bool is_same = at_.offset == 0 || first_line(file_) == at_.first;
  const std::string_view text(buffer_.get(), static_cast<std::size_t>(size));
  const std::uint64_t before = at_.offset;
  if (is_same) read_lines(text, now, piece);
  if (at_.offset == before) {
    const auto more = go_on(now);
    if (!more) return more.error();
    piece.is_all = !*more;
  }
  piece.place = file_ >= 0 ? format(at_.offset) : "";
  return piece;
}

}  // namespace smtpapi
