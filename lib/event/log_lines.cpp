// Lines of a syslog file, taken apart.
#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.h"
#include "event/delivery_report.h"

namespace smtpapi {
namespace {

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (text.empty() || text.size() > 6) return std::nullopt;
  return value;
}

struct TimeOfDay {
  int hour, minute, second;
};

/// "11:01:51"
std::optional<TimeOfDay> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto h = digits(text.substr(0, 2)), m = digits(text.substr(3, 2)),
             s = digits(text.substr(6, 2));
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  return TimeOfDay{*h, *m, *s};
}

/// "2026-11-21T11:01:51.123456+01:00"
std::optional<Time> read_iso(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  const auto y = digits(text.substr(0, 4)), m = digits(text.substr(5, 2)),
             d = digits(text.substr(8, 2));
  const auto clock = time_of_day(text.substr(11, 8));
  if (!y || !m || !d || !clock) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*y),
                                         std::chrono::month(static_cast<unsigned>(*m)),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  std::size_t at = 19;
  if (text[at] == '.' || text[at] == ',') {
    ++at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  }
  const std::string_view zone = text.substr(at);
  seconds offset(0);
  if (zone != "Z") {
    const bool has_colon = zone.size() == 6 && zone[3] == ':';
    if ((!has_colon && zone.size() != 5) || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
    const auto h = digits(zone.substr(1, 2)), minutes = digits(zone.substr(has_colon ? 4 : 3, 2));
    if (!h || !minutes) return std::nullopt;
    offset = std::chrono::hours(*h) + std::chrono::minutes(*minutes);
    if (zone[0] == '-') offset = -offset;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(clock->hour) +
         std::chrono::minutes(clock->minute) + seconds(clock->second) - offset;
}

/// "Nov 21 11:01", in local time, of the year that makes it the last such moment up to a day after
/// `now`.
std::optional<Time> begin_of_minute(std::string_view text, Time now) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto month = months.find(text.substr(0, 3));
  const auto day = digits(trim(text.substr(4, 2)));
  const auto hour = digits(text.substr(7, 2)), minute = digits(text.substr(10, 2));
  if (month == months.npos || month % 3 != 0 || !day || *day < 1 || *day > 31 || !hour ||
      *hour > 23 || !minute || *minute > 59)
    return std::nullopt;
  const std::time_t latest = to_unix(now + std::chrono::hours(24));
  std::tm broken{};
  if (!localtime_r(&latest, &broken)) return std::nullopt;
  const int year = broken.tm_year;
  for (const int back : {0, 1}) {
    broken = {};
    broken.tm_year = year - back;
    broken.tm_mon = static_cast<int>(month / 3);
    broken.tm_mday = *day;
    broken.tm_hour = *hour;
    broken.tm_min = *minute;
    broken.tm_isdst = -1;
    const std::time_t time = std::mktime(&broken);
    if (time != -1 && time <= latest) return from_unix(time);
  }
  return std::nullopt;
}

std::string_view last_part(std::string_view program) {
  return program.substr(program.rfind('/') + 1);
}

}  // namespace

bool is_mail_program(std::string_view program) {
  // smtpd and pickup say where messages come from that are passed on.
  constexpr std::array<std::string_view, 13> of_postfix = {
      "smtp",  "smtpd",   "qmgr",   "lmtp",  "local",  "virtual",  "pipe",
      "error", "discard", "bounce", "oqmgr", "pickup", "postsuper"};
  if (program.find('/') != program.npos)
    return std::find(of_postfix.begin(), of_postfix.end(), last_part(program)) != of_postfix.end();
  return program.starts_with("sendmail") || program.starts_with("sm-");
}

std::optional<Time> LogLines::read_time(std::string_view& rest, Time now) {
  if (rest.size() < 20) return std::nullopt;
  if (rest[0] >= '0' && rest[0] <= '9') {
    const std::size_t end = rest.find(' ');
    if (end == rest.npos) return std::nullopt;
    const auto time = read_iso(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return time;
  }
  if (rest[3] != ' ' || rest[6] != ' ' || rest[9] != ':' || rest[15] != ' ') return std::nullopt;
  const auto clock = time_of_day(rest.substr(7, 8));
  if (!clock) return std::nullopt;
  if (rest.substr(0, 12) != last_minute_ || begin_of_minute_ > now + std::chrono::hours(24)) {
    const auto begin = begin_of_minute(rest.substr(0, 12), now);
    if (!begin) return std::nullopt;
    begin_of_minute_ = *begin;
    last_minute_ = rest.substr(0, 12);
  }
  rest.remove_prefix(16);
  return begin_of_minute_ + seconds(clock->second);
}

std::optional<LogLine> LogLines::read(std::string_view line, Time now) {
  // What program it is stands behind time and host: most lines are not of interest, and their time
  // is not read.
  std::string_view rest = line;
  std::size_t stamp =
      rest.size() > 16 && (rest[0] < '0' || rest[0] > '9') ? 16 : rest.find(' ') + 1;
  if (stamp == 0 || stamp >= rest.size()) return std::nullopt;
  rest.remove_prefix(stamp);
  const std::size_t host = rest.find(' ');
  if (host == rest.npos) return std::nullopt;
  rest.remove_prefix(host + 1);
  const std::size_t end = rest.find_first_of("[: ");
  if (end == rest.npos || rest[end] == ' ') return std::nullopt;
  LogLine out;
  out.program = rest.substr(0, end);
  if (!is_mail_program(out.program)) return std::nullopt;
  rest.remove_prefix(end);
  if (rest[0] == '[') {
    const std::size_t close = rest.find(']');
    if (close == rest.npos) return std::nullopt;
    out.process = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  if (!rest.starts_with(": ")) return std::nullopt;
  out.message = rest.substr(2);
  std::string_view from_time = line;
  const auto time = read_time(from_time, now);
  if (!time) return std::nullopt;
  out.time = *time;
  return out;
}

}  // namespace smtpapi
