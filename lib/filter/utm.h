// Filter `ganalytics`: parameters for the receiver of a link (GA-1 to GA-5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/filter.h"

namespace smtpapi {

/// Name and value, in the order in which they are appended; not those with an empty value (GA-2).
using UtmParameters = std::vector<std::pair<std::string_view, std::string>>;

UtmParameters utm_parameters(const FilterSettings& settings, const FilterOptions& options);

/// "utm_source=news&utm_medium=..." for values that are final: percent-encoded one by one (GA-4).
struct EncodedUtm {
  std::string_view name;  ///< "utm_source"
  std::string parameter;  ///< "utm_source=news"
};
std::vector<EncodedUtm> encode_utm(const UtmParameters& parameters);

/// Appends `url` with those parameters that it does not have yet behind its own, in front of the
/// fragment (GA-4). True if any was added.
bool append_with_utm(std::string& out, std::string_view url,
                     const std::vector<EncodedUtm>& parameters);

}  // namespace smtpapi
