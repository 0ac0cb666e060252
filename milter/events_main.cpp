// smtpapi-events(8): posts events to webhooks.
#include <sysexits.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/notifier.h"
#include "milter/daemon.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr Program program = {
    .name = "smtpapi-events",
    .summary = "Posts events to webhooks.",
    .usage = "[OPTION]...",
};

WebhookSettings webhook_settings(const Settings& settings) {
  WebhookSettings out;
  out.batch_seconds = settings.webhook_batch_seconds;
  out.batch_bytes = settings.webhook_batch_bytes;
  out.retry = std::chrono::hours(settings.webhook_retry_hours);
  out.hostname = settings.hostname;
  return out;
}

PosterSettings poster_settings(const Settings& settings) {
  PosterSettings out;
  out.allow_private = settings.webhook_allow_private;
  out.ca_file = settings.webhook_ca_file;
  return out;
}

/// What a start reads once and a reload cannot change.
void warn_of_changes(const Settings& now, const Settings& then) {
  const auto warn = [](const char* key) {
    log_warning("{} has changed: it is read at the start only", key);
  };
  if (now.store_url != then.store_url) warn("store.url");
  if (now.user != then.user) warn("daemon.user");
  if (now.log_target != then.log_target) warn("log.to");
  if (now.log_level != then.log_level) warn("log.level");
}

class EventsProgram {
 public:
  EventsProgram(int argc, char** argv, const Settings& settings)
      : argc_(argc), argv_(argv), started_with_(settings), settings_(settings) {}

  int run() {
    if (const Status changed = become_user(settings_.user); !changed)
      return cannot_start(program, settings_, changed.error());
    const auto store = open_store(settings_.store_url, StoreAccess::create);
    if (!store) return cannot_start(program, settings_, store.error());
    const Signals signals(
        {.stop = [this] { next(Next::stop); }, .reload = [this] { next(Next::reload); }});
    log_info("version {}", SMTPAPI_VERSION);
    notify_manager("READY=1");
    for (;;) {
      const Notifier notifier(**store, clock_, webhook_settings(settings_),
                              poster_settings(settings_));
      if (wait() == Next::stop) break;
      reload();
    }
    log_info("stopped");
    return EX_OK;
  }

 private:
  enum class Next { go_on, reload, stop };

  void next(Next what) {
    if (what == Next::stop) notify_manager("STOPPING=1");
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, what);
    changed_.notify_one();
  }
  Next wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ != Next::go_on; });
    return next_ == Next::stop ? next_ : std::exchange(next_, Next::go_on);
  }

  /// All of the new settings, or none of them.
  void reload() {
    const auto line = read_options(argc_, argv_, program.takes_value);
    if (!line) {
      for (const std::string_view mistake : split(line.error().text, '\n'))
        log_error("settings not read again: {}", mistake);
      return;
    }
    warn_of_changes(line->settings, started_with_);
    settings_ = line->settings;
    log_info("settings read again");
  }

  const int argc_;
  char** const argv_;
  const Settings started_with_;
  Settings settings_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Next next_ = Next::go_on;
};

}  // namespace
}  // namespace smtpapi

int main(int argc, char** argv) {
  using namespace smtpapi;
  return run_program(program, argc, argv, [&](CommandLine& line) {
    if (!line.arguments.empty()) {
      return fail(program, EX_USAGE, "unknown argument '" + printable(line.arguments[0]) + "'");
    }
    return EventsProgram(argc, argv, line.settings).run();
  });
}
