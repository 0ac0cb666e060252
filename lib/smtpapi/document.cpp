#include "smtpapi/document.h"

#include <fmt/format.h>

namespace smtpapi {

std::string to_string(const Remark& remark) {
  if (remark.place.line == 0) return remark.text;
  return fmt::format("line {}, column {}: {}", remark.place.line, remark.place.column, remark.text);
}

}  // namespace smtpapi
