// The shape of a filter that works on texts: once for each submission, before the tags are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/mime.h"
#include "smtpapi/document.h"
#include "track/tracking.h"

namespace smtpapi {

/// What a place in a text becomes in each copy, when substitution is done (PIPE-3, steps 9 to 12).
enum class SlotKind : std::uint8_t {
  click,             ///< a link; detail: its number in LinkedText
  link_begin,        ///< in front of a URL that holds tags; detail: as above
  link_end,          ///< behind it
  fixed,             ///< the same in every copy; detail: index in BodyText::fixed
  pixel,             ///< the image of opentrack, unless `pixel_here` was met
  pixel_here,        ///< opentrack's `replace`: the image the first time, then nothing (OPEN-2)
  trap,              ///< a link no person sees
  unsubscribe_url,   ///< leaves everything
  group_links,       ///< both links of a group, unless a tag of ASM-6 was met (ASM-5)
  group_url,         ///< ASM-6, and so on
  group_link,        ///< "Unsubscribe From This List"
  global_url,        //
  global_link,       ///< "Unsubscribe From All Emails"
  preferences_url,   //
  preferences_link,  ///< "Manage Email Preferences"
};

struct Slot {
  SlotKind kind = SlotKind::fixed;
  std::uint32_t detail = 0;

  /// As Expansion::Piece::slot.
  std::uint32_t id() const { return static_cast<std::uint32_t>(kind) | detail << 8; }
  static Slot of_id(std::uint32_t id) { return {static_cast<SlotKind>(id & 0xFF), id >> 8}; }
};

struct PlacedSlot {
  std::size_t offset = 0;
  Slot slot;
};

/// The text of one body of the message, transfer encoding and charset undone.
struct BodyText {
  TextKind kind = TextKind::plain;
  std::string text;      ///< UTF-8; line ends as the part has them, CRLF for what filters add
  bool changed = false;  ///< a filter changed it
  std::vector<PlacedSlot> slots = {};   ///< by offset
  std::vector<std::string> fixed = {};  ///< texts that no tag is looked for in

  /// Puts text at `offset`, behind slots that stand there.
  void insert(std::size_t offset, std::string_view added);
  /// Puts a slot at `offset`, behind others that stand there.
  void insert(std::size_t offset, Slot slot);
  Slot add_fixed(std::string text);
};

/// Null when the message has no such body. Filters work on the first one of a kind.
BodyText* first_body(std::vector<BodyText>& bodies, TextKind kind);

/// Text and slots in the order in which they shall stand, put into a body at once.
class Insertion {
 public:
  Insertion& operator<<(std::string_view text);
  Insertion& operator<<(Slot slot);
  bool empty() const { return text_.empty() && slots_.empty(); }

  /// At the bottom of the HTML (MIME-6).
  void put_below_html(BodyText& body) const;
  /// As lines of their own below a text (FOOT-2).
  void put_below_text(BodyText& body) const;

 private:
  void put(BodyText& body, std::size_t offset) const;

  std::string text_;
  std::vector<PlacedSlot> slots_;
};

/// What filters may need to know of a submission besides their settings.
struct FilterContext {
  const Document* document = nullptr;  ///< never null
  const Tracking* tracking = nullptr;  ///< null: no links can be made
  FilterOptions options = {};
  std::string from = {};  ///< address in the From field, ""
};

using ApplyFilter = void (*)(const FilterSettings& settings, const FilterContext& context,
                             std::vector<BodyText>& bodies, std::vector<Remark>& warnings);

}  // namespace smtpapi
