// A small face in front of a database: SQL with $1, $2, ... and four kinds of values (LIB-33).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace smtpapi {

struct Text {
  std::string_view characters;  ///< our own words only: well-formed UTF-8 without NUL (LIB-34)
};
struct Octets {
  std::string_view octets;  ///< anything
};
/// Null, a number, text or octets. Refers to what it was made from, which is bound without copying.
using Value = std::variant<std::monostate, std::int64_t, Text, Octets>;
inline constexpr std::monostate null{};

/// One row of an answer; columns count from 0. Views live until the row callback returns.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;     ///< 0 for null
  virtual std::string_view octets(int column) const = 0;  ///< text or octets; empty for null
};

/// What databases spell differently.
struct Dialect {
  std::string_view identity;  ///< column type of a key that numbers itself and never repeats
  std::string_view key;       ///< column type of a key that refers to such a one
  std::string_view octets;    ///< column type for any octets
  std::string_view folded_recipient;  ///< column `recipient` as text with A-Z in lower case
  std::string_view contains;          ///< whether octets {0} hold octets {1}, for fmt::format()
  std::string_view lock_copies;  ///< behind a SELECT from copy c whose rows are then taken (LIB-43)
};

/// One connection, for one thread at a time. Errors carry a text that says what to do; unavailable
/// unless a statement itself is wrong (internal).
class Database {
 public:
  using OnRow = std::function<void(const Row&)>;
  enum class Access { read, write };

  virtual ~Database() = default;

  /// Runs one statement; prepared once for each text. Result: rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const Value> values,
                                       const OnRow& on_row) = 0;
  Result<std::int64_t> query(std::string_view sql, std::initializer_list<Value> values = {},
                             const OnRow& on_row = {}) {
    return execute(sql, std::span(values.begin(), values.size()), on_row);
  }
  /// Statements without parameters, separated by semicolons.
  virtual Status script(const std::string& sql) = 0;

  /// A write transaction has the right to write from its start.
  virtual Status begin(Access access) = 0;
  virtual Status commit() = 0;
  virtual void rollback() noexcept = 0;
  /// False also after an error that made the database drop the transaction by itself.
  virtual bool in_transaction() const = 0;

  virtual Result<bool> has_table(std::string_view name) = 0;
  /// No table at all: new.
  virtual Result<bool> is_empty() = 0;
  virtual const Dialect& dialect() const = 0;

  /// False once this connection is of no more use, though a new one may be.
  virtual bool usable() const = 0;
  /// Chores after a commit, when no caller waits.
  virtual void tidy() {}
  /// Looks for damage and for space that runs out. May take a second.
  virtual Status check() { return ok(); }
};

/// The connections of one process.
class Connections {
 public:
  /// May run again when the transaction it took part in was lost, so it sets results, and does not
  /// add to them.
  using Work = std::function<Status(Database&)>;

  virtual ~Connections() = default;
  /// Runs `work` in a transaction and returns when that is durable. `weight`: about how many octets
  /// it writes. If it fails it leaves no trace.
  virtual Status write(std::size_t weight, const Work& work) = 0;
  /// Runs `work` in a transaction that sees one state of the data.
  virtual Status read(const Work& work) = 0;
};

}  // namespace smtpapi
