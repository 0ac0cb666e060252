// What a person may leave and join over the links of one message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/suppression.h"
#include "store/suppressions.h"
#include "track/link.h"

namespace smtpapi {

/// A group as a person sees it.
struct OfferedGroup {
  Group group;
  bool subscribed = true;
};

struct Offer {
  std::vector<OfferedGroup> groups;  ///< the message's own first
  bool left_all = false;
};

/// Who asks, for the events.
struct Visitor {
  Time time;
  std::string client;
  std::string user_agent;
  std::string url;  ///< of the page
};

/// Thread-safe. Errors: as Suppressions.
class Subscriptions {
 public:
  explicit Subscriptions(Suppressions& suppressions) : suppressions_(suppressions) {}

  /// The group that the link leaves; nothing: everything, also for a group that is gone (ASM-3,
  /// ASM-9).
  Result<std::optional<Group>> group_of(const Link& link) const;

  /// The message's group and those to display, else the default ones (ASM-4); unknown ones are left
  /// out, none comes twice.
  Result<Offer> offer(const Link& link) const;

  /// `groups` empty: everything. One event for each that changes anything (ASM-11, TRK-8); joining
  /// everything again has none. Result: how many changed.
  Result<std::size_t> leave(const Link& link, std::span<const std::int64_t> groups,
                            const Visitor& visitor) const;
  Result<std::size_t> join(const Link& link, std::span<const std::int64_t> groups,
                           const Visitor& visitor) const;

 private:
  Result<std::size_t> change(const Link& link, std::span<const std::int64_t> groups, bool join,
                             const Visitor& visitor) const;
  Suppressions& suppressions_;
};

}  // namespace smtpapi
