// Store: how many events there were, and what their submissions' headers say of them.
#include <fmt/format.h>

#include "store/conditions.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

void add_time(Conditions& conditions, std::optional<Time> from, std::optional<Time> before) {
  if (from) conditions.add("time >= {}", to_unix(*from));
  if (before) conditions.add("time < {}", to_unix(*before));
}

}  // namespace

Result<EventRange> SqlStore::event_numbers(std::optional<Time> from, std::optional<Time> before) {
  EventRange range;
  const Status done = connections_->read([&](Database& db) -> Status {
    // Without conditions each end is one look at the table, with some a walk over the index of
    // times.
    Conditions conditions;
    add_time(conditions, from, before);
    for (const auto& [end, number] :
         {std::pair("MIN", &range.first), std::pair("MAX", &range.last)}) {
      *number = 0;
      const auto asked = db.execute(
          fmt::format("SELECT {}(id) FROM event{}{}", end,
                      conditions.sql().empty() ? "" : " WHERE ", conditions.sql()),
          conditions.values(), [number = number](const Row& row) { *number = row.integer(0); });
      if (!asked) return asked.error();
    }
    return ok();
  });
  if (!done) return done.error();
  return range;
}

Result<EventCounts> SqlStore::count_events(EventRange numbers, std::optional<Time> from,
                                           std::optional<Time> before) {
  EventCounts out;
  const Status done = connections_->read([&](Database& db) -> Status {
    out = {};
    Conditions conditions;
    conditions.add("id >= {}", numbers.first);
    conditions.add("id <= {}", numbers.last);
    add_time(conditions, from, before);
    const auto counted = db.execute(
        fmt::format("SELECT submission, kind, time / 900, bounce_type, CASE WHEN "
                    "length(machine) > 0 THEN 1 ELSE 0 END, COUNT(*) FROM event WHERE {} GROUP BY "
                    "1, 2, 3, 4, 5",
                    conditions.sql()),
        conditions.values(), [&](const Row& row) {
          out.counts.push_back({std::string(row.octets(0)), static_cast<EventKind>(row.integer(1)),
                                from_unix(row.integer(2) * 900), std::string(row.octets(3)),
                                row.integer(4) != 0, static_cast<std::size_t>(row.integer(5))});
        });
    if (!counted) return counted.error();
    const auto engaged = db.execute(
        fmt::format("SELECT submission, row_index, kind, MIN(time) FROM event WHERE {} AND kind IN "
                    "(5, 6) AND length(machine) = 0 GROUP BY 1, 2, 3",
                    conditions.sql()),
        conditions.values(), [&](const Row& row) {
          out.engaged.push_back(
              {std::string(row.octets(0)), static_cast<std::size_t>(row.integer(1)),
               static_cast<EventKind>(row.integer(2)), from_unix(row.integer(3))});
        });
    return engaged ? ok() : Status(engaged.error());
  });
  if (!done) return done.error();
  return out;
}

Status SqlStore::headers(std::span<const std::string> submission_ids, const OnHeader& each) {
  return connections_->read([&](Database& db) -> Status {
    for (const std::string& id : submission_ids) {
      if (!is_id(id)) continue;
      const auto asked =
          db.query("SELECT received, header FROM submission WHERE uid = $1", {Text{id}},
                   [&](const Row& row) { each(id, from_unix(row.integer(0)), row.octets(1)); });
      if (!asked) return asked.error();
    }
    return ok();
  });
}

}  // namespace smtpapi
