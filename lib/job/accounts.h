// Which account settings a login has.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "smtpapi/document.h"

namespace smtpapi {

struct AccountSettings {
  std::string text;  ///< as the file has it, "" if there is none: kept with the submission
  Filters filters;
};

/// `folder`/LOGIN.json if there is such a file, else `general` (text of account.settings). A login
/// that is no plain file name ("../x", ".x") has no file. Errors: unavailable, when the file cannot
/// be read or is wrong: the text names file, line and column.
Result<AccountSettings> account_settings(const std::string& general, const std::string& folder,
                                         const std::string& login);

}  // namespace smtpapi
