#include "filter/utm.h"

#include <algorithm>
#include <array>

#include "base/encode.h"

namespace smtpapi {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view fallback;  ///< GA-2
};
constexpr std::array<Parameter, 5> known = {{{"utm_source", {}},
                                             {"utm_medium", "email"},
                                             {"utm_term", {}},
                                             {"utm_content", {}},
                                             {"utm_campaign", "website"}}};

/// Some "name=value" or "name" of the query is that one.
bool has_parameter(std::string_view query, std::string_view name) {
  for (auto at = query.find(name); at != std::string_view::npos; at = query.find(name, at + 1)) {
    const bool begins = at == 0 || query[at - 1] == '&' || query[at - 1] == ';';
    const auto behind = at + name.size();
    const bool ends = behind == query.size() || query[behind] == '=' || query[behind] == '&' ||
                      query[behind] == ';';
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

UtmParameters utm_parameters(const FilterSettings& settings, const FilterOptions& options) {
  UtmParameters out;
  for (const Parameter& parameter : known) {
    std::string_view value =
        parameter.name == "utm_source" ? std::string_view(options.utm_source) : parameter.fallback;
    if (settings.has(parameter.name)) value = settings.value(parameter.name);
    if (!value.empty()) out.emplace_back(parameter.name, value);
  }
  return out;
}

std::vector<EncodedUtm> encode_utm(const UtmParameters& parameters) {
  std::vector<EncodedUtm> out;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    EncodedUtm utm{name, std::string(name) + "="};
    append_percent_encoded(utm.parameter, value);
    out.push_back(std::move(utm));
  }
  return out;
}

bool append_with_utm(std::string& out, std::string_view url,
                     const std::vector<EncodedUtm>& parameters) {
  const auto hash = std::min(url.find('#'), url.size());
  const std::string_view front = url.substr(0, hash);
  const auto mark = front.find('?');
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : front.substr(mark + 1);
  out += front;
  bool added = false;
  for (const EncodedUtm& utm : parameters) {
    if (has_parameter(query, utm.name)) continue;
    if (mark == std::string_view::npos && !added)
      out += '?';
    else if (added || !(query.empty() || query.ends_with('&')))
      out += '&';
    out += utm.parameter;
    added = true;
  }
  out += url.substr(hash);
  return added;
}

}  // namespace smtpapi
