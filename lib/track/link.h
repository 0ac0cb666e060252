// What a link of ours means once it is opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/event.h"

namespace smtpapi {

/// The numbers are part of the token's format.
enum class LinkKind : std::uint8_t {
  click = 1,
  open = 2,
  unsubscribe = 3,        ///< from everything (UNSUB-1)
  group_unsubscribe = 4,  ///< from `group`
  preferences = 5,        ///< the page with the groups (ASM-4)
  trap = 6,               ///< a link no person sees: who follows it is a machine
};

struct Link {
  LinkKind kind = LinkKind::click;
  std::string submission_id;  ///< 22 characters
  std::size_t index = 0;      ///< the copy's row
  std::string recipient;      ///< its envelope address

  std::string url;        ///< click: the exact target (CLICK-9)
  std::size_t place = 0;  ///< click: which link of its text, from 0 (CLICK-11)
  LinkType type = LinkType::html;

  std::optional<std::int64_t> group;  ///< asm_group_id of the message
  std::vector<std::int64_t> groups;   ///< preferences: asm_groups_to_display, at most 25

  bool operator==(const Link&) const = default;
};

}  // namespace smtpapi
