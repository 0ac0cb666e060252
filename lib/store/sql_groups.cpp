// Store: unsubscribe groups.
#include <fmt/format.h>

#include "base/text.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

constexpr std::size_t longest_name = 30, longest_description = 100;  ///< ASM-12
constexpr std::int64_t largest_id = (std::int64_t{1} << 53) - 1;     ///< every JSON reader keeps it

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

Status check_words(const Group& group) {
  if (group.id < 0) return invalid("a group's id is a positive number");
  if (group.id > largest_id) return invalid(fmt::format("a group's id is at most {}", largest_id));
  if (trim(group.name).empty()) return invalid("a group has a name");
  for (const std::string_view text : {group.name, group.description}) {
    if (!is_utf8(text) || has_controls(text))
      return invalid("a group's name and description are UTF-8 text on one line");
  }
  if (characters(group.name) > longest_name)
    return invalid(fmt::format("a group's name has at most {} characters", longest_name));
  if (characters(group.description) > longest_description) {
    return invalid(
        fmt::format("a group's description has at most {} characters", longest_description));
  }
  return ok();
}

/// Another group has the name.
Result<bool> is_taken(Database& db, const Group& group) {
  bool taken = false;
  const auto asked = db.query("SELECT 1 FROM unsubscribe_group WHERE name = $1 AND id <> $2",
                              {Octets{group.name}, group.id}, [&](const Row&) { taken = true; });
  if (!asked) return asked.error();
  return taken;
}

Error name_is_taken(const Group& group) {
  return invalid(fmt::format("there is a group '{}' already", printable(group.name)));
}

Error no_such_group(std::int64_t id) { return invalid(fmt::format("there is no group {}", id)); }

}  // namespace

Result<std::vector<Group>> SqlStore::groups() {
  std::vector<Group> groups;
  const Status done = connections_->read([&](Database& db) -> Status {
    const auto asked = db.query(
        "SELECT id, name, description, is_default, (SELECT count(*) FROM suppression s WHERE "
        "s.list = 4 AND s.group_id = g.id) FROM unsubscribe_group g ORDER BY id",
        {}, [&](const Row& row) {
          groups.push_back({row.integer(0), std::string(row.octets(1)), std::string(row.octets(2)),
                            row.integer(3) != 0, row.integer(4)});
        });
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return groups;
}

Result<std::int64_t> SqlStore::add_group(const Group& group) {
  if (Status good = check_words(group); !good) return good.error();
  std::int64_t id = 0;
  const Status done = connections_->write(weight_of_row, [&](Database& db) -> Status {
    id = 0;
    const auto taken = is_taken(db, group);
    if (!taken) return taken.error();
    if (*taken) return name_is_taken(group);
    const auto inserted = db.query(
        "INSERT INTO unsubscribe_group (id, name, description, is_default) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (id) DO NOTHING RETURNING id",
        {group.id == 0 ? Value(null) : Value(group.id), Octets{group.name},
         Octets{group.description}, static_cast<std::int64_t>(group.is_default)},
        [&](const Row& row) { id = row.integer(0); });
    if (!inserted) return inserted.error();
    if (id == 0) return invalid(fmt::format("there is a group {} already", group.id));
    return ok();
  });
  if (!done) return done.error();
  return id;
}

Status SqlStore::change_group(const Group& group) {
  if (Status good = check_words(group); !good) return good;
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto taken = is_taken(db, group);
    if (!taken) return taken.error();
    if (*taken) return name_is_taken(group);
    const auto changed = db.query(
        "UPDATE unsubscribe_group SET name = $2, description = $3, is_default = $4 WHERE id = $1",
        {group.id, Octets{group.name}, Octets{group.description},
         static_cast<std::int64_t>(group.is_default)});
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_group(group.id);
    return ok();
  });
}

Status SqlStore::remove_group(std::int64_t id) {
  return connections_->write(weight_of_row, [&](Database& db) -> Status {
    const auto gone = db.query("DELETE FROM unsubscribe_group WHERE id = $1", {id});
    if (!gone) return gone.error();
    if (*gone == 0) return no_such_group(id);
    const auto left = db.query("DELETE FROM suppression WHERE list = 4 AND group_id = $1", {id});
    if (!left) return left.error();
    return ok();
  });
}

}  // namespace smtpapi
