// A log file that is written, rotated and truncated while it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event/log_source.h"

namespace smtpapi {

/// Survives renaming rotation and copytruncate: the rest of a rotated FILE.1, FILE-20261121 ... is
/// read before the new FILE, also when the program was away meanwhile. What was compressed by then
/// is lost, which is logged. The file may appear later.
class LogFile final : public LogSource {
 public:
  explicit LogFile(std::string path);
  ~LogFile() override;

  const std::string& name() const override { return path_; }
  void go_to(const std::optional<std::string>& place) override;
  Result<LogPiece> read(Time now) override;

 private:
  /// A file is known by its inode together with its first line: inodes are used again, and a copy
  /// has another one.
  struct Place {
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::uint64_t first = 0;  ///< hash of the first line; 0: none is complete
  };
  struct Found;

  static std::optional<Place> parse(const std::string& text);
  std::string format(std::uint64_t offset) const;
  std::vector<Found> files() const;
  Status open_file(const std::string& path, std::uint64_t offset);
  Status open_first(Time now);
  void remember(Time now);
  /// Once all of the present file was read: goes on to the next, if there is one. Result: whether.
  Result<bool> go_on(Time now);
  void read_lines(std::string_view text, Time now, LogPiece& piece);
  void close_file();

  const std::string path_;
  std::optional<Place> resume_;
  int file_ = -1;
  Place at_;
  bool is_skipping_ = false;  ///< inside a line that is too long
  std::string error_;         ///< logged last
  std::unique_ptr<char[]> buffer_;
  LogLines lines_;
  DeliveryReports deliveries_;
  std::vector<DeliveryReport> reports_;
};

}  // namespace smtpapi
