// What happened to a message, in the terms of the event webhook (EVT-8 to EVT-10).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace smtpapi {

/// The numbers are kept in the store.
enum class EventKind : int {
  processed = 0,
  dropped = 1,
  delivered = 2,
  deferred = 3,
  bounce = 4,
  open = 5,
  click = 6,
  spam_report = 7,
  unsubscribe = 8,
  group_unsubscribe = 9,
  group_resubscribe = 10,
};
/// Every kind, in the order of their numbers.
inline constexpr std::array event_kinds = {EventKind::processed,
                                           EventKind::dropped,
                                           EventKind::delivered,
                                           EventKind::deferred,
                                           EventKind::bounce,
                                           EventKind::open,
                                           EventKind::click,
                                           EventKind::spam_report,
                                           EventKind::unsubscribe,
                                           EventKind::group_unsubscribe,
                                           EventKind::group_resubscribe};
/// As EVT-8 writes it: "processed", "spamreport", "group_unsubscribe" ...
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind(std::string_view name);

/// Which of a message's texts a link stands in (CLICK-11).
enum class LinkType : int { html = 0, text = 1, amp = 2 };
std::string_view to_string(LinkType type);

/// Event::attempt of a bounce that came back by mail when the copy had been delivered: it is told
/// without sg_message_id (EVT-9).
inline constexpr int after_delivery = -1;

/// One event of one recipient message. A field that an event of this kind does not have is empty;
/// category, unique arguments and Message-ID are those of its submission.
struct Event {
  std::string id;  ///< sg_event_id: event_id(), the same whenever it is told again
  EventKind kind = EventKind::processed;
  Time time;
  std::string submission_id;  ///< 22 characters
  std::size_t index = 0;      ///< the copy's row
  std::string recipient;      ///< address as sent to

  std::string ip;         ///< client of an engagement, else the address it was delivered from
  std::string useragent;  ///< any octets
  std::string url;        ///< link target, or the page of a group event
  std::optional<std::size_t> link;  ///< of a click: place among the links of its text, from 0
  LinkType link_type = LinkType::html;
  std::optional<std::int64_t> group;  ///< asm_group_id

  /// An open or click that no person made, and how that is known: "HEAD", "mail proxy: ..." ; ""
  /// for a person.
  std::string machine;

  std::string reason;
  std::string response;
  std::string status;          ///< enhanced status code
  std::string bounce_type;     ///< bounce, blocked, expired
  std::string classification;  ///< bounce_classification
  int attempt = 0;             ///< deferred; of a bounce 0 or after_delivery
  std::optional<bool> tls;
};

/// The id of an event (EVT-13): base64url of "click-ATTEMPT-SUBMISSION-INDEX". `attempt`: empty for
/// what happens once for a copy, else what tells its repetitions apart.
std::string event_id(EventKind kind, std::string_view attempt, std::string_view submission_id,
                     std::size_t index);

}  // namespace smtpapi
