// Store: what comes in, and how it is read back.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

constexpr std::size_t rows_at_once = 20;  ///< in one INSERT: takes half as long as one by one

std::int64_t to_integer(auto value) { return static_cast<std::int64_t>(value); }

Value octets_or_null(std::string_view octets) {
  return octets.empty() ? Value(null) : Value(Octets{octets});
}

Result<std::optional<std::string>> held_under(Database& db, std::string_view unique_key) {
  std::optional<std::string> id;
  if (unique_key.empty()) return id;
  const auto asked = db.query("SELECT uid FROM submission WHERE unique_key = $1",
                              {Octets{unique_key}}, [&](const Row& row) { id = row.octets(0); });
  if (!asked) return asked.error();
  return id;
}

Result<std::int64_t> status_of_batch(Database& db, std::string_view id) {
  std::int64_t status = 0;
  if (id.empty()) return status;
  const auto asked = db.query("SELECT status FROM batch WHERE id = $1", {Text{id}},
                              [&](const Row& row) { status = row.integer(0); });
  if (!asked) return asked.error();
  return status;
}

/// An INSERT of so many copies: $1 submission, $2 status, then 9 values for each.
std::string insert_statement(std::size_t rows) {
  std::string sql =
      "INSERT INTO copy (submission, row_index, kind, state, status, due, next, attempts, runner, "
      "settled, reported, recipient, parameters, queue_id, reply) VALUES ";
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t n = 3 + 9 * row;
    sql += fmt::format("{}($1, ${}, ${}, ${}, $2, ${}, ${}, 0, NULL, ${}, 0, ${}, ${}, ${}, ${})",
                       row == 0 ? "" : ", ", n, n + 1, n + 2, n + 3, n + 3, n + 4, n + 5, n + 6,
                       n + 7, n + 8);
  }
  return sql;
}

CopyState state_of(const NewCopy& copy) {
  if (!copy.drop_reason.empty()) return CopyState::dropped;
  return copy.queue_id.empty() ? CopyState::waiting : CopyState::sent;
}

void append_values(std::vector<Value>& values, const NewCopy& copy, Time received) {
  const CopyState state = state_of(copy);
  values.insert(values.end(), {to_integer(copy.index), to_integer(copy.kind), to_integer(state),
                               to_unix(std::max(copy.due, received)),
                               state == CopyState::waiting ? Value(null) : Value(to_unix(received)),
                               Octets{copy.recipient}, Octets{copy.parameters},
                               Octets{copy.queue_id}, Octets{copy.drop_reason}});
}

Status insert_copies(Database& db, std::int64_t submission, std::span<const NewCopy> copies,
                     Time received, std::int64_t status) {
  static const std::string many = insert_statement(rows_at_once), one = insert_statement(1);
  std::vector<Value> values;
  while (!copies.empty()) {
    const std::size_t count = copies.size() < rows_at_once ? 1 : rows_at_once;
    values.assign({submission, status});
    for (const NewCopy& copy : copies.first(count)) append_values(values, copy, received);
    if (const auto done = db.execute(count == 1 ? one : many, values, {}); !done)
      return done.error();
    copies = copies.subspan(count);
  }
  return ok();
}

}  // namespace

std::size_t weight_of(const Submission& submission, std::span<const NewCopy> copies) {
  return submission.header.size() + submission.settings.size() +
         (submission.message ? submission.message->size() : 0) + weight_of_row * copies.size();
}

