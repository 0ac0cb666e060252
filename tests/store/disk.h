// The disk below SQLite, as tests want it: counts syncs, is full, fails.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cerrno>

namespace smtpapi::disk {

/// Of the whole test program; fdatasync(2) is replaced in disk.cpp.
extern std::atomic<int> syncs;
extern std::atomic<bool> sync_fails;

/// As long as it lives, what SQLite writes into files fails with `error`.
class WritesFail {
 public:
  explicit WritesFail(int error = ENOSPC);
  ~WritesFail();
  WritesFail(const WritesFail&) = delete;
  WritesFail& operator=(const WritesFail&) = delete;
};

class SyncsFail {
 public:
  SyncsFail() { sync_fails = true; }
  ~SyncsFail() { sync_fails = false; }
  SyncsFail(const SyncsFail&) = delete;
  SyncsFail& operator=(const SyncsFail&) = delete;
};

}  // namespace smtpapi::disk
