#include "milter/ctl/file_access.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>

namespace smtpapi::ctl {
namespace {

/// Whether the mode bits let `who` do `wanted` (of rwx) with the file.
bool may(const Credentials& who, const struct stat& file, unsigned wanted) {
  if (who.user == 0) return true;
  const bool is_in_group =
      std::find(who.groups.begin(), who.groups.end(), file.st_gid) != who.groups.end();
  const unsigned shift = file.st_uid == who.user ? 6 : is_in_group ? 3 : 0;
  return (file.st_mode >> shift & wanted) == wanted;
}

}  // namespace

std::optional<Credentials> credentials_of(const std::string& name) {
  const passwd* const entry = getpwnam(name.c_str());
  if (!entry) return std::nullopt;
  Credentials out{entry->pw_uid, {}};
  int count = 64;
  out.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), entry->pw_gid, out.groups.data(), &count) < 0) {
    out.groups.resize(static_cast<std::size_t>(count));
    getgrouplist(name.c_str(), entry->pw_gid, out.groups.data(), &count);
  }
  out.groups.resize(static_cast<std::size_t>(count));
  return out;
}

std::string blocked_at(const Credentials& who, const std::filesystem::path& path, unsigned wanted,
                       const std::filesystem::path& root) {
  std::filesystem::path at;
  for (const std::filesystem::path& piece : path) {
    at /= piece;
    if (at.native().size() < root.native().size()) continue;  // outside of the chroot
    struct stat file {};
    if (stat(at.c_str(), &file) != 0) return {};
    if (!may(who, file, at == path ? wanted : may_search)) return at.string();
  }
  return {};
}

}  // namespace smtpapi::ctl
