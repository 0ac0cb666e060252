#include "filter/group_links.h"

#include <algorithm>

#include "filter/group_tags.h"

namespace smtpapi {
namespace {

/// Some recipient's substitutions bring such a tag into `text`.
bool gets_group_tag(const Document& document, std::string_view text) {
  const auto has = [](const std::string& value) { return has_group_tag(value); };
  const auto is_used = [&](std::string_view tag) {
    return text.find(tag) != std::string_view::npos;
  };
  return std::any_of(document.sub.begin(), document.sub.end(),
                     [&](const Substitution& sub) {
                       return is_used(sub.tag) &&
                              std::any_of(sub.values.begin(), sub.values.end(), has);
                     }) ||
         std::any_of(document.section.begin(), document.section.end(),
                     [&](const TextPair& section) {
                       return is_used(section.first) && has(section.second);
                     });
}

bool needs_links(const FilterContext& context, const BodyText* body) {
  return body && !has_group_tag(body->text) && !gets_group_tag(*context.document, body->text);
}

}  // namespace

void apply_group_links(const FilterContext& context, std::vector<BodyText>& bodies) {
  const Slot group = {SlotKind::group_link};
  const Slot preferences = {SlotKind::preferences_link};
  if (BodyText* html = first_body(bodies, TextKind::html); needs_links(context, html))
    (Insertion() << "<p>" << group << " | " << preferences << "</p>").put_below_html(*html);
  if (BodyText* plain = first_body(bodies, TextKind::plain); needs_links(context, plain))
    (Insertion() << group << "\r\n" << preferences).put_below_text(*plain);
}

}  // namespace smtpapi
