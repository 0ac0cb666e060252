#include "base/log.h"

#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

namespace smtpapi {
namespace {

struct {
  const char* program = "smtpapi";
  LogTarget target = LogTarget::standard_error;
  LogLevel level = LogLevel::info;
} log_state;

constexpr struct {
  int priority;
  const char* word;
} levels[] = {
    {LOG_ERR, "error: "}, {LOG_WARNING, "warning: "}, {LOG_INFO, ""}, {LOG_DEBUG, "debug: "}};

}  // namespace

void open_log(const char* program, LogTarget target, LogLevel level) {
  log_state = {program, target, level};
  if (target == LogTarget::syslog) openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

bool is_logged(LogLevel level) { return level <= log_state.level; }

void write_log(LogLevel level, std::string_view line) {
  const auto& kind = levels[static_cast<int>(level)];
  const std::string text = kind.word + printable(line, 2000);
  if (log_state.target == LogTarget::syslog) {
    syslog(kind.priority, "%s", text.c_str());
  } else {
    // One write(2), so that lines of several threads do not mix.
    const std::string whole = fmt::format("{}[{}]: {}\n", log_state.program, getpid(), text);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, whole.data(), whole.size());
  }
}

}  // namespace smtpapi
