// The object of filters, of the header or of the account (FLT-1, FLT-4 to FLT-9).
#include <algorithm>

#include "base/text.h"
#include "smtpapi/filter_names.h"
#include "smtpapi/numeric.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

using json::Kind;
using json::Member;
using json::Value;

const Member* find(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

bool is_empty_array(const Value& value) {
  return value.is(Kind::array) && json::Items(value).empty();
}

/// The members of "settings", or null with a warning (FLT-7).
std::optional<std::vector<Member>> find_settings(const Member& filter, Findings& findings) {
  if (!filter.value.is(Kind::object) && !is_empty_array(filter.value)) {
    findings.warnings.add(filter.value.offset(),
                          "filter {} ignored: it is {}, it must be {{\"settings\": {{...}}}}",
                          quoted(filter.key), describe(filter.value.kind()));
    return std::nullopt;
  }
  const std::vector<Member> members = read_members(filter.value, findings);
  const Member* const settings = find(members, "settings");
  if (!settings) {
    const bool is_misspelt = find(members, "setting") != nullptr;
    const bool is_flat = find(members, "enable") || find(members, "enabled");
    findings.warnings.add(filter.key_offset, "filter {} ignored: it has no \"settings\"{}",
                          quoted(filter.key),
                          is_misspelt ? ", only \"setting\": write \"settings\""
                          : is_flat   ? ": put \"enable\" into {\"settings\": {...}}"
                                      : "");
    return std::nullopt;
  }
  for (const Member& member : members) {
    if (member.key == "settings") continue;
    findings.warnings.add(member.key_offset, "filter {}: {} beside \"settings\" is ignored",
                          quoted(filter.key), quoted(member.key));
  }
  if (!settings->value.is(Kind::object) && !is_empty_array(settings->value)) {
    findings.warnings.add(settings->value.offset(),
                          "filter {} ignored: its \"settings\" is {}, it must be an object",
                          quoted(filter.key), describe(settings->value.kind()));
    return std::nullopt;
  }
  return read_members(settings->value, findings);
}

/// FLT-4, FLT-5: what `enable` or else `enabled` says. Nothing when neither is there.
std::optional<bool> find_enable(const Member& filter, const std::vector<Member>& settings,
                                Findings& findings) {
  for (const std::string_view key : {"enable", "enabled"}) {
    const Member* const setting = find(settings, key);
    if (!setting) continue;
    const auto text = scalar_text(setting->value);
    if (!text) continue;  // nested: told as any other setting (FLT-8)
    const std::string lower = to_lower(trim(*text));
    const bool is_switch = lower.empty() || lower == "true" || lower == "false" || lower == "on" ||
                           lower == "off" || read_number(lower);
    if (!is_switch) {
      findings.warnings.add(setting->value.offset(), "filter {} is off: {} is neither 0 nor 1",
                            quoted(filter.key), quoted(*text));
    }
    return is_on(lower);
  }
  return std::nullopt;
}

/// The texts of an array with blanks between them.
std::string entries_of(const Value& array) {
  std::string out;
  for (const Value& entry : json::Items(array))
    out += (out.empty() ? "" : " ") + scalar_text(entry).value_or("");
  return out;
}

/// Fills in the settings that `known` has (FLT-8); null counts as absent.
void read_values(const Member& filter, const FilterName& known, const std::vector<Member>& settings,
                 FilterSettings& out, Findings& findings) {
  for (const Member& setting : settings) {
    const bool is_switch = setting.key == "enable" || setting.key == "enabled";
    const bool is_known = is_switch || std::find(known.settings.begin(), known.settings.end(),
                                                 setting.key) != known.settings.end();
    auto text = scalar_text(setting.value);
    if (setting.key == "list" && setting.value.is(Kind::array)) text = entries_of(setting.value);
    if (!is_known) {
      findings.warnings.add(setting.key_offset, "filter {}: unknown setting {} ignored",
                            quoted(filter.key), quoted(setting.key));
    } else if (!text) {
      findings.warnings.add(setting.value.offset(), "filter {}: setting {} ignored, it is {}",
                            quoted(filter.key), quoted(setting.key),
                            describe(setting.value.kind()));
    } else if (!is_switch && !setting.value.is(Kind::null)) {
      out.values.emplace(setting.key, *std::move(text));
    }
  }
}

/// ERR-4: mail that goes out without its template is wrong mail. No templates are stored, so every
/// id is an unknown one.
void check_template(const Member& filter, const FilterSettings& settings, Findings& findings) {
  const std::string_view id = settings.value("template_id");
  if (id.empty()) {
    findings.warnings.add(filter.key_offset, "filter \"templates\" names no \"template_id\"");
  } else if (id.starts_with("d-")) {  // TPL-7
    findings.problems.add(
        filter.key_offset,
        "template {} is a dynamic one: those work with the Web API only, use tags "
        "and the filter \"template\"",
        quoted(id));
  } else {
    findings.problems.add(filter.key_offset,
                          "template {} is not known: no templates are stored here", quoted(id));
  }
}

void add_unknown(const Member& filter, bool is_account, Findings& findings) {
  if (is_account && filter.key == "asm_groups") {
    findings.warnings.add(filter.key_offset,
                          "'asm_groups' has no effect: groups are kept in the store, see "
                          "'smtpapictl group'");
    return;
  }
  const std::string lower = to_lower(filter.key);
  findings.warnings.add(filter.key_offset, "unknown filter {} ignored{}", quoted(filter.key),
                        find_filter(lower) ? ": names are lower case, write " + quoted(lower) : "");
}

}  // namespace

Filters read_filters(const Value& value, FilterSource source, Findings& findings) {
  const bool is_account = source == FilterSource::account;
  Filters filters;
  for (const Member& filter : read_object(value, "filters", findings)) {
    const FilterName* const known = find_filter(filter.key);
    if (!known) {
      add_unknown(filter, is_account, findings);
      continue;
    }
    const auto settings = find_settings(filter, findings);
    if (!settings) continue;
    const std::optional<bool> enable = find_enable(filter, *settings, findings);
    if (known->status == FilterStatus::ignored ||
        (known->status == FilterStatus::account && !is_account)) {
      if (enable.value_or(true)) {
        findings.warnings.add(filter.key_offset, "filter {} is ignored: it {}", quoted(filter.key),
                              known->status == FilterStatus::account ? "is an account setting"
                                                                     : "does nothing any more");
      }
      continue;
    }
    if (is_account && (filter.key == "templates" || filter.key.starts_with("bypass_"))) {  // BYP-2
      findings.warnings.add(filter.key_offset, "filter {} is ignored: it is no account setting",
                            quoted(filter.key));
      continue;
    }
    FilterSettings read;
    read_values(filter, *known, *settings, read, findings);
    if (!enable && read.values.empty()) {  // FLT-6
      findings.warnings.add(filter.key_offset, "filter {} ignored: it has no \"enable\"",
                            quoted(filter.key));
      continue;
    }
    read.enabled = enable.value_or(true);
    if (read.enabled && filter.key == "templates") {
      check_template(filter, read, findings);
    } else if (read.enabled && known->status == FilterStatus::off) {
      findings.warnings.add(filter.key_offset,
                            "filter {} is off here: what it needs is not part of this set-up, the "
                            "mail goes out without it",
                            quoted(filter.key));
    }
    filters.emplace(filter.key, std::move(read));
  }
  return filters;
}

}  // namespace smtpapi
