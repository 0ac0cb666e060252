// Which filters work on texts, and in which order.
#pragma once

#include <vector>

#include "filter/copy_links.h"
#include "filter/filter.h"

namespace smtpapi {

/// Applies `filters` (resolved, all enabled) to the bodies of a message in the order of PIPE-3.
/// Filters that need links warn when there is no tracking.
void apply_filters(const Filters& filters, const FilterContext& context,
                   std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

/// What they do to links, which are looked for when substitution is done (PIPE-5).
LinkRules link_rules(const Filters& filters, const FilterContext& context);

/// Tags that become URLs or images when substitution is done (PIPE-3, steps 9 and 12). Those of
/// groups only if there are any, because their "<" is in every HTML.
struct LateTag {
  std::string tag;
  Slot slot;
};
std::vector<LateTag> late_tags(const Filters& filters, const FilterContext& context,
                               bool with_group_tags);

/// Which link the List-Unsubscribe field of the copies holds (UNSUB-6, ASM-10); nothing: no field.
std::optional<LinkKind> list_unsubscribe(const Filters& filters, const FilterContext& context);

}  // namespace smtpapi
