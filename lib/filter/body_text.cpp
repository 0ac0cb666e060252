#include <algorithm>

#include "filter/filter.h"
#include "mail/html.h"

namespace smtpapi {

void BodyText::insert(std::size_t offset, std::string_view added) {
  text.insert(offset, added);
  for (PlacedSlot& slot : slots) {
    if (slot.offset > offset) slot.offset += added.size();
  }
  changed = true;
}

void BodyText::insert(std::size_t offset, Slot slot) {
  const auto behind =
      std::upper_bound(slots.begin(), slots.end(), offset,
                       [](std::size_t at, const PlacedSlot& other) { return at < other.offset; });
  slots.insert(behind, {offset, slot});
  changed = true;
}

Slot BodyText::add_fixed(std::string fixed_text) {
  fixed.push_back(std::move(fixed_text));
  return {SlotKind::fixed, static_cast<std::uint32_t>(fixed.size() - 1)};
}

BodyText* first_body(std::vector<BodyText>& bodies, TextKind kind) {
  for (BodyText& body : bodies) {
    if (body.kind == kind) return &body;
  }
  return nullptr;
}

Insertion& Insertion::operator<<(std::string_view text) {
  text_ += text;
  return *this;
}

Insertion& Insertion::operator<<(Slot slot) {
  slots_.push_back({text_.size(), slot});
  return *this;
}

void Insertion::put(BodyText& body, std::size_t offset) const {
  body.insert(offset, text_);
  for (const PlacedSlot& slot : slots_) body.insert(offset + slot.offset, slot.slot);
}

void Insertion::put_below_html(BodyText& body) const { put(body, bottom_of_html(body.text)); }

void Insertion::put_below_text(BodyText& body) const {
  if (!body.text.empty() && !body.text.ends_with('\n')) body.insert(body.text.size(), "\r\n");
  put(body, body.text.size());
  body.insert(body.text.size(), "\r\n");
}

}  // namespace smtpapi
