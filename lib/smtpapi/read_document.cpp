// The top level of the header (HDR-13 to HDR-15), and the keys that are simple.
#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "smtpapi/numeric.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

using json::Kind;
using json::Value;

constexpr std::array<std::string_view, 12> known_keys = {
    "to",      "sub",          "section",  "category",     "unique_args",           "filters",
    "send_at", "send_each_at", "batch_id", "asm_group_id", "asm_groups_to_display", "ip_pool"};

bool is_known(std::string_view key) {
  return std::find(known_keys.begin(), known_keys.end(), key) != known_keys.end();
}

/// What clients of the newer API write, and what it is called here (HDR-14).
struct Hint {
  std::string_view key;
  std::string_view help;
};
constexpr Hint hints[] = {
    {"asm", "write \"asm_group_id\" and \"asm_groups_to_display\""},
    {"bcc", "use the filter \"bcc\", or add the recipient to \"to\""},
    {"categories", "write \"category\""},
    {"cc", "add the recipient to \"to\""},
    {"custom_args", "write \"unique_args\""},
    {"dynamic_template_data", "write \"sub\""},
    {"ip_pool_name", "write \"ip_pool\""},
    {"mail_settings", "write \"filters\""},
    {"personalizations", "write \"to\" and \"sub\""},
    {"sections", "write \"section\""},
    {"substitutions", "write \"sub\""},
    {"template_id", "use the filter \"templates\""},
    {"tracking_settings", "write \"filters\""},
};

std::string help_with(std::string_view key) {
  const std::string lower = to_lower(key);
  if (is_known(lower)) return ": keys are lower case, write " + quoted(lower);
  for (const Hint& hint : hints) {
    if (hint.key == lower) return ": " + std::string(hint.help);
  }
  return "";
}

/// TO-1. Entries that are not strings are problems, and left out.
std::vector<std::string> read_to(const Value& value, std::size_t limit, Findings& findings) {
  if (value.is(Kind::string)) return {value.text()};
  if (!value.is(Kind::array)) {
    findings.problems.add(value.offset(), "'to' is {}: it must be an array of addresses",
                          describe(value.kind()));
    return {};
  }
  std::vector<std::string> to;
  std::size_t count = 0;
  std::size_t first_bad = 0;  // counted from 1
  Value bad;
  for (const Value& entry : json::Items(value)) {
    ++count;
    if (entry.is(Kind::string)) {
      to.push_back(entry.text());
    } else if (first_bad == 0) {
      first_bad = count;
      bad = entry;
    }
  }
  if (first_bad > 0) {
    const std::size_t more = count - to.size() - 1;
    findings.problems.add(bad.offset(), "'to' entry {} is {}: each must be a string{}", first_bad,
                          describe(bad.kind()),
                          more > 0 ? fmt::format(" ({} more are not)", more) : "");
  }
  if (limit > 0 && count > limit) {
    findings.problems.add(value.offset(),
                          "'to' has {} entries: at most {} are allowed, split the message", count,
                          limit);
  }
  return to;
}

/// SCH-11.
std::string read_batch_id(const Value& value, Findings& findings) {
  const auto is_allowed = [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (value.is(Kind::string) || value.is(Kind::number)) {
    std::string id = value.text();
    const bool fits = !id.empty() && id.size() <= 100;
    if (fits && std::all_of(id.begin(), id.end(), is_allowed)) return id;
  }
  findings.warnings.add(value.offset(),
                        "'batch_id' ignored: it must be 1 to 100 of A-Z a-z 0-9 - and _");
  return {};
}

/// ASM-1: an integer, also in quotes.
std::optional<std::int64_t> read_integer(const Value& value) {
  if (!value.is(Kind::number) && !value.is(Kind::string)) return std::nullopt;
  const auto number = read_number(value.text());
  if (!number || !number->is_whole) return std::nullopt;
  return number->whole;
}

std::optional<std::int64_t> read_group(const Value& value, Findings& findings) {
  const auto id = read_integer(value);
  if (!id) {
    findings.warnings.add(value.offset(), "'asm_group_id' ignored: {} where an integer belongs",
                          describe(value.kind()));
  }
  return id;
}

/// ASM-4.
std::vector<std::int64_t> read_groups(const Value& value, Findings& findings) {
  constexpr std::size_t most = 25;
  std::vector<std::int64_t> ids;
  if (const auto id = read_integer(value)) return {*id};
  if (!value.is(Kind::array)) {
    findings.warnings.add(value.offset(), "'asm_groups_to_display' ignored: {} is no array",
                          describe(value.kind()));
    return ids;
  }
  std::size_t ignored = 0;
  std::size_t surplus = 0;
  for (const Value& entry : json::Items(value)) {
    const auto id = read_integer(entry);
    if (!id) {
      ++ignored;
    } else if (ids.size() == most) {
      ++surplus;
    } else {
      ids.push_back(*id);
    }
  }
  if (ignored > 0) {
    findings.warnings.add(value.offset(),
                          "'asm_groups_to_display': {} of its entries {} no integer", ignored,
                          ignored == 1 ? "is" : "are");
  }
  if (surplus > 0) {
    findings.warnings.add(value.offset(), "'asm_groups_to_display': only the first {} count", most);
  }
  return ids;
}

/// POOL-1. One character is enough: which names exist is up to the configuration.
std::string read_pool(const Value& value, Findings& findings) {
  constexpr std::size_t most = 64;
  if (value.is(Kind::string) || value.is(Kind::number)) {
    std::string name = value.text();
    if (!name.empty() && name.size() <= most) return name;
  }
  findings.warnings.add(value.offset(),
                        "'ip_pool' ignored: it must be a name of 2 to {} characters", most);
  return {};
}

}  // namespace

