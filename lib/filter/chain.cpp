#include "filter/chain.h"

#include <fmt/format.h>

#include "filter/body_template.h"
#include "filter/footer.h"
#include "filter/gravatar.h"
#include "filter/group_links.h"
#include "filter/group_tags.h"
#include "filter/open_pixel.h"
#include "filter/unsubscribe_text.h"
#include "smtpapi/filter_names.h"

namespace smtpapi {
namespace {

/// The settings of a filter that is on, or null.
const FilterSettings* find(const Filters& filters, std::string_view name) {
  const auto found = filters.find(name);
  return found == filters.end() ? nullptr : &found->second;
}

void warn_of_no_tracking(const Filters& filters, const FilterContext& context,
                         std::vector<Remark>& warnings) {
  const auto warn = [&](std::string_view what) {
    warnings.push_back(
        {{}, fmt::format("{} off: the operator has set no tracking.url for links", what)});
  };
  for (const std::string_view name : {"clicktrack", "opentrack", "subscriptiontrack"}) {
    if (find(filters, name)) warn(fmt::format("filter {} is", name));
  }
  if (context.document->asm_group_id) warn("the links of 'asm_group_id' are");
}

}  // namespace

void apply_filters(const Filters& filters, const FilterContext& context,
                   std::vector<BodyText>& bodies, std::vector<Remark>& warnings) {
  const auto apply = [&](std::string_view name, ApplyFilter filter) {
    if (const FilterSettings* settings = find(filters, name))
      filter(*settings, context, bodies, warnings);
  };
  // PIPE-3, steps 5 to 7: a template wraps what the client wrote, so that the footer stays below
  // both; then MIME-6.
  apply("template", apply_body_template);
  apply("footer", apply_footer);
  if (!context.tracking) {
    warn_of_no_tracking(filters, context, warnings);
    apply("gravatar", apply_gravatar);
    return;
  }
  if (context.document->asm_group_id)  // UNSUB-7
    apply_group_links(bodies);
  else
    apply("subscriptiontrack", apply_unsubscribe_text);
  apply("gravatar", apply_gravatar);
  apply("opentrack", apply_open_pixel);
  if (context.options.trap_link && find(filters, "clicktrack")) apply_trap_link(bodies);
}

LinkRules link_rules(const Filters& filters, const FilterContext& context) {
  LinkRules rules;
  rules.utm = find(filters, "ganalytics") != nullptr;
  if (const FilterSettings* click = find(filters, "clicktrack"); click && context.tracking) {
    rules.click = true;
    rules.click_text = is_on(click->value("enable_text"));
  }
  return rules;
}

std::vector<LateTag> late_tags(const Filters& filters, const FilterContext& context,
                               bool with_group_tags) {
  std::vector<LateTag> tags;
  if (!context.tracking) return tags;
  if (with_group_tags) {
    for (const GroupTag& tag : group_tags()) tags.push_back({std::string(tag.tag), {tag.slot}});
  }
  const auto add_replace = [&](std::string_view filter, SlotKind slot) {
    const FilterSettings* settings = find(filters, filter);
    if (settings && !settings->value("replace").empty())
      tags.push_back({std::string(settings->value("replace")), {slot}});
  };
  if (!context.document->asm_group_id)  // UNSUB-7: its tag is ignored then
    add_replace("subscriptiontrack", SlotKind::unsubscribe_url);
  add_replace("opentrack", SlotKind::pixel_here);
  return tags;
}

std::optional<LinkKind> list_unsubscribe(const Filters& filters, const FilterContext& context) {
  if (!context.tracking) return std::nullopt;
  if (context.document->asm_group_id) return LinkKind::group_unsubscribe;
  if (find(filters, "subscriptiontrack")) return LinkKind::unsubscribe;
  return std::nullopt;
}

}  // namespace smtpapi
