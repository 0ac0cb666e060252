// Numbers as bars of block characters, for a terminal.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace smtpapi::ctl {

/// One character for each number, eight heights up to the greatest; "·" for nothing.
std::string sparkline(std::span<const std::size_t> numbers);

/// A bar to the right, `width` characters long for `greatest`, in eighths of a character; what is
/// not 0 is seen.
std::string bar(std::size_t number, std::size_t greatest, std::size_t width);

}  // namespace smtpapi::ctl
