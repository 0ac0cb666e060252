// What the MTA's log says of copies, and how far readers of anything have come.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"
#include "event/suppression.h"
#include "plan/delivery.h"

namespace smtpapi {

/// Where a copy belongs that a line of the log speaks of.
struct CopyPlace {
  std::string submission_id;
  std::size_t index = 0;
  CopyKind kind = CopyKind::normal;
  std::string recipient;  ///< as sent to
  std::string queue_id;   ///< by which it was found
  std::int64_t copy_id = 0;
  Time since;                ///< about when the message with this queue ID got it
  std::string passed_on_to;  ///< queue ID under which it was passed on last, or ""
};

/// What becomes of a copy is told under one more queue ID from here on.
struct PassedOn {
  std::int64_t copy_id = 0;
  std::string queue_id;
  Time since;
};

/// What its events have told of a copy so far.
struct CopyHistory {
  std::optional<Time> first_deferral;
  std::string status, response;  ///< of the last deferral
  std::vector<std::string> deferral_ids;
  bool is_finished = false;  ///< delivered or bounced
};

/// Everything that one step of a reader brings. Kept wholly or not at all.
struct ReportStep {
  std::span<const Event> events = {};              ///< those whose ids are kept already: no twice
  std::span<const Suppression> suppressions = {};  ///< one that is on its list stays as it is
  std::string_view bookmark = {};                  ///< name; "" keeps none
  std::string_view place = {};                     ///< how far that reader has come
  std::span<const PassedOn> passed_on = {};        ///< one that is kept already: no twice
};

/// Thread-safe. Errors: as Store.
class Reports {
 public:
  virtual ~Reports() = default;

  /// Copies that went out in the MTA's messages `queue_ids` (each once) or were passed on there, by
  /// queue ID and row. At most 50,000 of each. Short queue IDs are used again: then copies of
  /// several submissions, each with its time.
  virtual Result<std::vector<CopyPlace>> copies_in(std::span<const std::string> queue_ids) = 0;

  virtual Result<CopyHistory> history(std::string_view submission_id, std::size_t index) = 0;

  /// Nothing when there is none.
  virtual Result<std::optional<std::string>> bookmark(std::string_view name) = 0;

  /// Keeps what a step brought and where its reader stands now, durably, in one transaction: after
  /// a crash the reader goes on exactly behind what is kept. Result: how many events are new.
  virtual Result<std::size_t> keep(const ReportStep& step) = 0;

  /// Writes `processed` and `dropped` (EVT-8) for copies taken in since the last call, at most
  /// `limit`, oldest first, and remembers how far it came, in one transaction. Blind copies and
  /// notices are nobody's recipient message and have no events. Result: how many copies were seen;
  /// fewer than `limit`: there are no more.
  virtual Result<std::size_t> tell_taken_in(std::size_t limit) = 0;
};

}  // namespace smtpapi
