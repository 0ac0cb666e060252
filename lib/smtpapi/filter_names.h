// Which filters the header may name, which settings each has, and what becomes of it here.
#pragma once

#include <span>
#include <string_view>

namespace smtpapi {

enum class FilterStatus {
  active,   ///< does its work
  off,      ///< recognised; what it needs (tracking, lists, a scanner) is not part of this set-up
  account,  ///< does its work as an account setting only
  ignored,  ///< account level, withdrawn or gone at the vendor too
};

struct FilterName {
  std::string_view name;
  FilterStatus status;
  std::span<const std::string_view> settings;  ///< without enable and enabled
};

/// Null for a filter that does not exist (FLT-8). Names are matched exactly (FLT-1).
const FilterName* find_filter(std::string_view name);

/// FLT-4: "1", "true", "on" in any case and other non-zero numbers are on; all else is off.
bool is_on(std::string_view setting);

}  // namespace smtpapi
