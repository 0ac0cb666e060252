// How far a long import has come, for who waits at a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace smtpapi::ctl {

/// What is known of the work so far.
struct ProgressFigures {
  std::size_t items = 0;
  std::uintmax_t octets = 0;
  std::optional<std::uintmax_t> of_octets = {};  ///< nothing for a pipe
  std::chrono::duration<double> elapsed = {};
};

/// "[######              ]  31%  310,000 lines  155,000/s  4 s left", or without bar and rest
/// when the whole is unknown.
std::string progress_line(const ProgressFigures& figures);

/// Draws the line over the last one, ten times a second at most, and wipes it in the end. Writes
/// nothing when `is_terminal` is false.
class Progress {
 public:
  Progress(std::ostream& out, bool is_terminal, std::optional<std::uintmax_t> of_octets)
      : out_(out), is_terminal_(is_terminal), of_octets_(of_octets) {}
  ~Progress() { wipe(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t items, std::uintmax_t octets);
  void wipe();

 private:
  using steady_clock = std::chrono::steady_clock;
  std::ostream& out_;
  bool is_terminal_;
  std::optional<std::uintmax_t> of_octets_;
  steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point drawn_ = began_;
  bool is_drawn_ = false;
};

}  // namespace smtpapi::ctl
