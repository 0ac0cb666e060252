// smtpapi-track(8): the public side of links: clicks, opens, unsubscribe pages.
#include <sys/resource.h>
#include <sysexits.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/hit_writer.h"
#include "job/tracking.h"
#include "milter/daemon.h"
#include "net/http_server.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr Program program = {
    .name = "smtpapi-track",
    .summary = "Answers tracked links: redirects, pixels, unsubscribe pages.",
    .usage = "[OPTION]...",
};

/// What a start reads once and a reload cannot change.
void warn_of_changes(const Settings& now, const Settings& then) {
  if (now.tracking_listen != then.tracking_listen) warn_of_late_change("tracking.listen");
  if (now.tracking_max_connections != then.tracking_max_connections) {
    warn_of_late_change("tracking.max-connections");
  }
  warn_of_late_changes(now, then);
}

Result<std::shared_ptr<const TrackingSetup>> read_setup(const Settings& settings) {
  auto keys = LinkKeys::load(settings.tracking_key_file);
  if (!keys) return std::move(keys).error().within("tracking.key-file");
  auto pages = Pages::load(settings.tracking_pages);
  if (!pages) return std::move(pages).error();
  return std::shared_ptr<const TrackingSetup>(std::make_shared<TrackingSetup>(
      TrackingSetup{*std::move(keys), *std::move(pages), settings.tracking_url,
                    settings.tracking_trusted_proxies, settings.tracking_unsubscribe_on_get}));
}

std::size_t thread_count() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

/// As many descriptors as connections need, if the system lets us have them.
void raise_descriptor_limit(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = connections + 128;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    log_warning("tracking.max-connections = {} needs a limit of {} open files; it is {}",
                connections, wanted, limit.rlim_cur);
  }
}

class Track {
 public:
  Track(int argc, char** argv, const Settings& settings)
      : argc_(argc), argv_(argv), settings_(settings) {}

  int run() {
    if (const Status ready = start(); !ready)
      return cannot_start(program, settings_, ready.error());
    HitWriter writer(*store_);
    TrackingEndpoint endpoint(
        setup_, *store_, [&](Hit hit) { writer.add(std::move(hit)); }, clock_);
    HttpLimits limits;
    limits.connections = settings_.tracking_max_connections;
    HttpServer server(*listeners_, endpoint, limits,
                      [&](const std::string& address) { return endpoint.is_proxy(address); });
    {
      const Signals signals({.stop = [this] { end(); }, .reload = [&] { reload(endpoint); }});
      log_info("version {}, listening on {}", SMTPAPI_VERSION, settings_.tracking_listen);
      notify_manager("READY=1");
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [&] { return is_ended_; });
    }
    notify_manager("STOPPING=1");
    server.stop();
    log_info("stopped");
    return EX_OK;
  }

 private:
  /// In the order of privileges: the socket may need root, the store must not be made by it.
  Status start() {
    if (settings_.tracking_url.empty()) return invalid("tracking.url is not set");
    auto endpoint = parse_endpoint(settings_.tracking_listen);
    if (!endpoint) return std::move(endpoint).error().within("tracking.listen");
    raise_descriptor_limit(settings_.tracking_max_connections);
    auto listeners = HttpListeners::open(*endpoint, thread_count());
    if (!listeners) return std::move(listeners).error().within("tracking.listen");
    listeners_.emplace(*std::move(listeners));
    if (const Status changed = become_user(settings_.user); !changed) return changed;
    auto setup = read_setup(settings_);
    if (!setup) return std::move(setup).error();
    setup_ = *std::move(setup);
    auto store = open_store(settings_.store_url, StoreAccess::create);
    if (!store && store.error().fault == Fault::unavailable) {
      // Links in mail that went out work all the same.
      log_error("clicks and opens wait, unsubscribing is answered 503: {}", store.error().text);
      store = open_store(settings_.store_url, StoreAccess::later);
    }
    if (!store) return std::move(store).error();
    store_ = *std::move(store);
    return ok();
  }

  /// All of the new settings, or none of them.
  void reload(TrackingEndpoint& endpoint) {
    const auto line = read_options(argc_, argv_, program.takes_value);
    auto setup = line ? read_setup(line->settings)
                      : Result<std::shared_ptr<const TrackingSetup>>(line.error());
    if (!setup) {
      for (const std::string_view mistake : split(setup.error().text, '\n')) {
        log_error("settings not read again: {}", mistake);
      }
      return;
    }
    warn_of_changes(line->settings, settings_);
    endpoint.replace(*std::move(setup));
    log_info("settings read again");
  }

  void end() {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
    ended_.notify_one();
  }

  const int argc_;
  char** const argv_;
  const Settings settings_;
  const SystemClock clock_;
  std::optional<HttpListeners> listeners_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<const TrackingSetup> setup_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;
};

}  // namespace
}  // namespace smtpapi

int main(int argc, char** argv) {
  using namespace smtpapi;
  return run_program(program, argc, argv, [&](CommandLine& line) {
    if (!line.arguments.empty()) {
      return fail(program, EX_USAGE, "unknown argument '" + printable(line.arguments[0]) + "'");
    }
    return Track(argc, argv, line.settings).run();
  });
}
