#include "filter/open_pixel.h"

namespace smtpapi {

// Where the text of `replace` stands nobody knows before substitution: it is a slot of its own, and
// this one at the bottom is for copies that have none (OPEN-2).
void apply_open_pixel(const FilterSettings&, const FilterContext&, std::vector<BodyText>& bodies,
                      std::vector<Remark>&) {
  if (BodyText* body = first_body(bodies, TextKind::html))
    (Insertion() << Slot{SlotKind::pixel}).put_below_html(*body);
}

void apply_trap_link(std::vector<BodyText>& bodies) {
  if (BodyText* body = first_body(bodies, TextKind::html))
    (Insertion() << Slot{SlotKind::trap}).put_below_html(*body);
}

}  // namespace smtpapi
