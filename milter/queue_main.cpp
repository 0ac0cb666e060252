// smtpapi-queue(8): releases due copies into the MTA over SMTP.
#include <sysexits.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/release.h"
#include "milter/daemon.h"
#include "milter/events_settings.h"
#include "net/smtp_courier.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr Program program = {
    .name = "smtpapi-queue",
    .summary = "Sends copies of held messages into the MTA when they are due.",
    .usage = "[OPTION]...",
};

/// The injection listeners by pool; "" is the default one.
using Listeners = std::map<std::string, Endpoint, std::less<>>;

Result<Listeners> read_listeners(const Settings& settings) {
  Listeners out;
  auto server = parse_endpoint(settings.inject_server);
  if (!server) return std::move(server).error().within("inject.server");
  out.emplace("", *std::move(server));
  for (const auto& [pool, address] : settings.inject_pools) {
    auto listener = parse_endpoint(address);
    if (!listener) return std::move(listener).error().within("inject.pools: " + pool);
    out.emplace(pool, *std::move(listener));
  }
  return out;
}

CourierFactory courier_factory(Listeners listeners, const std::string& hostname) {
  return
      [listeners = std::move(listeners), hostname](std::string_view pool, std::stop_token abandon) {
        const auto found = listeners.find(pool);
        const Endpoint& to = found != listeners.end() ? found->second : listeners.at("");  // POOL-2
        return std::make_unique<SmtpCourier>(to, hostname, std::move(abandon));
      };
}

/// Errors: as link_settings() and read_bounce_classes().
Result<ReleaseSettings> release_settings(const Settings& settings) {
  ReleaseSettings out;
  auto links = link_settings(settings);
  if (!links) return std::move(links).error();
  out.links = *std::move(links);
  auto classes = read_bounce_classes(settings.events_bounce_classes);
  if (!classes) return std::move(classes).error().within("events.bounce-classes");
  out.classes = *std::move(classes);
  out.concurrency = settings.inject_concurrency;
  out.hostname = settings.hostname;
  out.postmaster = settings.postmaster;
  out.give_up = settings.inject_give_up;
  out.keep = settings.store_keep;
  out.limits = settings.limits;
  return out;
}

class Queue {
 public:
  Queue(int argc, char** argv, const Settings& settings)
      : argc_(argc), argv_(argv), settings_(settings) {}

  int run() {
    auto listeners = read_listeners(settings_);
    if (!listeners) return cannot_start(program, settings_, listeners.error());
    auto release = release_settings(settings_);
    if (!release) return cannot_start(program, settings_, release.error());
    if (const Status changed = become_user(settings_.user); !changed) {
      return cannot_start(program, settings_, changed.error());
    }
    const auto store = open_store(settings_.store_url, StoreAccess::create);
    if (!store) return cannot_start(program, settings_, store.error());

    const Signals signals(
        {.stop = [this] { end_turn(Next::stop); }, .reload = [this] { end_turn(Next::reload); }});
    log_info("version {}, sending to {} in {} sessions", SMTPAPI_VERSION, settings_.inject_server,
             settings_.inject_concurrency);
    notify_manager("READY=1");
    for (;;) {
      Release(*release, **store, courier_factory(*listeners, release->hostname), clock_)
          .run(turn());
      if (begin_turn() == Next::stop) break;
      reload(*release, *listeners);
    }
    log_info("stopped");
    return EX_OK;
  }

 private:
  enum class Next { go_on, reload, stop };

  // A turn is the release job with one reading of the settings. Signals end it, on their thread.
  std::stop_token turn() {
    const std::lock_guard lock(mutex_);
    return turn_.get_token();
  }
  void end_turn(Next next) {
    if (next == Next::stop) notify_manager("STOPPING=1");
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, next);
    turn_.request_stop();
  }
  /// Why the last one ended.
  Next begin_turn() {
    const std::lock_guard lock(mutex_);
    if (next_ == Next::stop) return next_;
    turn_ = std::stop_source();
    return std::exchange(next_, Next::go_on);
  }

  /// All of the new settings, or none of them.
  void reload(ReleaseSettings& release, Listeners& listeners) {
    const auto refuse = [](const Error& error) {
      for (const std::string_view mistake : split(error.text, '\n'))
        log_error("settings not read again: {}", mistake);
    };
    const auto line = read_options(argc_, argv_, program.takes_value);
    if (!line) return refuse(line.error());
    auto found = read_listeners(line->settings);
    if (!found) return refuse(found.error());
    auto settings = release_settings(line->settings);
    if (!settings) return refuse(settings.error());
    warn_of_late_changes(line->settings, settings_);
    release = *std::move(settings);
    listeners = *std::move(found);
    log_info("settings read again");
  }

  const int argc_;
  char** const argv_;
  const Settings settings_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::stop_source turn_;
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
    return Queue(argc, argv, line.settings).run();
  });
}
