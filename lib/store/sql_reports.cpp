// Store: what the MTA's log says of copies.
#include <fmt/format.h>

#include <algorithm>

#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

// The statements name these numbers.
static_assert(static_cast<int>(EventKind::delivered) == 2 &&
              static_cast<int>(EventKind::deferred) == 3 &&
              static_cast<int>(EventKind::bounce) == 4);

constexpr std::int64_t most_copies_in_one = 50'000;
constexpr std::string_view intake_bookmark = "taken-in";
// Both with the columns that read_place() understands.
constexpr std::string_view sent_as =
    "SELECT s.uid, c.row_index, c.kind, c.recipient, c.id, (SELECT l.queue_id FROM passed_on l "
    "WHERE l.copy = c.id ORDER BY l.id DESC LIMIT 1), c.settled FROM copy c JOIN submission s ON "
    "s.id = c.submission WHERE c.queue_id = $1 AND c.state = 1 ORDER BY c.id LIMIT $2";
constexpr std::string_view passed_on_as =
    "SELECT s.uid, c.row_index, c.kind, c.recipient, c.id, (SELECT l.queue_id FROM passed_on l "
    "WHERE l.copy = c.id ORDER BY l.id DESC LIMIT 1), p.since FROM passed_on p JOIN copy c ON c.id "
    "= p.copy JOIN submission s ON s.id = c.submission WHERE p.queue_id = $1 ORDER BY p.copy "
    "LIMIT $2";

CopyPlace read_place(const Row& row) {
  CopyPlace place;
  place.submission_id = row.octets(0);
  place.index = static_cast<std::size_t>(row.integer(1));
  place.kind = static_cast<CopyKind>(row.integer(2));
  place.recipient = row.octets(3);
  place.copy_id = row.integer(4);
  place.passed_on_to = row.octets(5);
  place.since = from_unix(row.integer(6));
  return place;
}

bool is_bookmark(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; });
}

Status set_bookmark(Database& db, std::string_view name, std::string_view place) {
  const auto set = db.query(
      "INSERT INTO bookmark (name, place) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET place = "
      "excluded.place",
      {Text{name}, Octets{place}});
  if (!set) return set.error();
  return ok();
}

Result<std::optional<std::string>> read_bookmark(Database& db, std::string_view name) {
  std::optional<std::string> place;
  const auto asked = db.query("SELECT place FROM bookmark WHERE name = $1", {Text{name}},
                              [&](const Row& row) { place = row.octets(0); });
  if (!asked) return asked.error();
  return place;
}

/// EVT-8: what the copy's way begins with.
Event first_event(const Copy& copy, Time received) {
  Event event;
  const bool is_dropped = copy.state == CopyState::dropped;
  event.kind = is_dropped ? EventKind::dropped : EventKind::processed;
  event.time = received;
  event.submission_id = copy.submission_id;
  event.index = copy.index;
  event.recipient = copy.recipient;
  if (is_dropped) event.reason = copy.reply;
  event.id = event_id(event.kind, "", copy.submission_id, copy.index);
  return event;
}

}  // namespace

Result<std::vector<CopyPlace>> SqlStore::copies_in(std::span<const std::string> queue_ids) {
  std::vector<CopyPlace> places;
  if (queue_ids.empty()) return places;
  const Status done = connections_->read([&](Database& db) -> Status {
    places.clear();
    for (const std::string& queue_id : queue_ids) {
      if (queue_id.empty()) continue;
      const auto add = [&](const Row& row) {
        places.push_back(read_place(row));
        places.back().queue_id = queue_id;
      };
      for (const std::string_view sql : {sent_as, passed_on_as})
        if (const auto asked = db.query(sql, {Octets{queue_id}, most_copies_in_one}, add); !asked)
          return asked.error();
    }
    return ok();
  });
  if (!done) return done.error();
  return places;
}

