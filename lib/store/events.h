// Events that are kept until they have been told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"

namespace smtpapi {

struct EventQuery {
  std::optional<EventKind> kind = {};
  std::string recipient = {};      ///< "" any; exact, ASCII case ignored
  std::string submission_id = {};  ///< "" any
  std::optional<Time> from = {}, before = {};
  std::size_t limit = 50;
  std::int64_t after = 0;  ///< numbers above this one: the next page

  std::vector<EventKind> kinds = {};  ///< beside `kind`: one of these; empty: any
  std::string queue_id = {};  ///< "" any; the MTA's, of the submission or of the copy that went out
  std::int64_t below = 0;     ///< numbers below this one: the page before; 0 any
  bool newest_first = false;  ///< by number descending
};

struct NumberedEvent {
  std::int64_t number = 0;  ///< ascending in the order of recording
  Event event;
};

/// Numbers, both included; last 0: there are none.
struct EventRange {
  std::int64_t first = 0, last = 0;
};

/// Events that are alike but for their recipients.
struct EventCount {
  std::string submission_id;
  EventKind kind = EventKind::processed;
  Time quarter;             ///< the quarter of an hour they fall into begins then
  std::string bounce_type;  ///< of a bounce
  bool is_machine = false;  ///< Event::machine
  std::size_t count = 0;
};

/// A person's copy with an open or a click, once however many there were.
struct EngagedCopy {
  std::string submission_id;
  std::size_t index = 0;
  EventKind kind = EventKind::open;
  Time first;
};

struct EventCounts {
  std::vector<EventCount> counts;
  std::vector<EngagedCopy> engaged;
};

/// Thread-safe. Errors: as Store.
class Events {
 public:
  virtual ~Events() = default;

  /// Keeps events, durably, in one transaction. One whose id is kept already is not kept twice.
  /// Result: how many are new.
  virtual Result<std::size_t> record(std::span<const Event> events) = 0;

  /// By number ascending, unless newest_first.
  virtual Result<std::vector<NumberedEvent>> events(const EventQuery& query) = 0;

  /// The numbers among which all events of this time are; others may be among them.
  virtual Result<EventRange> event_numbers(std::optional<Time> from,
                                           std::optional<Time> before) = 0;
  /// Counts the events with these numbers and of this time. One call reads them all: ask piece by
  /// piece.
  virtual Result<EventCounts> count_events(EventRange numbers, std::optional<Time> from,
                                           std::optional<Time> before) = 0;

  /// `header` is Submission::header. May be called twice for the same one.
  using OnHeader =
      std::function<void(std::string_view submission_id, Time received, std::string_view header)>;
  /// Headers of those of the submissions that are kept still, without their messages.
  virtual Status headers(std::span<const std::string> submission_ids, const OnHeader& each) = 0;
};

}  // namespace smtpapi
