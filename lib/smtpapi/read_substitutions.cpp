// `sub` and `section`: what stands in the text, and what takes its place.
#include <algorithm>
#include <array>

#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

using json::Kind;
using json::Value;

/// The vendor's own tags (ASM-6), which a client's value overrides (SUB-14).
constexpr std::array<std::string_view, 6> reserved_tags = {
    "<%asm_group_unsubscribe_raw_url%>",  "<%asm_group_unsubscribe_url%>",
    "<%asm_global_unsubscribe_raw_url%>", "<%asm_global_unsubscribe_url%>",
    "<%asm_preferences_raw_url%>",        "<%asm_preferences_url%>",
};

/// True when `tag` can be searched for.
bool check_tag(const json::Member& member, std::string_view where, Findings& findings) {
  if (member.key.empty()) {
    findings.warnings.add(member.key_offset, "the empty tag in '{}' is ignored", where);
    return false;
  }
  if (std::find(reserved_tags.begin(), reserved_tags.end(), member.key) != reserved_tags.end()) {
    findings.warnings.add(member.key_offset,
                          "tag {} has a meaning of its own: the one in '{}' wins",
                          quoted(member.key), where);
  }
  return true;
}

std::vector<std::string> read_row(const json::Member& member, Findings& findings) {
  std::vector<std::string> values;
  std::size_t nested = 0;
  std::size_t first_nested = 0;  // counted from 1
  Kind kind = Kind::null;
  for (const Value& value : json::Items(member.value)) {
    auto text = scalar_text(value);
    values.push_back(text ? *std::move(text) : std::string());
    if (text || nested++ > 0) continue;
    first_nested = values.size();
    kind = value.kind();
  }
  if (nested > 0) {
    findings.warnings.add(member.value.offset(), "tag {}: entry {} is {} and counts as empty{}",
                          quoted(member.key), first_nested, describe(kind),
                          nested > 1 ? fmt::format(" ({} more do)", nested - 1) : "");
  }
  return values;
}

/// SUB-3, SUB-4: allowed, but seldom meant. `recipients` is 0 when they are not known here.
void compare_with_recipients(const json::Member& member, std::size_t values, std::size_t recipients,
                             Findings& findings) {
  if (recipients == 0 || values == recipients) return;
  findings.warnings.add(
      member.value.offset(), "tag {} has {} values for {} recipients: {}", quoted(member.key),
      values, recipients,
      values < recipients ? "it is empty for the others" : "the surplus is ignored");
}

}  // namespace

std::vector<Substitution> read_sub(const Value& value, std::size_t recipients, Findings& findings) {
  std::vector<Substitution> sub;
  for (json::Member& member : read_object(value, "sub", findings)) {
    if (!check_tag(member, "sub", findings)) continue;
    Substitution entry;
    if (member.value.is(Kind::array)) {
      entry.values = read_row(member, findings);
      compare_with_recipients(member, entry.values.size(), recipients, findings);
    } else {
      entry.for_everyone = true;
      auto text = scalar_text(member.value);
      if (!text) {
        findings.warnings.add(member.value.offset(), "tag {} is an object and counts as empty",
                              quoted(member.key));
      }
      entry.values.push_back(text ? *std::move(text) : std::string());
    }
    entry.tag = std::move(member.key);
    sub.push_back(std::move(entry));
  }
  return sub;
}

std::vector<TextPair> read_section(const Value& value, Findings& findings) {
  std::vector<TextPair> section;
  for (json::Member& member : read_object(value, "section", findings)) {
    if (!check_tag(member, "section", findings)) continue;
    auto text = scalar_text(member.value);
    if (!text) {
      findings.warnings.add(member.value.offset(), "section {} is {} and counts as empty",
                            quoted(member.key), describe(member.value.kind()));
    }
    section.emplace_back(std::move(member.key), text ? *std::move(text) : std::string());
  }
  return section;
}

void check_substitution_sizes(const Document& document, std::size_t recipients, std::size_t limit,
                              std::size_t offset, Findings& findings) {
  if (limit == 0) return;
  std::size_t rows = std::max<std::size_t>(recipients, 1);
  std::size_t common = 0;  // what every recipient has
  for (const Substitution& entry : document.sub) {
    common += entry.tag.size();
    if (entry.for_everyone) common += entry.value(0).size();
    if (recipients == 0) rows = std::max(rows, entry.values.size());
  }
  std::vector<std::size_t> sizes(rows, common);
  for (const Substitution& entry : document.sub) {
    if (entry.for_everyone) continue;
    const std::size_t filled = std::min(rows, entry.values.size());
    for (std::size_t i = 0; i < filled; ++i) sizes[i] += entry.values[i].size();
  }
  const auto is_over = [limit](std::size_t size) { return size > limit; };
  const auto over = std::count_if(sizes.begin(), sizes.end(), is_over);
  if (over == 0) return;
  const auto first = std::find_if(sizes.begin(), sizes.end(), is_over);
  findings.problems.add(offset,
                        "tags and values of recipient {} have {} bytes: at most {} are allowed{}",
                        first - sizes.begin() + 1, *first, limit,
                        over > 1 ? fmt::format(" ({} more recipients are over it)", over - 1) : "");
}

}  // namespace smtpapi
