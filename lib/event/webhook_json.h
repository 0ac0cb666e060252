// An event as the webhook posts it (EVT-2, EVT-9, EVT-10). Pure: the same in, the same octets out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/event.h"

namespace smtpapi {

/// What an event's submission and copy add to it. Texts are any octets.
struct EventContext {
  std::string message_id;  ///< with <>; "" unknown
  std::vector<std::string> category;
  bool category_is_array = false;                                ///< CAT-6
  std::vector<std::pair<std::string, std::string>> unique_args;  ///< of the copy (UA-3)
  std::int64_t send_at = 0;                                      ///< Unix seconds; 0: none
  std::string pool;                                              ///< "": none
  std::optional<std::int64_t> group;                             ///< asm_group_id of the message
};

struct WebhookFormat {
  /// For sg_message_id: letters, digits and hyphens of the host's first label.
  std::string host;
  /// Whether clicks and opens carry fields of ours: "smtpapi_verdict" ("human", "machine") and
  /// "smtpapi_verdict_reason".
  bool extra_fields = false;
};

/// The host of WebhookFormat for a name like "mx1.example.org": "mx1".
std::string short_host(std::string_view hostname);

/// Appends the event as one compact JSON object, keys in the order of their octets. What is no
/// UTF-8 becomes U+FFFD. A unique argument that is named as a field of this event gives way (UA-4).
void append_event_json(std::string& out, const Event& event, const EventContext& context,
                       const WebhookFormat& format);

/// The number of a pool (POOL-3), made from its name.
std::int64_t pool_number(std::string_view name);

/// What stands around and between the objects of a post (EVT-2).
inline constexpr std::string_view post_begin = "[";
inline constexpr std::string_view post_separator = ",\r\n";
inline constexpr std::string_view post_end = "]\r\n";

}  // namespace smtpapi
