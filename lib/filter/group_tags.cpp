#include "filter/group_tags.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::string_view prefix = "asm_";  // of every name

constexpr std::array<GroupTag, 6> tags = {
    {{"<%asm_group_unsubscribe_raw_url%>", SlotKind::group_url},
     {"<%asm_group_unsubscribe_url%>", SlotKind::group_link},
     {"<%asm_global_unsubscribe_raw_url%>", SlotKind::global_url},
     {"<%asm_global_unsubscribe_url%>", SlotKind::global_link},
     {"<%asm_preferences_raw_url%>", SlotKind::preferences_url},
     {"<%asm_preferences_url%>", SlotKind::preferences_link}}};

/// What may stand for "<%" and "%>", in pairs.
struct Marks {
  std::string_view open, close;
};
constexpr std::array<Marks, 3> marks = {{{"<%", "%>"}, {"&lt;%", "%&gt;"}, {"%3C%25", "%25%3E"}}};

/// White space as text, as URLs and as HTML editors write it.
constexpr std::array<std::string_view, 4> blanks = {"%20", "+", "&nbsp;", "\xC2\xA0"};

std::string_view without_blanks_behind(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    for (const std::string_view blank : blanks) {
      if (!text.ends_with(blank)) continue;
      text.remove_suffix(blank.size());
      again = true;
    }
  }
  return text;
}

std::string_view without_blanks_before(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    for (const std::string_view blank : blanks) {
      if (!text.starts_with(blank)) continue;
      text.remove_prefix(blank.size());
      again = true;
    }
  }
  return text;
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

struct Found {
  std::size_t begin, end;
  std::string_view tag;
};

/// The tag whose name stands at `name`; `from` is where its opening mark may begin at the earliest.
std::optional<Found> tag_at(std::string_view text, std::size_t from, std::size_t name) {
  const auto tag = std::find_if(tags.begin(), tags.end(), [&](const GroupTag& known) {
    return text.substr(name).starts_with(known.tag.substr(2, known.tag.size() - 4));
  });
  if (tag == tags.end()) return std::nullopt;
  const std::size_t name_end = name + tag->tag.size() - 4;
  const std::string_view before = without_blanks_behind(text.substr(from, name - from));
  const std::string_view behind = without_blanks_before(text.substr(name_end));
  for (const Marks& mark : marks) {
    if (!ends_with_ignoring_case(before, mark.open) ||
        !starts_with_ignoring_case(behind, mark.close))
      continue;
    return Found{from + before.size() - mark.open.size(),
                 text.size() - behind.size() + mark.close.size(), tag->tag};
  }
  return std::nullopt;
}

std::optional<Found> find_tag(std::string_view text, std::size_t from) {
  for (auto name = text.find(prefix, from); name != std::string_view::npos;
       name = text.find(prefix, name + prefix.size())) {
    if (auto found = tag_at(text, from, name)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::span<const GroupTag> group_tags() { return tags; }

bool has_group_tag(std::string_view text) { return find_tag(text, 0).has_value(); }

bool mend_group_tags(std::string& text) {
  auto found = find_tag(text, 0);
  if (!found) return false;
  std::string mended;
  mended.reserve(text.size());
  std::size_t done = 0;
  for (; found; found = find_tag(text, done)) {
    mended.append(text, done, found->begin - done).append(found->tag);
    done = found->end;
  }
  mended.append(text, done);
  text = std::move(mended);
  return true;
}

bool has_group_tag(const Document& document) {
  const auto has = [](const std::string& text) { return has_group_tag(text); };
  return std::any_of(document.sub.begin(), document.sub.end(),
                     [&](const Substitution& sub) {
                       return std::any_of(sub.values.begin(), sub.values.end(), has);
                     }) ||
         std::any_of(document.section.begin(), document.section.end(),
                     [&](const TextPair& section) { return has(section.second); });
}

void mend_group_tags(Document& document) {
  for (Substitution& sub : document.sub) {
    for (std::string& value : sub.values) mend_group_tags(value);
  }
  for (TextPair& section : document.section) mend_group_tags(section.second);
}

bool mend_group_tags(Filters& filters) {
  bool any = false;
  for (auto& [name, settings] : filters) {
    for (auto& [key, text] : settings.values) any |= mend_group_tags(text);
  }
  return any;
}

}  // namespace smtpapi
