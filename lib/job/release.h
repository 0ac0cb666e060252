// What is due goes to the courier.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/courier.h"
#include "smtpapi/limits.h"
#include "store/store.h"

namespace smtpapi {

struct ReleaseSettings {
  std::size_t concurrency = 8;  ///< SMTP sessions at one time
  std::string hostname;         ///< in the Received field, notices
  std::string postmaster;
  seconds give_up = std::chrono::days(5);
  seconds keep = std::chrono::days(30);
  seconds lease = seconds(30);
  Limits limits;
};

/// Makes a courier to the listener of an ip_pool; "" is the default listener. A pool it does not
/// know gets the default (POOL-2).
using CourierFactory = std::function<std::unique_ptr<Courier>(std::string_view pool)>;

class Release {
 public:
  Release(const ReleaseSettings& settings, Store& store, CourierFactory couriers,
          const Clock& clock);
  ~Release();

  /// Works until `stop`: claims, renders, delivers, settles, reports failures, does the store's
  /// chores. Returns after what was under way is settled and the rest given back.
  void run(std::stop_token stop);

  /// One turn without waiting, for tests: everything due at clock.now() is tried once. Result: how
  /// many copies were tried.
  std::size_t run_once();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpapi
