#include "store/sqlite_db.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/owned.h"
#include "store/schema.h"
#include "store/sqlite_error.h"

namespace smtpapi {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Connection = Owned<sqlite3, sqlite3_close>;
using Statement = Owned<sqlite3_stmt, sqlite3_finalize>;

constexpr int checkpoint_pages = 4'000;  ///< WAL pages after which they move into the file: 16 MB
constexpr int restart_pages = 32'000;    ///< 128 MB: readers have kept the WAL from starting over
constexpr std::uintmax_t quick_check_limit = 1u << 30;  ///< larger files take too long to read
constexpr std::uint64_t least_free_space = 64u << 20;

/// Waits for other programs' locks in short random steps (LIB-38), and no longer than `patience`.
class Patience {
 public:
  explicit Patience(milliseconds patience) : patience_(patience) {}

  static int wait(void* self, int tries) { return static_cast<Patience*>(self)->wait(tries); }
  milliseconds total() const { return patience_; }
  void set(milliseconds patience) { patience_ = patience; }

 private:
  int wait(int tries) {
    const auto now = steady_clock::now();
    if (tries == 0) since_ = now;
    if (now - since_ >= patience_) return 0;
    std::uniform_int_distribution<int> microseconds(300, 1'000);
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random_)));
    return 1;
  }

  milliseconds patience_;
  steady_clock::time_point since_;
  std::minstd_rand random_{std::random_device{}()};
};

/// A statement and where its $1, $2, ... go: SQLite takes them as names (LIB-33).
struct Prepared {
  Statement statement;
  std::vector<int> positions;
};

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view octets(int column) const override {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return data ? std::string_view(static_cast<const char*>(data), size) : std::string_view();
  }

 private:
  sqlite3_stmt* statement_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(Connection connection, std::string path, std::unique_ptr<Patience> patience)
      : path_(std::move(path)), patience_(std::move(patience)), db_(std::move(connection)) {
    sqlite3_wal_hook(db_.get(), note_wal_pages, this);
  }

  Status set_up();

  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> values,
                               const OnRow& on_row) override;
  Status script(const std::string& sql) override;

  Status begin(Access access) override;
  Status commit() override { return run("COMMIT"); }
  void rollback() noexcept override {
    // What fails here is rolled back by the connection's end.
    if (in_transaction()) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    if (in_transaction()) usable_ = false;
  }
  bool in_transaction() const override { return !sqlite3_get_autocommit(db_.get()); }

  Result<bool> has_table(std::string_view name) override {
    return any("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", {Text{name}});
  }
  Result<bool> is_empty() override {
    const auto any_object = any("SELECT 1 FROM sqlite_master", {});
    if (!any_object) return any_object.error();
    return !*any_object;
  }
  const Dialect& dialect() const override { return sqlite_dialect; }

  bool usable() const override { return usable_; }
  void tidy() override;
  Status check() override;

 private:
  static int note_wal_pages(void* self, sqlite3*, const char*, int pages) {
    static_cast<SqliteDatabase*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
  }

  Status run(std::string_view sql) {
    if (const auto done = query(sql); !done) return done.error();
    return ok();
  }
  Result<bool> any(std::string_view sql, std::initializer_list<Value> values) {
    bool found = false;
    const auto asked = query(sql, values, [&](const Row&) { found = true; });
    if (!asked) return asked.error();
    return found;
  }
  Result<Prepared*> prepare(std::string_view sql);
  Error failure();

  std::string path_;
  std::unique_ptr<Patience> patience_;  ///< SQLite keeps its address
  Connection db_;
  std::unordered_map<std::string_view, Prepared> statements_;  ///< keys are the statements' own
  bool usable_ = true;
  int wal_pages_ = 0;
  int restarted_at_ = 0;
};

Error SqliteDatabase::failure() {
  const int code = sqlite3_extended_errcode(db_.get());
  // Not so when the disk failed: the next commit must write over what that one left in the WAL,
  // and closing would make SQLite read the WAL anew and find the lost commit there.
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
      usable_ = false;
      break;
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_DBMOVED) usable_ = false;
      break;
  }
  return explain_sqlite(code, sqlite3_system_errno(db_.get()), sqlite3_errmsg(db_.get()), path_,
                        patience_->total());
}

Result<Prepared*> SqliteDatabase::prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return &found->second;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Prepared prepared{Statement(raw), {}};
  if (code != SQLITE_OK) return failure();
  const int count = sqlite3_bind_parameter_count(raw);
  for (int i = 1; i <= count; ++i)
    prepared.positions.push_back(sqlite3_bind_parameter_index(raw, fmt::format("${}", i).c_str()));
  const std::string_view key = sqlite3_sql(raw);
  return &statements_.emplace(key, std::move(prepared)).first->second;
}

int bind(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, position, *number);
  if (const auto* text = std::get_if<Text>(&value))
    return sqlite3_bind_text64(statement, position, text->characters.data(),
                               text->characters.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* blob = std::get_if<Octets>(&value)) {
    // A null pointer would become NULL, not an empty value (LIB-34).
    const char* data = blob->octets.empty() ? "" : blob->octets.data();
    return sqlite3_bind_blob64(statement, position, data, blob->octets.size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, position);
}

