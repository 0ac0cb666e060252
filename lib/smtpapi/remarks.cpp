#include "smtpapi/remarks.h"

#include <algorithm>

namespace smtpapi {

void Remarks::sort() {
  std::stable_sort(gathered_.begin(), gathered_.end(),
                   [](const Gathered& a, const Gathered& b) { return a.offset < b.offset; });
}

}  // namespace smtpapi
