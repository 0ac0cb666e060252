// The file of API keys, which Dovecot reads as a passwd-file: one line a key, hashes only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace smtpapi::ctl {

struct StoredKey {
  std::string id;
  std::string hash;     ///< "{SSHA512}..."
  std::string account;  ///< the login that the MTA tells
  std::string name;     ///< what its owner calls it; may be ""
  Time created;
};

/// The file "keys" in the folder of the configuration file; "" stands for the usual one.
std::string usual_key_file(const std::string& config_file);

/// What an account may be called: it becomes a login, a file's name and a field of the line.
/// Errors: invalid, saying what is expected.
Status check_account_name(std::string_view account);
/// The same for the name of a key.
Status check_key_name(std::string_view name);

/// "apikey.ID:{SSHA512}...:::SECONDS NAME:::user=ACCOUNT", without line end.
std::string key_line(const StoredKey& key);
/// Nothing when the line is no key's: a comment, or a login of the administrator's.
std::optional<StoredKey> parse_key_line(std::string_view line);

/// All keys in it; none when there is no file. Errors: unavailable.
Result<std::vector<StoredKey>> read_keys(const std::string& path);

/// Reads the lines, has them changed and writes them back in one step, keeping owner and mode;
/// others who do the same wait. A new file is for root to write and for group dovecot to read, if
/// there is one. `edit` says whether there is anything to write. Errors: unavailable.
Status edit_keys(const std::string& path,
                 const std::function<bool(std::vector<std::string>& lines)>& edit);

}  // namespace smtpapi::ctl
