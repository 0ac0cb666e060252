#include "milter/events_settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/text.h"
#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

/// Nothing when there is no such file. Errors: unavailable.
Result<std::optional<std::string>> read_file(const std::string& path) {
  std::error_code error;
  // Reading one as a file would throw.
  if (std::filesystem::is_directory(path, error)) return unavailable(path + ": it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file && errno == ENOENT) return std::optional<std::string>();
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) return unavailable(path + ": " + std::strerror(errno == 0 ? EIO : errno));
  return std::optional(std::move(text));
}

Status read_days(const FilterSettings& filter, std::string_view name, std::optional<seconds>& age) {
  const std::string_view text = trim(filter.value(name));
  if (text.empty()) return ok();
  const auto days = to_integer(text);
  if (!days || *days < 1 || *days > 3'650)
    return invalid(fmt::format("bounce_purge: '{}' is not from 1 to 3650 days", std::string(name)));
  age = std::chrono::days(*days);
  return ok();
}

/// "journal:UNIT" of an MTA that systemd knows, "" if there is none or no journal.
std::string journal_of_mta(const std::string& root) {
  const auto exists = [&](const std::string& path) {
    return access((root + path).c_str(), F_OK) == 0;
  };
  if (!exists("/var/log/journal") && !exists("/run/log/journal")) return {};
  // Debian's Postfix is an instance of a template, others' is not; Sendmail may have an init
  // script.
  for (const std::string unit : {"postfix@", "postfix", "sendmail"})
    for (const std::string folder : {"/etc/systemd/system/", "/run/systemd/generator.late/",
                                     "/usr/lib/systemd/system/", "/lib/systemd/system/"})
      if (exists(folder + unit + ".service"))
        return "journal:" + unit + (unit.ends_with('@') ? "-" : "");
  return {};
}

}  // namespace

std::vector<std::string> logs_to_follow(const Settings& settings, const std::string& root) {
  if (!settings.events_log.empty()) return settings.events_log;
  for (const std::string path : {"/var/log/mail.log", "/var/log/maillog"})
    if (access((root + path).c_str(), F_OK) == 0) return {path};
  if (std::string journal = journal_of_mta(root); !journal.empty()) return {std::move(journal)};
  return {"/var/log/mail.log"};
}

Result<BounceClasses> read_bounce_classes(const std::string& path) {
  if (path.empty()) return BounceClasses::built_in();
  const auto text = read_file(path);
  if (!text) return text.error();
  if (!*text) return BounceClasses::built_in();
  auto classes = BounceClasses::parse(**text);
  if (classes) return classes;
  std::string mistakes;
  for (const std::string_view mistake : split(classes.error().text, '\n'))
    mistakes += fmt::format("{}{}: {}", mistakes.empty() ? "" : "\n", path, mistake);
  return invalid(std::move(mistakes));
}

Result<BouncePurge> read_bounce_purge(std::string_view text) {
  BouncePurge purge;
  const ParsedFilters parsed = parse_account_settings(text);
  const auto found = parsed.filters.find("bounce_purge");
  if (found == parsed.filters.end() || !found->second.enabled) return purge;
  if (Status read = read_days(found->second, "hard_bounces", purge.hard); !read)
    return std::move(read).error();
  if (Status read = read_days(found->second, "soft_bounces", purge.soft); !read)
    return std::move(read).error();
  return purge;
}

Result<FollowingSettings> following_settings(const Settings& settings) {
  FollowingSettings out;
  auto classes = read_bounce_classes(settings.events_bounce_classes);
  if (!classes) return std::move(classes).error().within("events.bounce-classes");
  out.classes = *std::move(classes);
  if (settings.account_settings.empty()) return out;
  const auto text = read_file(settings.account_settings);
  if (!text) return Error(text.error()).within("account.settings");
  auto purge = read_bounce_purge(text->value_or("{}"));
  if (!purge) return std::move(purge).error().within(settings.account_settings);
  out.purge = *purge;
  return out;
}

}  // namespace smtpapi