std::vector<json::Member> read_members(const Value& object, Findings& findings) {
  std::vector<json::Member> members = json::members(object);
  for (const json::Member& member : members) {
    if (!member.repeated) continue;
    findings.warnings.add(member.key_offset, "{} is there more than once: the last one counts",
                          quoted(member.key));
  }
  return members;
}

std::vector<json::Member> read_object(const Value& value, std::string_view name,
                                      Findings& findings) {
  if (value.is(Kind::object)) return read_members(value, findings);
  const bool is_phps_empty_object = value.is(Kind::array) && json::Items(value).empty();
  if (!is_phps_empty_object) {
    findings.problems.add(value.offset(), "'{}' is {}: it must be an object", name,
                          describe(value.kind()));
  }
  return {};
}

std::optional<std::string> scalar_text(const Value& value) {
  switch (value.kind()) {
    case Kind::object:
    case Kind::array:
      return std::nullopt;
    case Kind::null:
      return "";
    default:
      return value.text();
  }
}

Document read_document(const Value& object, const Limits& limits, Time now, std::size_t recipients,
                       Findings& findings) {
  const std::vector<json::Member> members = read_members(object, findings);
  const auto find = [&](std::string_view key) -> const json::Member* {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const json::Member& m) { return m.key == key; });
    const bool absent = found == members.end() || found->value.is(Kind::null);  // HDR-15
    return absent ? nullptr : &*found;
  };
  for (const json::Member& member : members) {
    if (is_known(member.key)) continue;
    findings.warnings.add(member.key_offset, "unknown key {} ignored{}", quoted(member.key),
                          help_with(member.key));
  }

  Document document;
  if (const auto* m = find("to")) document.to = read_to(m->value, limits.recipients, findings);
  if (!document.to.empty()) recipients = document.to.size();
  if (const auto* m = find("section")) document.section = read_section(m->value, findings);
  if (const auto* m = find("sub")) {
    document.sub = read_sub(m->value, document.to.size(), findings);
    check_substitution_sizes(document, recipients, limits.substitution_bytes, m->value.offset(),
                             findings);
  }
  if (const auto* m = find("category")) read_category(m->value, document, findings);
  if (const auto* m = find("unique_args")) {
    document.unique_args = read_unique_args(m->value, limits.unique_args_bytes, findings);
  }
  if (const auto* m = find("filters")) {
    document.filters = read_filters(m->value, FilterSource::header, findings);
  }
  const std::int64_t latest =
      to_unix(now) +
      std::min<std::int64_t>(limits.schedule_ahead.count(),
                             std::numeric_limits<std::int64_t>::max() - to_unix(now));
  if (const auto* m = find("send_at")) {
    document.send_at = read_send_at(m->value, latest, findings);
  }
  if (const auto* m = find("send_each_at")) {
    document.send_each_at = read_send_each_at(m->value, latest, recipients, findings);
    if (document.send_at && !document.send_each_at.empty()) {  // SCH-3
      findings.problems.add(m->key_offset,
                            "'send_at' and 'send_each_at' exclude each other: send only one");
    }
  }
  if (const auto* m = find("batch_id")) document.batch_id = read_batch_id(m->value, findings);
  if (const auto* m = find("asm_group_id")) {
    document.asm_group_id = read_group(m->value, findings);
  }
  if (const auto* m = find("asm_groups_to_display")) {
    document.asm_groups_to_display = read_groups(m->value, findings);
  }
  if (const auto* m = find("ip_pool")) document.ip_pool = read_pool(m->value, findings);
  return document;
}

}  // namespace smtpapi
