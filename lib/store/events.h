// Events that are kept until they have been told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
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
};

struct NumberedEvent {
  std::int64_t number = 0;  ///< ascending in the order of recording
  Event event;
};

/// Thread-safe. Errors: as Store.
class Events {
 public:
  virtual ~Events() = default;

  /// Keeps events, durably, in one transaction. One whose id is kept already is not kept twice.
  /// Result: how many are new.
  virtual Result<std::size_t> record(std::span<const Event> events) = 0;

  /// By number ascending.
  virtual Result<std::vector<NumberedEvent>> events(const EventQuery& query) = 0;
};

}  // namespace smtpapi
