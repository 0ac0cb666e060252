// smtpapi-events(8): follows the MTA's log, posts events to webhooks.
#include <sysexits.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/following.h"
#include "job/notifier.h"
#include "milter/daemon.h"
#include "milter/events_settings.h"
#include "net/journal.h"
#include "net/log_file.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr Program program = {
    .name = "smtpapi-events",
    .summary = "Follows the MTA's log and posts events to webhooks.",
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

std::vector<std::unique_ptr<LogSource>> log_sources(const Settings& settings) {
  std::vector<std::unique_ptr<LogSource>> sources;
  for (const std::string& name : logs_to_follow(settings)) {
    if (name.starts_with("journal:")) {
      sources.push_back(std::make_unique<Journal>(name));
    } else {
      sources.push_back(std::make_unique<LogFile>(name));
    }
  }
  return sources;
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
    auto following = following_settings(settings_);
    if (!following) return cannot_start(program, settings_, following.error());
    const Signals signals(
        {.stop = [this] { next(Next::stop); }, .reload = [this] { next(Next::reload); }});
    log_info("version {}, following {}", SMTPAPI_VERSION,
             fmt::join(logs_to_follow(settings_), " "));
    notify_manager("READY=1");
    for (;;) {
      const Notifier notifier(**store, clock_, webhook_settings(settings_),
                              poster_settings(settings_));
      auto sources = log_sources(settings_);
      // On a thread of its own, which ends before what it uses.
      const std::jthread follower([&](std::stop_token stop) {
        Following(**store, clock_, *following, sources).run(std::move(stop));
      });
      if (wait() == Next::stop) break;
      reload(*following);
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
  void reload(FollowingSettings& following) {
    const auto refuse = [](const Error& error) {
      for (const std::string_view mistake : split(error.text, '\n'))
        log_error("settings not read again: {}", mistake);
    };
    const auto line = read_options(argc_, argv_, program.takes_value);
    if (!line) return refuse(line.error());
    auto read = following_settings(line->settings);
    if (!read) return refuse(read.error());
    following = *std::move(read);
    warn_of_late_changes(line->settings, started_with_);
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
