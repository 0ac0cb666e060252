// One line per decision, queue ID first as the MTA does, to syslog or standard error.
//
// The log is the one thing that belongs to the process and not to an object: syslog(3) itself does.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace smtpapi {

enum class LogLevel { error, warning, info, debug };
enum class LogTarget { syslog, standard_error };

/// Before the first thread starts. `program` must outlive the process. Until then lines go to
/// standard error, level info.
void open_log(const char* program, LogTarget target, LogLevel level);

bool is_logged(LogLevel level);
/// Thread-safe. Control characters appear as "?": what a client sent cannot forge a line.
void write_log(LogLevel level, std::string_view line);

template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(level)) write_log(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::error, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::warning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::debug, format, std::forward<Args>(args)...);
}

}  // namespace smtpapi
