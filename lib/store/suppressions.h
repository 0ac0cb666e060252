// Suppression lists and unsubscribe groups: the part of the store that intake, release, the
// tracking endpoint and the operator ask.
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
#include "event/suppression.h"

namespace smtpapi {

struct SuppressionQuery {
  std::optional<SuppressionList> list = {};    ///< none: all lists
  std::int64_t group = 0;                      ///< of list `group`: 0 any
  std::string address = {};                    ///< "" any; compared by suppression_key()
  std::string contains = {};                   ///< "" any; part of suppression_key()
  std::optional<Time> from = {}, before = {};  ///< created
  std::size_t limit = 50;
  std::int64_t after = 0;  ///< row ids above this one: the next page
};

struct ListedSuppression {
  std::int64_t id = 0;  ///< for SuppressionQuery::after
  Suppression suppression;
};

/// Thread-safe. Errors: as Store.
class Suppressions {
 public:
  virtual ~Suppressions() = default;

  /// Which of `keys` (suppression_key() of addresses, each once, any number) are on a list that
  /// stops mail; of the groups only `group` counts. Ordered by key, then list (SUPP-2). Costs
  /// O(log n) for each key and nothing for empty lists.
  virtual Result<std::vector<Listing>> listings(std::span<const std::string> keys,
                                                std::optional<std::int64_t> group) = 0;

  /// Puts addresses on lists, durably, in one transaction. One that is there already stays as it
  /// is. Result: how many are new.
  virtual Result<std::size_t> suppress(std::span<const Suppression> entries) = 0;
  /// Takes what the query finds (its limit ignored) off the lists. Result: how many.
  virtual Result<std::size_t> unsuppress(const SuppressionQuery& query) = 0;

  /// What a person did on a page or by a link: the entries are added (`join` false) or removed
  /// (true), and each one that changed anything leaves its event, all in one transaction (TRK-8).
  /// `events[i]` belongs to `entries[i]`. An entry of a group that does not exist (any more) counts
  /// for the global list (ASM-3). Result: how many entries changed something.
  virtual Result<std::size_t> change_subscription(std::span<const Suppression> entries, bool join,
                                                  std::span<const Event> events) = 0;

  /// By id ascending.
  virtual Result<std::vector<ListedSuppression>> suppressed(const SuppressionQuery& query) = 0;
  /// How many entries each list has.
  virtual Result<std::vector<std::pair<SuppressionList, std::size_t>>> suppression_counts() = 0;

  /// By id, with their numbers of unsubscribes.
  virtual Result<std::vector<Group>> groups() = 0;
  /// Adds the group, with id 0 under a new id. Errors: invalid (name or id taken, name or
  /// description too long or empty). Result: the id.
  virtual Result<std::int64_t> add_group(const Group& group) = 0;
  /// Errors: invalid (no such group, or as add_group).
  virtual Status change_group(const Group& group) = 0;
  /// With its unsubscribes. Errors: invalid (no such group).
  virtual Status remove_group(std::int64_t id) = 0;
};

}  // namespace smtpapi