Result<std::string> insert_submission(Database& db, const Submission& submission,
                                      std::span<const NewCopy> copies,
                                      std::string_view unique_key) {
  auto kept = held_under(db, unique_key);
  if (!kept) return kept.error();
  if (*kept) return **std::move(kept);
  const auto status = status_of_batch(db, submission.batch_id);
  if (!status) return status.error();

  const std::string* message = submission.message.get();
  const bool waits = std::any_of(copies.begin(), copies.end(), [](const NewCopy& copy) {
    return state_of(copy) == CopyState::waiting;
  });
  const Client& client = submission.client;
  std::int64_t key = 0;
  if (const auto done = db.query(
          "INSERT INTO submission (uid, received, finished, purged, size, unique_key, batch_id, "
          "smtputf8, eight_bit, queue_id, reverse_path, mail_parameters, client_name, "
          "client_address, client_helo, client_login, client_daemon_name, client_protocol, pool, "
          "settings, header, message_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
          "$12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) RETURNING id",
          {Text{submission.id},
           to_unix(submission.received),
           waits ? Value(null) : Value(to_unix(submission.received)),
           to_integer(!message),
           to_integer(message ? message->size() : 0),
           octets_or_null(unique_key),
           submission.batch_id.empty() ? Value(null) : Value(Text{submission.batch_id}),
           to_integer(submission.smtputf8),
           to_integer(submission.eight_bit),
           Octets{submission.queue_id},
           Octets{submission.reverse_path},
           Octets{submission.mail_parameters},
           Octets{client.name},
           Octets{client.address},
           Octets{client.helo},
           Octets{client.login},
           Octets{client.daemon_name},
           Octets{client.protocol},
           Octets{submission.pool},
           Octets{submission.settings},
           Octets{submission.header},
           Octets{submission.message_id}},
          [&](const Row& row) { key = row.integer(0); });
      !done)
    return done.error();
  if (message) {
    if (const auto done = db.query("INSERT INTO message (submission, octets) VALUES ($1, $2)",
                                   {key, Octets{*message}});
        !done)
      return done.error();
  }
  if (Status done = insert_copies(db, key, copies, submission.received, *status); !done)
    return done.error();
  return submission.id;
}

Result<std::string> SqlStore::hold(const Submission& submission, std::span<const NewCopy> copies,
                                   std::string_view unique_key) {
  if (!is_id(submission.id)) return internal("store: not a submission id");
  if (!submission.batch_id.empty() && !is_id(submission.batch_id))
    return invalid("store: not a batch id");
  std::string id;
  if (Status done = connections_->write(weight_of(submission, copies),
                                        [&](Database& db) -> Status {
                                          auto held =
                                              insert_submission(db, submission, copies, unique_key);
                                          if (!held) return held.error();
                                          id = *std::move(held);
                                          return ok();
                                        });
      !done)
    return done.error();
  return id;
}

namespace {

enum class Parts { all, without_message };

Result<std::optional<Submission>> find_submission(Connections& connections, std::string_view id,
                                                  Parts parts) {
  std::optional<Submission> found;
  if (!is_id(id)) return found;
  const auto read_submission = [&](const Row& row) {
    Submission submission;
    submission.id = id;
    submission.received = from_unix(row.integer(0));
    submission.smtputf8 = row.integer(1) != 0;
    submission.eight_bit = row.integer(2) != 0;
    std::string* const texts[] = {
        &submission.batch_id,        &submission.queue_id,     &submission.reverse_path,
        &submission.mail_parameters, &submission.client.name,  &submission.client.address,
        &submission.client.helo,     &submission.client.login, &submission.client.daemon_name,
        &submission.client.protocol, &submission.pool,         &submission.settings,
        &submission.header,          &submission.message_id};
    int column = 3;
    for (std::string* text : texts) *text = row.octets(column++);
    if (!row.is_null(column))
      submission.message = std::make_shared<const std::string>(row.octets(column));
    found = std::move(submission);
  };
  const Status done = connections.read([&](Database& db) -> Status {
    constexpr std::string_view columns =
        "SELECT s.received, s.smtputf8, s.eight_bit, s.batch_id, s.queue_id, s.reverse_path, "
        "s.mail_parameters, s.client_name, s.client_address, s.client_helo, s.client_login, "
        "s.client_daemon_name, s.client_protocol, s.pool, s.settings, s.header, s.message_id, ";
    constexpr std::string_view with_message =
        "m.octets FROM submission s LEFT JOIN message m ON m.submission = s.id WHERE s.uid = $1";
    constexpr std::string_view without_message = "NULL FROM submission s WHERE s.uid = $1";
    const auto asked =
        db.query(std::string(columns).append(parts == Parts::all ? with_message : without_message),
                 {Text{id}}, read_submission);
    if (!asked) return asked.error();
    return ok();
  });
  if (!done) return done.error();
  return found;
}

}  // namespace

Result<std::optional<Submission>> SqlStore::submission(std::string_view id) {
  return find_submission(*connections_, id, Parts::all);
}

Result<std::optional<Submission>> SqlStore::submission_facts(std::string_view id) {
  return find_submission(*connections_, id, Parts::without_message);
}

}  // namespace smtpapi
