// The event webhook: every enabled endpoint gets its events, none waits for another.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "job/event_contexts.h"
#include "job/webhook_sender.h"
#include "net/curl_poster.h"
#include "store/store.h"

namespace smtpapi {

/// Works from its construction on: a thread for each endpoint, and one that notices within a second
/// or two which are added, changed, removed, switched on or off. What it refers to must outlive it.
class Notifier {
 public:
  Notifier(Store& store, const Clock& clock, WebhookSettings settings, PosterSettings poster);
  /// A post under way may take two seconds more, then it is given up: it is repeated at the next
  /// start. Nothing is lost.
  ~Notifier();

 private:
  class Endpoint;

  static void end(std::vector<std::unique_ptr<Endpoint>> endpoints);
  void run();
  void follow_endpoints();

  Store& store_;
  const Clock& clock_;
  const WebhookSettings settings_;
  const PosterSettings poster_;
  EventContexts contexts_;
  std::map<std::int64_t, std::unique_ptr<Endpoint>> endpoints_;  ///< the thread's own
  bool failing_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace smtpapi
