// From the address in `store.url` to a store.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/store.h"

namespace smtpapi {

enum class StoreAccess {
  create,    ///< a missing or empty file becomes a new store; its folder must be there
  existing,  ///< a missing store is an error: who only looks must not make one
  later,     ///< not opened now: each call tries, and fails as unavailable until one succeeds
};

struct StoreTuning {
  /// How long a call waits for another program's lock before it gives up as unavailable.
  std::chrono::milliseconds patience = std::chrono::seconds(10);
};

/// `url` is sqlite:///absolute/path. An older schema is brought up to date. A new file gets mode
/// 0660 whatever the umask is; made by root, it gets the owner and group of its folder, so that the
/// daemons can use what the administrator made. The store starts a thread: open it after
/// daemonising. Errors: invalid (the URL, a file that is not ours, a schema newer than this
/// program); unavailable (cannot be opened, locked, corrupt). The text says what to do.
Result<std::unique_ptr<Store>> open_store(const std::string& url, StoreAccess access,
                                          const StoreTuning& tuning = {});

}  // namespace smtpapi
