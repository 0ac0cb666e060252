// How much one submission may ask for: section [limits] of the configuration.
#pragma once

#include <chrono>
#include <cstddef>

namespace smtpapi {

struct Limits {
  std::size_t recipients = 10'000;          ///< entries in `to` (TO-11); 0: no limit
  std::size_t header_bytes = 8u << 20;      ///< the whole X-SMTPAPI value (HDR-10)
  std::size_t message_bytes = 30u << 20;    ///< a message, as submitted and as rendered
  std::size_t substitution_bytes = 10'000;  ///< of one recipient (SUB-15); 0: no limit
  std::size_t unique_args_bytes = 10'000;   ///< UA-1; 0: no limit
  std::chrono::seconds schedule_ahead = std::chrono::days(366);  ///< SCH-4
};

}  // namespace smtpapi
