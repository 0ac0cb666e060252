#include "filter/group_links.h"

#include "filter/group_tags.h"

namespace smtpapi {

// Whether substitution brings a tag along is known in each copy only: there the links give way.
void apply_group_links(std::vector<BodyText>& bodies) {
  const Slot links = {SlotKind::group_links};
  if (BodyText* html = first_body(bodies, TextKind::html); html && !has_group_tag(html->text))
    (Insertion() << links).put_below_html(*html);
  if (BodyText* plain = first_body(bodies, TextKind::plain); plain && !has_group_tag(plain->text)) {
    std::string& text = plain->text;
    if (!text.empty() && !text.ends_with('\n')) plain->insert(text.size(), "\r\n");
    plain->insert(text.size(), links);
  }
}

}  // namespace smtpapi
