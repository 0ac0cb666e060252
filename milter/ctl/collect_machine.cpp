#include "milter/ctl/collect_machine.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "milter/ctl/file_access.h"
#include "milter/ctl/key_file.h"
#include "milter/ctl/process.h"
#include "milter/events_settings.h"
#include "net/curl_poster.h"
#include "net/stream.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(5);
/// What smtpapi-track has there, and hardly anybody else as the whole text.
constexpr std::string_view robots_path = "/robots.txt", robots_line = "Disallow: /";

/// "" when smtpapi-track answers there. A POST asks for the same as a GET.
std::string ask_url(const std::string& url) {
  PosterSettings settings;
  settings.allow_private = true;
  settings.time_out = patience;
  CurlPoster poster(settings);
  const auto answer = poster.post({url + std::string(robots_path), {}, {}});
  if (!answer) return answer.error().text;
  if (answer->status != 200) return fmt::format("it answers {}", answer->status);
  return answer->body.find(robots_line) == std::string::npos
             ? std::string("something else than smtpapi-track answers")
             : std::string();
}

std::string ask_listener(const std::string& listen) {
  auto endpoint = parse_endpoint(listen);
  if (!endpoint) return endpoint.error().text;
  if (endpoint->host == "0.0.0.0" || endpoint->host == "::") endpoint->host = "localhost";
  auto stream = Stream::connect(*endpoint, patience);
  if (!stream) return stream.error().text;
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", robots_path);
  if (const Status said = stream->write(request, patience); !said) return said.error().text;
  const auto status = stream->read_line(patience);
  if (!status) return status.error().text;
  return status->find(" 200") == std::string_view::npos ? "it says " + printable(*status)
                                                        : std::string();
}

/// What systemctl(1) says of a unit's property; "" when it says nothing.
std::string unit_property(const std::string& unit, const char* property) {
  const auto systemctl = find_program("systemctl");
  if (!systemctl) return {};
  const auto said = run_process({*systemctl, "show", "--value", "-p", property, unit});
  return said && said->status == 0 ? std::string(trim(said->out)) : std::string();
}

void add_group(Credentials& who, std::string_view name) {
  if (const group* const entry = getgrnam(std::string(name).c_str()))
    who.groups.push_back(entry->gr_gid);
}

/// Who smtpapi-events is: daemon.user, or else ourselves.
std::optional<Credentials> follower(const Settings& settings) {
  if (settings.user.empty()) return std::nullopt;
  auto who = credentials_of(settings.user);
  if (!who) return who;
  const std::string groups = unit_property("smtpapi-events.service", "SupplementaryGroups");
  for (const std::string_view name : words(groups)) add_group(*who, name);
  return who;
}

LogFacts look_at_journal(const std::string& name, const std::optional<Credentials>& who) {
  LogFacts log{name, false, {}};
  std::string unit = name.substr(name.find(':') + 1);
  if (unit.find('.') == std::string::npos) unit += ".service";
  std::error_code error;
  const std::string folder = fs::is_directory("/var/log/journal", error)   ? "/var/log/journal"
                             : fs::is_directory("/run/log/journal", error) ? "/run/log/journal"
                                                                           : "";
  log.is_there = !folder.empty() && unit_property(unit, "LoadState") != "not-found";
  if (!log.is_there || !who || who->user == 0) return log;
  // Members of adm are let in by an access list, which mode bits do not show.
  const bool is_member = std::any_of(who->groups.begin(), who->groups.end(), [](gid_t id) {
    const group* const entry = getgrgid(id);
    return entry && (entry->gr_name == std::string_view("systemd-journal") ||
                     entry->gr_name == std::string_view("adm"));
  });
  if (!is_member) log.blocked_at = folder;
  return log;
}

LogFacts look_at_log_file(const std::string& path, const std::optional<Credentials>& who) {
  LogFacts log{path, false, {}};
  struct stat file {};
  log.is_there = stat(path.c_str(), &file) == 0 && !S_ISDIR(file.st_mode);
  if (who) log.blocked_at = blocked_at(*who, path, may_read);
  return log;
}

}  // namespace

std::optional<KeyFileFacts> look_at_key_file(const Settings& settings) {
  const std::string& path = settings.tracking_key_file;
  if (path.empty()) return std::nullopt;
  KeyFileFacts key;
  struct stat file {};
  key.is_there = stat(path.c_str(), &file) == 0;
  if (!key.is_there) return key;
  key.mode = file.st_mode & 07777;
  if (const auto links = link_settings(settings); !links && links.error().fault == Fault::invalid)
    key.error = links.error().text;
  if (const auto who = credentials_of(settings.user))
    key.blocked_at = blocked_at(*who, path, may_read);
  return key;
}

std::optional<KeyFileFacts> look_at_api_keys(const Settings& settings) {
  const std::string path = usual_key_file(settings.config_file);
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return std::nullopt;
  KeyFileFacts keys;
  keys.is_there = true;
  keys.mode = file.st_mode & 07777;
  // Without Dovecot it is PAM that asks, as root.
  if (const auto who = credentials_of("dovecot"))
    keys.blocked_at = blocked_at(*who, path, may_read);
  return keys;
}

std::optional<TrackingFacts> look_at_tracking(const Settings& settings) {
  if (settings.tracking_url.empty()) return std::nullopt;
  TrackingFacts tracking;
  tracking.error = ask_url(settings.tracking_url);
  if (!tracking.error.empty()) tracking.local_error = ask_listener(settings.tracking_listen);
  return tracking;
}

std::optional<bool> is_clock_in_step() {
  // In a container it is the host's.
  constexpr std::array marks = {"/run/systemd/container", "/run/.containerenv", "/.dockerenv"};
  const auto is_there = [](const char* mark) { return access(mark, F_OK) == 0; };
  if (std::any_of(marks.begin(), marks.end(), is_there)) return std::nullopt;
  timex clock{};
  const int state = adjtimex(&clock);
  if (state < 0) return std::nullopt;
  return state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

std::vector<LogFacts> look_at_logs(const Settings& settings) {
  const auto who = follower(settings);
  std::vector<LogFacts> logs;
  for (const std::string& name : logs_to_follow(settings))
    logs.push_back(name.starts_with("journal:") ? look_at_journal(name, who)
                                                : look_at_log_file(name, who));
  return logs;
}

std::optional<DiskFacts> look_at_disk(const std::string& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  DiskFacts facts{folder, static_cast<std::uintmax_t>(disk.f_bavail) * disk.f_frsize, {}};
  if (disk.f_files > 0) facts.free_files = disk.f_favail;
  return facts;
}

}  // namespace smtpapi::ctl
