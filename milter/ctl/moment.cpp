#include "milter/ctl/moment.h"

#include <fmt/format.h>
#include <time.h>

#include <cctype>

#include "base/text.h"
#include "milter/ctl/output.h"
#include "milter/ctl/suppression_csv.h"
#include "milter/option_values.h"

namespace smtpapi::ctl {

Result<Time> read_moment(std::string_view text, Time now) {
  std::string_view span = trim(text);
  if (span.ends_with(" ago")) span = trim(span.substr(0, span.size() - 4));
  const bool has_unit = !span.empty() && std::string_view("smhd").find(to_lower(span.back())) !=
                                             std::string_view::npos;
  if (has_unit) {
    const auto length = read_duration(to_lower(span));
    if (length && now - *length >= Time()) return now - *length;
  }
  auto moment = read_moment(text);
  if (!moment)
    return invalid(fmt::format(
        "'{}' is no time: write 2h for two hours ago, 2026-11-21T09:30:00Z or Unix seconds",
        printable(text, 60)));
  return moment;
}

Time local_midnight(Time now, int days) {
  const auto seconds_now = static_cast<time_t>(to_unix(now));
  struct tm parts {};
  if (!localtime_r(&seconds_now, &parts)) return now;
  parts.tm_mday -= days;
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return from_unix(mktime(&parts));
}

std::string local_day(Time time) { return local_time(time).substr(0, 10); }

}  // namespace smtpapi::ctl
