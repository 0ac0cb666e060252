#include "smtpapi/numeric.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace smtpapi {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool all_zeros(std::string_view digits) {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<Numeric> read_number(std::string_view text) {
  text = trim(text);
  const bool negative = !text.empty() && text.front() == '-';
  take(text, "+-");
  const std::string_view magnitude = text;

  const std::string_view digits = take_digits(text);
  const std::string_view fraction = take(text, ".") ? take_digits(text) : std::string_view();
  if (digits.empty() && fraction.empty()) return std::nullopt;
  Numeric number;
  number.is_zero = all_zeros(digits) && all_zeros(fraction);
  number.is_whole = all_zeros(fraction);
  if (text.empty()) {
    const auto plain = digits.empty() ? 0 : to_integer(digits);
    number.whole = plain ? (negative ? -*plain : *plain) : (negative ? lowest : highest);
    return number;
  }

  if (!take(text, "eE")) return std::nullopt;
  const bool shrinks = !text.empty() && text.front() == '-';
  take(text, "+-");
  if (take_digits(text).empty() || !text.empty()) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(magnitude.data(), magnitude.data() + magnitude.size(), value);
  if (read.ec == std::errc::result_out_of_range) value = shrinks ? 0.0 : HUGE_VAL;
  number.is_whole = value == std::trunc(value) && !(shrinks && value == 0 && !number.is_zero);
  if (value >= 9.2e18) {
    number.whole = negative ? lowest : highest;
  } else {
    number.whole = static_cast<std::int64_t>(negative ? -value : value);
  }
  return number;
}

}  // namespace smtpapi
