#include "disk.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace smtpapi::disk {

std::atomic<int> syncs = 0;
std::atomic<bool> sync_fails = false;

namespace {

std::atomic<int> write_error = 0;

ssize_t failing_write(int, const void*, std::size_t) {
  errno = write_error;
  return -1;
}
ssize_t failing_pwrite(int, const void*, std::size_t, off_t) {
  errno = write_error;
  return -1;
}

void replace(const char* name, sqlite3_syscall_ptr call) {
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  files->xSetSystemCall(files, name, call);  // null: the real one again
}

}  // namespace

WritesFail::WritesFail(int error) {
  write_error = error;
  replace("write", reinterpret_cast<sqlite3_syscall_ptr>(failing_write));
  replace("pwrite", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
  replace("pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite));
}

WritesFail::~WritesFail() {
  for (const char* name : {"write", "pwrite", "pwrite64"}) replace(name, nullptr);
}

}  // namespace smtpapi::disk

// The program's own symbol goes before the C library's, also for SQLite.
extern "C" int fdatasync(int descriptor) {
  ++smtpapi::disk::syncs;
  if (smtpapi::disk::sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}
