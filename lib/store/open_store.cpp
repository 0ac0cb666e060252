#include "store/open_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "store/group_commit.h"
#include "store/schema.h"
#include "store/sql_store.h"
#include "store/sqlite_db.h"

namespace smtpapi {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite://";

/// An open descriptor. Of the database itself there must be none but SQLite's once it is in use:
/// closing one drops all locks of the process on the file.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

Result<std::string> path_of(const std::string& url) {
  const std::string_view supported = "supported is sqlite:///absolute/path";
  const std::size_t colon = url.find(':');
  if (colon == std::string::npos || url.compare(0, sqlite_scheme.size(), sqlite_scheme) != 0)
    // Not the whole URL: one of another scheme may hold a password.
    return invalid(fmt::format("store.url: scheme '{}': {}", url.substr(0, colon), supported));
  std::string path = url.substr(sqlite_scheme.size());
  if (path.empty() || path.front() != '/')
    return invalid(fmt::format("store.url: '{}' names no absolute path: {}", url, supported));
  if (path.back() == '/' || path.find('\0') != std::string::npos)
    return invalid(fmt::format("store.url: '{}' names no file", url));
  return path;
}

Error cannot(const char* what, const std::string& path) {
  return unavailable(fmt::format("{}: cannot {}: {}", path, what, std::strerror(errno)));
}

/// Makes the empty file, synced with the folder's entry for it. Another program may be quicker.
Status make_file(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat of_folder = {};
  if (stat(folder.c_str(), &of_folder) != 0)
    return unavailable(
        fmt::format("{}: no folder {}: make it, owned by the user of the programs", path, folder));
  const Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660));
  if (!file) {
    if (errno == EEXIST) return ok();
    return unavailable(fmt::format("{}: cannot make it: {}: check that user {} may write in {}",
                                   path, std::strerror(errno), geteuid(), folder));
  }
  if (geteuid() == 0 && fchown(file.get(), of_folder.st_uid, of_folder.st_gid) != 0)
    return cannot("give it to the folder's owner", path);
  if (fchmod(file.get(), 0660) != 0) return cannot("set its mode", path);
  if (fsync(file.get()) != 0) return cannot("sync", path);
  const Descriptor entries(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!entries || fsync(entries.get()) != 0) return cannot("sync", folder);
  return ok();
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& url, StoreAccess access,
                                          const StoreTuning& tuning) {
  const auto path = path_of(url);
  if (!path) return path.error();

  struct stat file = {};
  if (access == StoreAccess::later) {
    // Whatever is there now may be something else when it is opened.
  } else if (stat(path->c_str(), &file) != 0) {
    if (errno != ENOENT) return cannot("open", *path);
    if (access == StoreAccess::existing)
      return unavailable(fmt::format("{}: no store there: 'smtpapictl init' makes it", *path));
    if (Status made = make_file(*path); !made) return made.error();
  } else if (!S_ISREG(file.st_mode)) {
    return invalid(fmt::format("{}: not a regular file", *path));
  }

  const auto connect = [path = *path, patience = tuning.patience](
                           EmptyDatabase empty) -> Result<std::unique_ptr<Database>> {
    auto database = open_sqlite(path, patience);
    if (!database) return database.error();
    if (Status ready = migrate(**database, schema_steps(), empty); !ready) {
      Error error = std::move(ready).error();
      const bool is_named = error.text.compare(0, path.size(), path) == 0;
      return is_named ? error : std::move(error).within(path);
    }
    return database;
  };
  std::unique_ptr<Database> writer;
  if (access != StoreAccess::later) {
    auto opened =
        connect(access == StoreAccess::create ? EmptyDatabase::fill : EmptyDatabase::refuse);
    if (!opened) return opened.error();
    writer = *std::move(opened);
  }
  return std::unique_ptr<Store>(std::make_unique<SqlStore>(std::make_unique<GroupCommit>(
      std::move(writer), [connect] { return connect(EmptyDatabase::refuse); },
      GroupCommit::Bounds())));
}

}  // namespace smtpapi
