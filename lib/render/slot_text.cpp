// What a slot becomes in one copy.
#include "render/linked_text.h"

namespace smtpapi {
namespace {

constexpr std::string_view pixel_style =
    "height:1px !important;width:1px !important;border-width:0 !important;margin:0 !important;"
    "padding:0 !important";

constexpr std::string_view leave_group = "Unsubscribe From This List";
constexpr std::string_view preferences = "Manage Email Preferences";

}  // namespace

std::string LinkedText::slot_text(Slot slot, CopyLinks& links) const {
  std::string out;
  const auto url = [&](LinkKind kind) { links.append_url(out, kind); };
  const auto labelled = [&](LinkKind kind, std::string_view label) {
    if (kind_ == TextKind::plain) {
      out.append(label).append(": ");  // ASM-8
      url(kind);
      return;
    }
    out += "<a href=\"";
    url(kind);
    out.append("\">").append(label).append("</a>");
  };
  const LinkKind group =
      links.has_group() ? LinkKind::group_unsubscribe : LinkKind::unsubscribe;  // ASM-9
  switch (slot.kind) {
    case SlotKind::fixed:
      return fixed_[slot.detail];
    case SlotKind::pixel:
    case SlotKind::pixel_here:
      if (kind_ != TextKind::html || !links.claim_pixel()) break;
      out += "<img src=\"";
      url(LinkKind::open);
      out.append(R"(" alt="" width="1" height="1" border="0" style=")").append(pixel_style);
      out += "\">";
      break;
    case SlotKind::trap:
      out += "<a href=\"";
      url(LinkKind::trap);
      out += R"(" style="display:none" tabindex="-1" aria-hidden="true"></a>)";
      break;
    case SlotKind::unsubscribe_url:
    case SlotKind::global_url:
      url(LinkKind::unsubscribe);
      break;
    case SlotKind::group_links:
      if (kind_ != TextKind::plain) out += "<p>";
      labelled(group, leave_group);
      out += kind_ == TextKind::plain ? "\r\n" : " | ";
      labelled(LinkKind::preferences, preferences);
      out += kind_ == TextKind::plain ? "\r\n" : "</p>";
      break;
    case SlotKind::group_url:
      url(group);
      break;
    case SlotKind::preferences_url:
      url(LinkKind::preferences);
      break;
    case SlotKind::group_link:
      labelled(group, leave_group);
      break;
    case SlotKind::global_link:
      labelled(LinkKind::unsubscribe, "Unsubscribe From All Emails");
      break;
    case SlotKind::preferences_link:
      labelled(LinkKind::preferences, preferences);
      break;
    case SlotKind::click:
    case SlotKind::link_begin:
    case SlotKind::link_end:
      break;  // of fill()
  }
  return out;
}

}  // namespace smtpapi