Result<CopyHistory> SqlStore::history(std::string_view submission_id, std::size_t index) {
  CopyHistory history;
  if (!is_id(submission_id)) return history;
  const Status done = connections_->read([&](Database& db) -> Status {
    history = {};
    const auto asked = db.query(
        "SELECT kind, time, status, response, event_id FROM event WHERE submission = $1 AND "
        "row_index = $2 "
        "AND kind IN (2, 3, 4) ORDER BY id",
        {Text{submission_id}, static_cast<std::int64_t>(index)}, [&](const Row& row) {
          if (static_cast<EventKind>(row.integer(0)) != EventKind::deferred) {
            history.is_finished = true;
            return;
          }
          const Time time = from_unix(row.integer(1));
          history.deferral_ids.emplace_back(row.octets(4));
          history.first_deferral = std::min(history.first_deferral.value_or(time), time);
          history.status = row.octets(2);
          history.response = row.octets(3);
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return history;
}

Result<std::optional<std::string>> SqlStore::bookmark(std::string_view name) {
  std::optional<std::string> place;
  if (!is_bookmark(name)) return place;
  const Status done = connections_->read([&](Database& db) -> Status {
    auto found = read_bookmark(db, name);
    if (!found) return found.error();
    place = *std::move(found);
    return ok();
  });
  if (!done) return done.error();
  return place;
}

Result<std::size_t> SqlStore::keep(const ReportStep& step) {
  if (!is_bookmark(step.bookmark)) return internal("store: not a bookmark's name");
  std::size_t added = 0;
  const std::size_t rows =
      step.events.size() + step.suppressions.size() + step.passed_on.size() + 1;
  const Status done = connections_->write(rows * weight_of_row, [&](Database& db) -> Status {
    added = 0;
    for (const Event& event : step.events) {
      const auto inserted = insert_event(db, event);
      if (!inserted) return inserted.error();
      added += *inserted;
    }
    for (const Suppression& entry : step.suppressions)
      if (const auto inserted = insert_suppression(db, entry); !inserted) return inserted.error();
    for (const PassedOn& one : step.passed_on) {
      const auto inserted = db.query(
          "INSERT INTO passed_on (queue_id, copy, since) VALUES ($1, $2, $3) ON CONFLICT "
          "(queue_id, copy) DO NOTHING",
          {Octets{one.queue_id}, one.copy_id, to_unix(one.since)});
      if (!inserted) return inserted.error();
    }
    return step.bookmark.empty() ? ok() : set_bookmark(db, step.bookmark, step.place);
  });
  if (!done) return done.error();
  return added;
}

Result<std::size_t> SqlStore::tell_taken_in(std::size_t limit) {
  struct Taken {
    Copy copy;
    Time received;
  };
  std::vector<Taken> copies;
  const std::string sql = fmt::format(
      "SELECT {}, s.received FROM copy c JOIN submission s ON s.id = c.submission WHERE c.id > $1 "
      "ORDER BY c.id LIMIT $2",
      copy_columns);
  const auto look = [&](Database& db) -> Status {
    copies.clear();
    const auto place = read_bookmark(db, intake_bookmark);
    if (!place) return place.error();
    const std::int64_t last = *place ? std::stoll("0" + **place) : 0;
    const auto asked = db.query(sql, {last, static_cast<std::int64_t>(limit)}, [&](const Row& row) {
      copies.push_back({read_copy(row), from_unix(row.integer(copy_columns_count))});
    });
    if (!asked) return asked.error();
    return ok();
  };
  // Asked without the right to write first: most calls find nothing.
  if (Status looked = connections_->read(look); !looked) return looked.error();
  if (copies.empty()) return std::size_t{0};
  const Status done = connections_->write(limit * weight_of_row, [&](Database& db) -> Status {
    if (Status looked = look(db); !looked) return looked;
    if (copies.empty()) return ok();
    for (const auto& [copy, received] : copies) {
      if (copy.kind != CopyKind::normal) continue;
      if (const auto told = insert_event(db, first_event(copy, received)); !told)
        return told.error();
    }
    return set_bookmark(db, intake_bookmark, std::to_string(copies.back().copy.id));
  });
  if (!done) return done.error();
  return copies.size();
}

}  // namespace smtpapi
