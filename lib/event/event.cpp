#include "event/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encode.h"

namespace smtpapi {
namespace {

constexpr std::array<std::string_view, event_kinds.size()> names = {
    "processed", "dropped",    "delivered",   "deferred",          "bounce",           "open",
    "click",     "spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe"};

}  // namespace

std::string_view to_string(EventKind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> event_kind(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<EventKind>(found - names.begin());
}

std::string_view to_string(LinkType type) {
  constexpr std::array<std::string_view, 3> types = {"html", "text", "amp"};
  return types[static_cast<std::size_t>(type)];
}

std::string event_id(EventKind kind, std::string_view attempt, std::string_view submission_id,
                     std::size_t index) {
  return base64url(fmt::format("{}-{}{}{}-{}", to_string(kind), attempt, attempt.empty() ? "" : "-",
                               submission_id, index));
}

}  // namespace smtpapi