Result<std::int64_t> SqliteDatabase::execute(std::string_view sql, std::span<const Value> values,
                                             const OnRow& on_row) {
  const auto prepared = prepare(sql);
  if (!prepared) return prepared.error();
  sqlite3_stmt* statement = (*prepared)->statement.get();
  const std::vector<int>& positions = (*prepared)->positions;
  if (positions.size() != values.size())
    return internal(
        fmt::format("{} values for {} parameters: {}", values.size(), positions.size(), sql));
  // Also frees the references to the values when a callback throws.
  const auto reset = [](sqlite3_stmt* used) {
    sqlite3_reset(used);
    sqlite3_clear_bindings(used);
  };
  const std::unique_ptr<sqlite3_stmt, decltype(reset)> in_use(statement, reset);

  for (std::size_t i = 0; i < values.size(); ++i)
    if (bind(statement, positions[i], values[i]) != SQLITE_OK) return failure();
  const SqliteRow row(statement);
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW)
    if (on_row) on_row(row);
  if (code != SQLITE_DONE) return failure();
  return sqlite3_changes64(db_.get());
}

Status SqliteDatabase::script(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure();
  return ok();
}

Status SqliteDatabase::begin(Access access) {
  if (access == Access::read) return run("BEGIN");
  // What is committed to a file that lost its name dies with this process.
  int has_moved = 0;
  if (sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK &&
      has_moved) {
    usable_ = false;
    return explain_sqlite(SQLITE_READONLY_DBMOVED, 0, "", path_, patience_->total());
  }
  return run("BEGIN IMMEDIATE");
}

Status SqliteDatabase::set_up() {
  sqlite3_busy_handler(db_.get(), Patience::wait, patience_.get());
  // A commit is synced before it is reported (LIB-36), and freed pages are wiped only where that
  // costs nothing (LIB-39). The WAL is written back by tidy(), when nobody waits.
  if (Status done = script("PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST;"
                           "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
                           "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                           "PRAGMA journal_size_limit = 67108864;");
      !done)
    return done;

  // Turning a new file to WAL needs it alone, and SQLite does not ask the busy handler then.
  std::string mode;
  for (int tries = 0;; ++tries) {
    const auto done =
        query("PRAGMA journal_mode = WAL", {}, [&](const Row& row) { mode = row.octets(0); });
    if (done) break;
    const bool busy = (sqlite3_errcode(db_.get()) & 0xff) == SQLITE_BUSY;
    if (!busy || !Patience::wait(patience_.get(), tries)) return done.error();
  }
  if (mode != "wal")
    return unavailable(
        fmt::format("{}: its file system cannot share memory between programs: "
                    "keep the store on a local disk",
                    path_));
  if (sqlite3_db_readonly(db_.get(), "main") == 1)
    return explain_sqlite(SQLITE_READONLY, 0, "", path_, patience_->total());
  return ok();
}

void SqliteDatabase::tidy() {
  if (wal_pages_ < checkpoint_pages) return;
  // Failing is harmless: the next commit comes here again.
  sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (wal_pages_ < restarted_at_) restarted_at_ = 0;
  if (wal_pages_ < restarted_at_ + restart_pages) return;
  // Without a moment free of readers the WAL only grows: hold new ones off until the old are gone.
  const milliseconds patience = patience_->total();
  patience_->set(milliseconds(100));
  sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  patience_->set(patience);
  restarted_at_ = wal_pages_;
}

Status SqliteDatabase::check() {
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path_, unknown);
      !unknown && size <= quick_check_limit) {
    std::string verdict;
    const auto checked =
        query("PRAGMA quick_check(1)", {}, [&](const Row& row) { verdict = row.octets(0); });
    if (!checked) return checked.error();
    if (verdict != "ok")
      return explain_sqlite(SQLITE_CORRUPT, 0, verdict, path_, patience_->total());
  }
  struct statvfs file_system = {};
  if (statvfs(path_.c_str(), &file_system) != 0)
    return explain_sqlite(SQLITE_CANTOPEN, errno, "", path_, patience_->total());
  const std::uint64_t free_space = file_system.f_bavail * file_system.f_frsize;
  if (free_space < least_free_space)
    return unavailable(fmt::format("{}: only {} MB of disk space left: free some in {}", path_,
                                   free_space >> 20,
                                   std::filesystem::path(path_).parent_path().string()));
  return ok();
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, milliseconds patience) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK)
    return explain_sqlite(code, raw ? sqlite3_system_errno(raw) : 0, sqlite3_errstr(code), path,
                          patience);
  sqlite3_extended_result_codes(raw, 1);
  auto database = std::make_unique<SqliteDatabase>(std::move(connection), path,
                                                   std::make_unique<Patience>(patience));
  if (Status done = database->set_up(); !done) return done.error();
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace smtpapi
