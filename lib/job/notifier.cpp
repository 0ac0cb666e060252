#include "job/notifier.h"

#include <atomic>
#include <exception>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log.h"

namespace smtpapi {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{1'000};
constexpr milliseconds post_may_last{2'000};  ///< at the end

bool is_same(const Webhook& a, const Webhook& b) {
  const auto all = [](const Webhook& w) {
    return std::tie(w.id, w.name, w.url, w.enabled, w.kinds, w.extra_fields, w.signing_key,
                    w.oauth_client_id, w.oauth_client_secret, w.oauth_token_url, w.updated);
  };
  return all(a) == all(b);
}

}  // namespace

/// One endpoint's thread.
class Notifier::Endpoint {
 public:
  Endpoint(const Webhook& webhook, Notifier& notifier)
      : webhook_(webhook),
        clock_(notifier.clock_),
        poster_(with_stop(notifier.poster_)),
        sender_(webhook, notifier.store_, notifier.contexts_, poster_,
                with_stop(notifier.settings_)),
        thread_([this] { run(); }) {}

  ~Endpoint() {
    ask_to_end();
    give_up();
    thread_.join();
  }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void ask_to_end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  void wait_until(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return done_; });
  }
  /// A post under way ends soon.
  void give_up() { give_up_ = true; }

  const Webhook& webhook() const { return webhook_; }
  bool is_done() {
    const std::lock_guard lock(mutex_);
    return done_;
  }

 private:
  template <class StoppedSettings>
  StoppedSettings with_stop(StoppedSettings settings) {
    settings.stop = &give_up_;
    return settings;
  }

  void run() {
    for (;;) {
      const Time now = clock_.now();
      const bool more = step(now);
      std::unique_lock lock(mutex_);
      if (!more && !is_stale_) changed_.wait_for(lock, look_again, [&] { return ended_; });
      if (!ended_ && !is_stale_) continue;
      done_ = true;
      changed_.notify_all();
      return;
    }
  }

  /// Whether there is more to do at once.
  bool step(Time now) {
    try {
      const auto next = sender_.step(now);
      if (next) {
        if (std::exchange(failing_, false)) log_info("webhook {}: goes on", webhook_.id);
        return *next <= now;
      }
      // Another process was quicker, or the webhook is gone: the store knows better.
      is_stale_ = next.error().fault == Fault::invalid;
      tell(next.error().text);
    } catch (const std::exception& e) {
      tell(e.what());
    }
    return false;
  }

  void tell(std::string_view why) {
    if (!is_stale_ && !std::exchange(failing_, true))
      log_error("webhook {}: waits: {}", webhook_.id, why);
  }

  const Webhook webhook_;
  const Clock& clock_;
  std::atomic<bool> give_up_ = false;
  CurlPoster poster_;
  WebhookSender sender_;
  bool failing_ = false;
  bool is_stale_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  bool done_ = false;
  std::thread thread_;
};

Notifier::Notifier(Store& store, const Clock& clock, WebhookSettings settings,
                   PosterSettings poster)
    : store_(store),
      clock_(clock),
      settings_(std::move(settings)),
      poster_(std::move(poster)),
      contexts_(store),
      thread_([this] { run(); }) {}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
  std::vector<std::unique_ptr<Endpoint>> all;
  for (auto& [id, endpoint] : endpoints_) all.push_back(std::move(endpoint));
  end(std::move(all));
}

/// All at one time: however many hang, it takes no longer.
void Notifier::end(std::vector<std::unique_ptr<Endpoint>> endpoints) {
  for (const auto& endpoint : endpoints) endpoint->ask_to_end();
  const auto deadline = std::chrono::steady_clock::now() + post_may_last;
  for (const auto& endpoint : endpoints) endpoint->wait_until(deadline);
  for (const auto& endpoint : endpoints) endpoint->give_up();
}

void Notifier::run() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    lock.unlock();
    try {
      follow_endpoints();
    } catch (const std::exception& e) {
      if (!std::exchange(failing_, true)) log_error("webhooks: {}", e.what());
    }
    lock.lock();
    changed_.wait_for(lock, look_again, [&] { return ended_; });
  }
}

void Notifier::follow_endpoints() {
  const auto webhooks = store_.webhooks();
  if (!webhooks) {
    if (!std::exchange(failing_, true)) log_error("webhooks: {}", webhooks.error().text);
    return;
  }
  failing_ = false;
  std::map<std::int64_t, const Webhook*> wanted;
  for (const Webhook& webhook : *webhooks) {
    if (webhook.enabled) wanted.emplace(webhook.id, &webhook);
  }
  std::vector<std::unique_ptr<Endpoint>> ending;
  for (auto each = endpoints_.begin(); each != endpoints_.end();) {
    const auto found = wanted.find(each->first);
    const bool stays = found != wanted.end() && is_same(each->second->webhook(), *found->second) &&
                       !each->second->is_done();
    if (stays) {
      wanted.erase(found);
      ++each;
      continue;
    }
    ending.push_back(std::move(each->second));
    each = endpoints_.erase(each);
  }
  const bool some_end = !ending.empty();
  end(std::move(ending));
  // What a sender made of batches while it ended is in the store now, not in `webhooks`.
  if (some_end) return follow_endpoints();
  for (const auto& [id, webhook] : wanted)
    endpoints_.emplace(id, std::make_unique<Endpoint>(*webhook, *this));
}

}  // namespace smtpapi
