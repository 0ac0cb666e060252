#include "milter/ctl/bars.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace smtpapi::ctl {
namespace {

constexpr std::array<std::string_view, 8> heights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> widths = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

/// `number` in `steps` of `greatest`, rounded, but not to 0.
std::size_t scaled(std::size_t number, std::size_t greatest, std::size_t steps) {
  if (number == 0 || greatest == 0) return 0;
  const double share = static_cast<double>(number) / static_cast<double>(greatest);
  const auto step = static_cast<std::size_t>(share * static_cast<double>(steps) + 0.5);
  return std::clamp<std::size_t>(step, 1, steps);
}

}  // namespace

std::string sparkline(std::span<const std::size_t> numbers) {
  const std::size_t greatest =
      numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
  std::string out;
  for (const std::size_t number : numbers) {
    const std::size_t height = scaled(number, greatest, heights.size());
    out += height == 0 ? "·" : heights[height - 1];
  }
  return out;
}

std::string bar(std::size_t number, std::size_t greatest, std::size_t width) {
  const std::size_t eighths = scaled(number, greatest, 8 * width);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += widths.back();
  if (eighths % 8 > 0) out += widths[eighths % 8 - 1];
  return out;
}

}  // namespace smtpapi::ctl
