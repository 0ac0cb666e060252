#include "base/random_id.h"

#include <sys/random.h>

#include <cstdlib>

#include "base/encode.h"

namespace smtpapi {

std::string random_id() {
  char octets[16];
  // getrandom(2) cannot fail or fall short for 16 octets once the kernel's pool is ready.
  if (getrandom(octets, sizeof octets, 0) != sizeof octets) std::abort();
  return base64url({octets, sizeof octets});
}

}  // namespace smtpapi
