// The tags of unsubscribe groups (ASM-6).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "filter/filter.h"

namespace smtpapi {

struct GroupTag {
  std::string_view tag;  ///< as it is looked for: "<%asm_group_unsubscribe_raw_url%>"
  SlotKind slot;
};
std::span<const GroupTag> group_tags();

/// Brings the spellings that HTML editors make of these tags into the one that is looked for: white
/// space inside the marks, `&lt;%...%&gt;`, `%3C%25...%25%3E` (ASM-7). True if there was any tag,
/// however spelt. Linear.
bool mend_group_tags(std::string& text);
bool has_group_tag(std::string_view text);

/// The same for what is put in the place of tags, and for the texts of filters.
bool has_group_tag(const Document& document);
void mend_group_tags(Document& document);
bool mend_group_tags(Filters& filters);

}  // namespace smtpapi
