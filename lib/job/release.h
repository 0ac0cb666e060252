// What is due goes to the courier.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "event/bounce_class.h"
#include "net/courier.h"
#include "smtpapi/limits.h"
#include "store/store.h"
#include "track/tracking.h"

namespace smtpapi {

struct ReleaseSettings {
  std::size_t concurrency = 8;  ///< SMTP sessions at one time
  std::string hostname;         ///< in the Received field, notices
  std::string postmaster;
  seconds give_up = std::chrono::days(5);
  seconds keep = std::chrono::days(30);
  seconds lease = seconds(30);
  seconds patience = seconds(20);  ///< after a stop: for copies that are being sent
  Limits limits;
  LinkSettings links;
  BounceClasses classes = BounceClasses::built_in();
};

/// Makes a courier to the listener of an ip_pool; "" is the default listener. A pool it does not
/// know gets the default (POOL-2). `abandon`: all waiting is cut short. Called from any thread.
using CourierFactory =
    std::function<std::unique_ptr<Courier>(std::string_view pool, std::stop_token abandon)>;

/// The release job: claims due copies under a lease, renders and delivers them in `concurrency`
/// threads, settles what became of them. Several on one store, in one process or many, share the
/// work.
class Release {
 public:
  /// Everything that is referred to must outlive it.
  Release(const ReleaseSettings& settings, Store& store, CourierFactory couriers,
          const Clock& clock);
  ~Release();

  /// Works until `stop`: claims, renders, delivers, settles, reports failures, does the store's
  /// chores. Returns after what was under way is settled and the rest given back.
  void run(std::stop_token stop);

  /// One turn without waiting, for tests: everything due at clock.now() is tried once. Result: how
  /// many copies were offered to a listener.
  std::size_t run_once();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpapi
