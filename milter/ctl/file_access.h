// Whether another user may use a file, told from mode bits: access lists and the like are not seen.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace smtpapi::ctl {

/// A user with all groups that initgroups(3) gives.
struct Credentials {
  uid_t user = 0;
  std::vector<gid_t> groups;
};
/// Nothing when there is no such user.
std::optional<Credentials> credentials_of(const std::string& name);

constexpr unsigned may_read = 4, may_write = 2, may_search = 1;

/// Where `who` is refused on the way from `root` down to `path`, to which `wanted` applies; "" when
/// nowhere. What is not there refuses nobody.
std::string blocked_at(const Credentials& who, const std::filesystem::path& path, unsigned wanted,
                       const std::filesystem::path& root = "/");

}  // namespace smtpapi::ctl
