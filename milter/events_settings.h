// What smtpapi-events needs of the settings, and of the files that they name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "job/following.h"
#include "milter/options.h"

namespace smtpapi {

/// events.log or, where that is empty, the log that is there: /var/log/mail.log, /var/log/maillog,
/// the journal of the MTA's unit (DS-2), in this order; else the first of them, which may come.
/// `root`: in front of all paths.
std::vector<std::string> logs_to_follow(const Settings& settings, const std::string& root = "");

/// Reads events.bounce-classes, which may be missing: then the built-in table counts; and the
/// filter bounce_purge of account.settings (SUPP-5). Errors: invalid, each mistake with its file.
Result<FollowingSettings> following_settings(const Settings& settings);

/// The table in `path`, or the built-in one if there is no such file. Errors: invalid, unavailable.
Result<BounceClasses> read_bounce_classes(const std::string& path);

/// Of the text of an account's settings file. Errors: invalid, when a number of days is not
/// between 1 and 3650.
Result<BouncePurge> read_bounce_purge(std::string_view text);

}  // namespace smtpapi
