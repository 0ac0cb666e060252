#include "job/accounts.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

bool is_file_name(std::string_view login) {
  return !login.empty() && login[0] != '.' &&
         login.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// Nothing when there is no such file.
Result<std::optional<std::string>> read_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found ||
      error == std::errc::filename_too_long) {
    return std::optional<std::string>();
  }
  if (error) return unavailable(fmt::format("read {}: {}", path, error.message()));
  if (!std::filesystem::is_regular_file(status)) {
    return unavailable(fmt::format("read {}: it is no file", path));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || text.bad()) {
    return unavailable(fmt::format("read {}: {}", path, std::strerror(errno)));
  }
  return std::optional(std::move(text).str());
}

}  // namespace

Result<AccountSettings> account_settings(const std::string& general, const std::string& folder,
                                         const std::string& login) {
  AccountSettings account;
  std::string source = "account.settings";
  account.text = general;
  if (!folder.empty() && is_file_name(login)) {
    const std::string path = folder + "/" + login + ".json";
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    if (*text) {
      account.text = **std::move(text);
      source = path;
    }
  }
  if (account.text.empty()) return account;
  ParsedFilters parsed = parse_account_settings(account.text);
  if (!parsed.problems.empty()) {
    return unavailable(fmt::format("{}: {}", source, to_string(parsed.problems.front())));
  }
  account.filters = std::move(parsed.filters);
  return account;
}

}  // namespace smtpapi
