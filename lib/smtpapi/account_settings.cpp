// The account's settings file: filters, as the header has them.
#include <algorithm>

#include "base/text.h"
#include "smtpapi/parse.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

/// Line and column in a file.
Place place_in(std::string_view file, std::size_t offset) {
  const std::string_view before = file.substr(0, offset);
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const auto last_feed = before.rfind('\n');
  const std::size_t line_begin = last_feed == std::string_view::npos ? 0 : last_feed + 1;
  return {lines + 1, offset - line_begin + 1};
}

Filters read_settings(const json::Value& object, Findings& findings) {
  const std::vector<json::Member> members = json::members(object);
  const auto is_filters = [](const json::Member& member) { return member.key == "filters"; };
  const auto filters = std::find_if(members.begin(), members.end(), is_filters);
  if (filters == members.end()) return read_filters(object, FilterSource::account, findings);
  for (const json::Member& member : members) {
    if (member.key == "filters") continue;
    if (member.key == "asm_groups") {
      findings.warnings.add(
          member.key_offset,
          "'asm_groups' has no effect: groups are kept in the store, see 'smtpapictl "
          "group'");
    } else {
      findings.warnings.add(member.key_offset, "unknown key {} ignored", quoted(member.key));
    }
  }
  if (filters->value.is(json::Kind::null)) return {};
  return read_filters(filters->value, FilterSource::account, findings);
}

}  // namespace

ParsedFilters parse_account_settings(std::string_view file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (file.starts_with(byte_order_mark)) file.remove_prefix(byte_order_mark.size());
  ParsedFilters parsed;
  if (trim(file).empty()) return parsed;
  Findings findings;
  if (const auto invalid = find_invalid_utf8(file)) {
    findings.problems.add(*invalid, "octet 0x{:02X} is not UTF-8",
                          static_cast<unsigned char>(file[*invalid]));
  } else {
    const json::Reading reading = json::read(file);
    if (reading.error) {
      findings.problems.add(reading.error->offset, "not JSON: {}", reading.error->text);
    } else if (!reading.value->is(json::Kind::object)) {
      findings.problems.add(reading.value->offset(), "the settings are {}: they must be an object",
                            describe(reading.value->kind()));
    } else {
      parsed.filters = read_settings(*reading.value, findings);
    }
  }
  const auto place = [&](std::size_t offset) { return place_in(file, offset); };
  parsed.problems = std::move(findings.problems).in_order(place);
  parsed.warnings = std::move(findings.warnings).in_order(place);
  return parsed;
}

}  // namespace smtpapi
