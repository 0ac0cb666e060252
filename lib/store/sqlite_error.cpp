#include "store/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace smtpapi {
namespace {

using std::chrono::milliseconds;

std::string in_seconds(milliseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

bool means_no_space(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

}  // namespace

Error explain_sqlite(int code, int system_error, std::string_view message, const std::string& path,
                     milliseconds patience) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const std::string because = system_error ? fmt::format(" ({})", std::strerror(system_error)) : "";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return unavailable(fmt::format("{}: disk full: free space in {}", path, folder));
    case SQLITE_IOERR:
      if (means_no_space(system_error))
        return unavailable(fmt::format("{}: disk full{}: free space in {}", path, because, folder));
      return unavailable(fmt::format("{}: input/output error {}{}: check the disk under {}", path,
                                     code, because, folder));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable(
          fmt::format("{}: locked by another program for {}: look for it with "
                      "'fuser -v {}'",
                      path, in_seconds(patience), path));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return unavailable(
          fmt::format("{}: not a database or corrupt: restore the backup or run "
                      "'sqlite3 {} .recover'",
                      path, path));
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_DBMOVED)
        return unavailable(path + ": the file was moved or removed while in use: put it back");
      return unavailable(
          fmt::format("{}: read-only: user {} must be able to write it and to make "
                      "files in {}",
                      path, geteuid(), folder));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return unavailable(
          fmt::format("{}: cannot open{}: check that user {} has access to it and "
                      "to {}; 'smtpapictl init' makes it",
                      path, because, geteuid(), folder));
    case SQLITE_NOMEM:
      return unavailable(path + ": out of memory");
    case SQLITE_TOOBIG:
      return invalid(path + ": larger than the database can hold");
    default:
      return internal(fmt::format("{}: {} (SQLite code {})", path, message, code));
  }
}

}  // namespace smtpapi
