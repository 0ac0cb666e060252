// What the tests of the header share: a fixed time, and short ways to parse.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "smtpapi/parse.h"

namespace smtpapi {

constexpr std::int64_t unix_now = 1'700'000'000;
inline Time test_now() { return from_unix(unix_now); }

/// `recipients`: of the envelope; 0: not known.
inline ParsedHeader parse(std::string_view value, const Limits& limits = {},
                          std::size_t recipients = 0) {
  return parse_header(HeaderText::from_value(value), limits, test_now(), recipients);
}

inline std::vector<std::string> texts(const std::vector<Remark>& remarks) {
  std::vector<std::string> out;
  for (const Remark& remark : remarks) out.push_back(to_string(remark));
  return out;
}

}  // namespace smtpapi
