// LD_PRELOAD library: a disk whose every sync takes SLOW_SYNC_MS milliseconds more, default 3.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

using Sync = int (*)(int);

std::chrono::milliseconds delay() {
  static const char* const text = std::getenv("SLOW_SYNC_MS");
  static const std::chrono::milliseconds value(text ? std::atoi(text) : 3);
  return value;
}

int sync_slowly(Sync sync, int descriptor) {
  std::this_thread::sleep_for(delay());
  return sync(descriptor);
}

Sync the_real(const char* name) { return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name)); }

}  // namespace

extern "C" int fsync(int descriptor) {
  static const Sync real = the_real("fsync");
  return sync_slowly(real, descriptor);
}

extern "C" int fdatasync(int descriptor) {
  static const Sync real = the_real("fdatasync");
  return sync_slowly(real, descriptor);
}
