// Store: suppression lists.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "store/conditions.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

// The statements name these numbers.
static_assert(static_cast<int>(SuppressionList::group) == 4 &&
              static_cast<int>(SuppressionList::blocks) == 5);

std::int64_t number(SuppressionList list) { return static_cast<std::int64_t>(list); }

/// Result: whether it was not there.
Result<bool> insert(Database& db, const std::string& key, const Suppression& entry) {
  const bool of_group = entry.list == SuppressionList::group;
  const auto done = db.query(
      "INSERT INTO suppression (list, group_id, address_key, address, created, reason, status, ip) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (address_key, list, group_id) DO "
      "NOTHING",
      {number(entry.list), of_group ? entry.group : 0, Octets{key}, Octets{entry.address},
       to_unix(entry.created), Octets{entry.reason}, Octets{entry.status}, Octets{entry.ip}});
  if (!done) return done.error();
  return *done > 0;
}

/// Result: whether it was there.
Result<bool> erase(Database& db, const Suppression& entry) {
  const std::string key = suppression_key(entry.address);
  const bool of_group = entry.list == SuppressionList::group;
  const auto done =
      db.query("DELETE FROM suppression WHERE address_key = $1 AND list = $2 AND group_id = $3",
               {Octets{key}, number(entry.list), of_group ? entry.group : 0});
  if (!done) return done.error();
  return *done > 0;
}

Result<bool> is_group(Database& db, std::int64_t id) {
  bool found = false;
  const auto asked = db.query("SELECT 1 FROM unsubscribe_group WHERE id = $1", {id},
                              [&](const Row&) { found = true; });
  if (!asked) return asked.error();
  return found;
}

/// The conditions of a query on the table suppression. It refers to the query.
class Filter : public Conditions {
 public:
  Filter(const SuppressionQuery& query, const Dialect& dialect)
      : key_(suppression_key(query.address)), part_(suppression_key(query.contains)) {
    add("id > {}", query.after);
    // Both columns of the index suppression_list, or none: with one alone each page of a listing
    // would be sorted out of the whole list.
    if (query.list == SuppressionList::group && query.group == 0) {
      add("+list = {}", number(*query.list));
    } else if (query.list) {
      add("list = {}", number(*query.list));
      add("group_id = {}", query.group);
    } else if (query.group != 0) {
      add("+group_id = {}", query.group);
    }
    if (!key_.empty()) add("address_key = {}", Octets{key_});
    if (!part_.empty())
      add(fmt::format(fmt::runtime(dialect.contains), "address_key", "{}"), Octets{part_});
    if (query.from) add("created >= {}", to_unix(*query.from));
    if (query.before) add("created < {}", to_unix(*query.before));
  }

 private:
  std::string key_, part_;
};

}  // namespace

Result<bool> insert_suppression(Database& db, const Suppression& entry) {
  return insert(db, suppression_key(entry.address), entry);
}

Result<std::vector<Listing>> SqlStore::listings(std::span<const std::string> keys,
                                                std::optional<std::int64_t> group) {
  std::vector<Listing> found;
  if (keys.empty()) return found;
  const Status done = connections_->read([&](Database& db) -> Status {
    found.clear();
    bool any = false;
    if (const auto asked =
            db.query("SELECT 1 FROM suppression LIMIT 1", {}, [&](const Row&) { any = true; });
        !asked)
      return asked.error();
    if (!any) return ok();
    for (const std::string& key : keys) {
      const auto asked = db.query(
          "SELECT list FROM suppression WHERE address_key = $1 AND list <> 5 AND "
          "(list <> 4 OR group_id = $2) ORDER BY list",
          {Octets{key}, group ? Value(*group) : Value(null)}, [&](const Row& row) {
            found.push_back({key, static_cast<SuppressionList>(row.integer(0))});
          });
      if (!asked) return asked.error();
    }
    return ok();
  });
  if (!done) return done.error();
  const auto by_key_and_list = [](const Listing& a, const Listing& b) {
    return std::tie(a.key, a.list) < std::tie(b.key, b.list);
  };
  if (!std::is_sorted(found.begin(), found.end(), by_key_and_list))
    std::sort(found.begin(), found.end(), by_key_and_list);
  return found;
}

