// Store: events.
#include <fmt/format.h>

#include <vector>

#include "event/suppression.h"
#include "store/conditions.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

/// Submissions and copies that the MTA knows by one queue ID.
struct Named {
  std::vector<std::string> submissions;  ///< at most 100: short queue IDs are used again and again
  bool has_copies = false;  ///< some by the queue ID under which a copy went out or was passed on
};

Result<Named> named_by(Database& db, const std::string& queue_id) {
  Named named;
  const auto add = [&](const Row& row) { named.submissions.emplace_back(row.octets(0)); };
  const auto copies = db.query(
      "SELECT s.uid FROM copy c JOIN submission s ON s.id = c.submission WHERE c.queue_id = $1 AND "
      "c.state = 1 UNION SELECT s.uid FROM passed_on p JOIN copy c ON c.id = p.copy JOIN "
      "submission "
      "s ON s.id = c.submission WHERE p.queue_id = $1 LIMIT 100",
      {Octets{queue_id}}, add);
  if (!copies) return copies.error();
  named.has_copies = !named.submissions.empty();
  const auto submissions =
      db.query("SELECT uid FROM submission WHERE queue_id = $1 ORDER BY id DESC LIMIT 100",
               {Octets{queue_id}}, add);
  if (!submissions) return submissions.error();
  return named;
}

/// First which submissions, for the index; then, if the ID is that of copies, which rows of them.
void add_named(Conditions& conditions, const Named& named, const std::string& queue_id) {
  std::string list;
  for (const std::string& id : named.submissions)
    list += (list.empty() ? "" : ", ") + conditions.parameter(Text{id});
  conditions.add("submission IN (" + list + ")");
  if (!named.has_copies) return;
  const std::string name = conditions.parameter(Octets{queue_id});
  conditions.add(fmt::format(
      "((submission, row_index) IN (SELECT s.uid, c.row_index FROM copy c JOIN submission s ON "
      "s.id = c.submission WHERE c.queue_id = {0} AND c.state = 1 UNION SELECT s.uid, c.row_index "
      "FROM passed_on p JOIN copy c ON c.id = p.copy JOIN submission s ON s.id = c.submission "
      "WHERE "
      "p.queue_id = {0}) OR submission IN (SELECT uid FROM submission WHERE queue_id = {0}))",
      name));
}

std::string numbers_of(const std::vector<EventKind>& kinds) {
  std::string out;
  for (const EventKind kind : kinds)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", static_cast<int>(kind));
  return out;
}

constexpr std::string_view columns =
    "event_id, kind, time, submission, row_index, recipient, ip, useragent, url, link, link_type, "
    "group_id, machine, reason, response, status, bounce_type, classification, attempt, tls";

Event read_event(const Row& row, int column) {
  Event event;
  event.id = row.octets(column++);
  event.kind = static_cast<EventKind>(row.integer(column++));
  event.time = from_unix(row.integer(column++));
  event.submission_id = row.octets(column++);
  event.index = static_cast<std::size_t>(row.integer(column++));
  for (std::string* text : {&event.recipient, &event.ip, &event.useragent, &event.url})
    *text = row.octets(column++);
  if (!row.is_null(column)) event.link = static_cast<std::size_t>(row.integer(column));
  event.link_type = static_cast<LinkType>(row.integer(++column));
  if (!row.is_null(++column)) event.group = row.integer(column);
  ++column;
  for (std::string* text : {&event.machine, &event.reason, &event.response, &event.status,
                            &event.bounce_type, &event.classification})
    *text = row.octets(column++);
  event.attempt = static_cast<int>(row.integer(column++));
  if (!row.is_null(column)) event.tls = row.integer(column) != 0;
  return event;
}

template <class T>
Value or_null(const std::optional<T>& value) {
  return value ? Value(static_cast<std::int64_t>(*value)) : Value(null);
}

}  // namespace

Result<bool> insert_event(Database& db, const Event& event) {
  if (!is_id(event.id) || !is_id(event.submission_id))
    return internal("store: not an event's id, or not its submission's");
  const std::string key = suppression_key(event.recipient);
  const auto done = db.query(
      "INSERT INTO event (recipient_key, event_id, kind, time, submission, row_index, recipient, "
      "ip, useragent, url, link, link_type, group_id, machine, reason, response, status, "
      "bounce_type, classification, attempt, tls) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT (event_id) DO NOTHING",
      {Octets{key},
       Text{event.id},
       static_cast<std::int64_t>(event.kind),
       to_unix(event.time),
       Text{event.submission_id},
       static_cast<std::int64_t>(event.index),
       Octets{event.recipient},
       Octets{event.ip},
       Octets{event.useragent},
       Octets{event.url},
       or_null(event.link),
       static_cast<std::int64_t>(event.link_type),
       or_null(event.group),
       Octets{event.machine},
       Octets{event.reason},
       Octets{event.response},
       Octets{event.status},
       Octets{event.bounce_type},
       Octets{event.classification},
       static_cast<std::int64_t>(event.attempt),
       or_null(event.tls)});
  if (!done) return done.error();
  return *done > 0;
}

Result<std::size_t> SqlStore::record(std::span<const Event> events) {
  std::size_t added = 0;
  if (events.empty()) return added;
  const Status done =
      connections_->write(events.size() * weight_of_row, [&](Database& db) -> Status {
        added = 0;
        for (const Event& event : events) {
          const auto inserted = insert_event(db, event);
          if (!inserted) return inserted.error();
          added += *inserted;
        }
        return ok();
      });
  if (!done) return done.error();
  return added;
}

Result<std::vector<NumberedEvent>> SqlStore::events(const EventQuery& query) {
  std::vector<NumberedEvent> events;
  if (!query.submission_id.empty() && !is_id(query.submission_id)) return events;
  const std::string key = suppression_key(query.recipient);
  const Status done = connections_->read([&](Database& db) -> Status {
    events.clear();
    Named named;
    if (!query.queue_id.empty()) {
      auto found = named_by(db, query.queue_id);
      if (!found) return found.error();
      named = *std::move(found);
      if (named.submissions.empty()) return ok();
    }
    Conditions conditions;
    conditions.add("id > {}", query.after);
    if (query.below > 0) conditions.add("id < {}", query.below);
    if (!named.submissions.empty()) add_named(conditions, named, query.queue_id);
    if (!query.kinds.empty()) conditions.add("kind IN (" + numbers_of(query.kinds) + ")");
    if (query.kind) conditions.add("kind = {}", static_cast<std::int64_t>(*query.kind));
    if (!key.empty()) conditions.add("recipient_key = {}", Octets{key});
    if (!query.submission_id.empty()) conditions.add("submission = {}", Text{query.submission_id});
    if (query.from) conditions.add("time >= {}", to_unix(*query.from));
    if (query.before) conditions.add("time < {}", to_unix(*query.before));
    const std::string limit = conditions.parameter(static_cast<std::int64_t>(query.limit));
    const auto asked =
        db.execute(fmt::format("SELECT id, {} FROM event WHERE {} ORDER BY id{} LIMIT {}", columns,
                               conditions.sql(), query.newest_first ? " DESC" : "", limit),
                   conditions.values(), [&](const Row& row) {
                     events.push_back({row.integer(0), read_event(row, 1)});
                   });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return events;
}

}  // namespace smtpapi
