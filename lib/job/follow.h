// Follows the MTA's log: what it reports of our copies becomes events and list entries.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/bounce_class.h"
#include "event/log_source.h"
#include "job/message_copies.h"
#include "store/reports.h"

namespace smtpapi {

/// One source of lines, read on and on. Events are kept together with the place up to which they
/// were read, and their ids come out of the lines, so a crash neither loses nor doubles one.
///
/// A copy's queue ID is in the store some time after the MTA logged its first line. Lines of
/// unknown messages are asked about again 1, 5, 30 and 120 s later and are not passed by until
/// then. Lines that old already when they are read are decided at once: that is what makes catching
/// up quick. Where a message is passed on in another one, by an alias, a content filter on this
/// host or because it was put into the queue anew, that one's lines tell what becomes of the copy.
/// For one thread at a time.
class Follower {
 public:
  /// From which address of this host one of another is reached, "" if that is not known (EVT-10).
  using SendingFrom = std::function<std::string(const std::string& ip)>;

  Follower(LogSource& source, Reports& reports, const BounceClasses& classes,
           SendingFrom sending_from)
      : source_(source), reports_(reports), classes_(classes), sending_from_(sending_from) {}

  /// Reads a piece, writes what it brings. Result: whether there may be more at once. After an
  /// error the same piece is tried again.
  Result<bool> step(Time now);

  std::size_t pending() const;

 private:
  struct Item {
    DeliveryReport report;
    std::string place;
    std::uint64_t order = 0;  ///< of reading
    Time seen;
    std::size_t tries = 0;
    bool is_final = false;  ///< not asked about again
    bool was_asked_twice = false;
  };
  /// What one step brings, before it is kept.
  struct Harvest;

  Status start();
  Status take_in(Time now);
  Status settle(Time now);
  Status keep(const Harvest& harvest, const std::string& place, Time now);
  std::vector<Item> take_due(Time now, std::size_t most);
  Result<MessageCopies> look_up(const std::vector<Item>& items);
  bool passes_on(const DeliveryReport& report) const;
  void pass_on(const std::vector<Item>& items, MessageCopies& copies, Harvest& harvest) const;
  Status tell_copy(const DeliveryReport& report, const CopyPlace& copy, Harvest& harvest);
  Result<CopyHistory*> history(const CopyPlace& copy, Harvest& harvest);
  void hold_back(Item item);
  const Item* oldest(const Item* other) const;

  LogSource& source_;
  Reports& reports_;
  const BounceClasses& classes_;
  const SendingFrom sending_from_;

  bool has_started_ = false;
  bool is_patient_ = false;  ///< after trouble old lines are waited for too
  std::optional<LogPiece> piece_;
  std::vector<Item> unsettled_;              ///< of a step that failed
  std::vector<Item> once_more_;              ///< the last unknown old ones, for the next step
  std::array<std::deque<Item>, 4> waiting_;  ///< by tries; each in the order of reading
  std::uint64_t order_ = 0;
  std::string place_, kept_place_;
  Time kept_;
};

}  // namespace smtpapi
