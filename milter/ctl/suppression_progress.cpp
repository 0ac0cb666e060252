#include "milter/ctl/suppression_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t bar_width = 20;
constexpr std::chrono::milliseconds between(100);
constexpr double longest_rest = 359'999;  ///< seconds

std::string rest_in_words(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, longest_rest)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3'600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3'600, whole / 60 % 60);
}

}  // namespace

std::string progress_line(const ProgressFigures& figures) {
  std::string out;
  double part = 0;
  if (figures.of_octets) {
    const auto whole = static_cast<double>(std::max<std::uintmax_t>(*figures.of_octets, 1));
    part = std::min(1.0, static_cast<double>(figures.octets) / whole);
    const auto filled = static_cast<std::size_t>(part * bar_width);
    out = fmt::format("[{}{}] {:3.0f}%  ", std::string(filled, '#'),
                      std::string(bar_width - filled, ' '), std::floor(100 * part));
  }
  out += counted(figures.items, "line", "lines");
  const double elapsed = figures.elapsed.count();
  if (elapsed <= 0) return out;
  out += fmt::format(
      "  {}/s", grouped(static_cast<std::size_t>(static_cast<double>(figures.items) / elapsed)));
  if (part > 0) out += fmt::format("  {} left", rest_in_words(elapsed * (1 - part) / part));
  return out;
}

void Progress::show(std::size_t items, std::uintmax_t octets) {
  if (!is_terminal_) return;
  const auto now = steady_clock::now();
  if (now - drawn_ < between) return;
  drawn_ = now;
  is_drawn_ = true;
  // Behind the line what is left of a longer one is erased.
  out_ << '\r' << progress_line({items, octets, of_octets_, now - began_}) << "\x1b[K"
       << std::flush;
}

void Progress::wipe() {
  if (is_drawn_) out_ << "\r\x1b[K" << std::flush;
  is_drawn_ = false;
}

}  // namespace smtpapi::ctl