Result<std::size_t> SqlStore::suppress(std::span<const Suppression> entries) {
  std::size_t added = 0;
  if (entries.empty()) return added;
  // In the order of the index each page of it is written once, however many entries it gets.
  std::vector<std::pair<std::string, const Suppression*>> by_key;
  by_key.reserve(entries.size());
  for (const Suppression& entry : entries)
    by_key.emplace_back(suppression_key(entry.address), &entry);
  std::stable_sort(by_key.begin(), by_key.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const Status done =
      connections_->write(entries.size() * weight_of_row, [&](Database& db) -> Status {
        added = 0;
        for (const auto& [key, entry] : by_key) {
          const auto inserted = insert(db, key, *entry);
          if (!inserted) return inserted.error();
          added += *inserted;
        }
        return ok();
      });
  if (!done) return done.error();
  return added;
}

Result<std::size_t> SqlStore::unsuppress(const SuppressionQuery& query) {
  std::size_t removed = 0;
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    const Filter filter(query, db.dialect());
    const auto gone =
        db.execute("DELETE FROM suppression WHERE " + filter.sql(), filter.values(), {});
    if (!gone) return gone.error();
    removed = static_cast<std::size_t>(*gone);
    return ok();
  });
  if (!done) return done.error();
  return removed;
}

Result<std::size_t> SqlStore::change_subscription(std::span<const Suppression> entries, bool join,
                                                  std::span<const Event> events) {
  if (entries.size() != events.size()) return internal("store: not an event for each entry");
  std::size_t changed = 0;
  const Status done =
      connections_->write(2 * entries.size() * weight_of_row, [&](Database& db) -> Status {
        changed = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
          Suppression entry = entries[i];
          Event event = events[i];
          if (entry.list == SuppressionList::group) {
            const auto exists = is_group(db, entry.group);
            if (!exists) return exists.error();
            if (!*exists) {  // ASM-3
              entry.list = SuppressionList::global;
              entry.group = 0;
              if (event.kind == EventKind::group_unsubscribe) event.kind = EventKind::unsubscribe;
            }
          }
          const auto differs =
              join ? erase(db, entry) : insert(db, suppression_key(entry.address), entry);
          if (!differs) return differs.error();
          if (!*differs) continue;  // TRK-8
          ++changed;
          if (const auto told = insert_event(db, event); !told) return told.error();
        }
        return ok();
      });
  if (!done) return done.error();
  return changed;
}

Result<std::vector<ListedSuppression>> SqlStore::suppressed(const SuppressionQuery& query) {
  std::vector<ListedSuppression> found;
  const Status done = connections_->read([&](Database& db) -> Status {
    Filter filter(query, db.dialect());
    const std::string limit = filter.parameter(static_cast<std::int64_t>(query.limit));
    const auto asked =
        db.execute(fmt::format("SELECT id, list, group_id, address, created, reason, status, ip "
                               "FROM suppression WHERE {} ORDER BY id LIMIT {}",
                               filter.sql(), limit),
                   filter.values(), [&](const Row& row) {
                     ListedSuppression listed;
                     listed.id = row.integer(0);
                     Suppression& entry = listed.suppression;
                     entry.list = static_cast<SuppressionList>(row.integer(1));
                     entry.group = row.integer(2);
                     entry.address = row.octets(3);
                     entry.created = from_unix(row.integer(4));
                     entry.reason = row.octets(5);
                     entry.status = row.octets(6);
                     entry.ip = row.octets(7);
                     found.push_back(std::move(listed));
                   });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return found;
}

Result<std::vector<std::pair<SuppressionList, std::size_t>>> SqlStore::suppression_counts() {
  std::vector<std::pair<SuppressionList, std::size_t>> counts;
  for (const SuppressionList list : all_suppression_lists) counts.emplace_back(list, 0);
  const Status done = connections_->read([&](Database& db) -> Status {
    const auto asked =
        db.query("SELECT list, count(*) FROM suppression GROUP BY list", {}, [&](const Row& row) {
          for (auto& [list, count] : counts)
            if (number(list) == row.integer(0)) count = static_cast<std::size_t>(row.integer(1));
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return counts;
}

}  // namespace smtpapi
