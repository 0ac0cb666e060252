// Addresses that get no mail, and why (SUPP-1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace smtpapi {

/// In the order in which they are asked (SUPP-2). The numbers are kept in the store.
enum class SuppressionList : int {
  invalid = 0,
  bounces = 1,
  spam_reports = 2,
  global = 3,  ///< unsubscribed from everything
  group = 4,   ///< unsubscribed from one group
  blocks = 5,  ///< for the record: later mail is still sent
};
inline constexpr std::array all_suppression_lists = {
    SuppressionList::invalid, SuppressionList::bounces, SuppressionList::spam_reports,
    SuppressionList::global,  SuppressionList::group,   SuppressionList::blocks};

/// "invalid", "bounces", "spam-reports", "global", "group", "blocks".
std::string_view to_string(SuppressionList list);
std::optional<SuppressionList> suppression_list(std::string_view name);

/// The reason of a drop (EVT-12): "Bounced Address", ... "" for blocks.
std::string_view drop_reason(SuppressionList list);

struct Suppression {
  SuppressionList list = SuppressionList::global;
  std::int64_t group = 0;  ///< of list `group`, else 0
  std::string address;     ///< as it was given; compared by suppression_key()
  Time created;
  std::string reason;  ///< bounces, blocks, invalid: what the other side said
  std::string status;  ///< bounces, blocks: enhanced status code
  std::string ip;      ///< spam reports
};

/// What two addresses have in common when they are the same for a list: ASCII letters in lower case
/// (SUPP-3).
std::string suppression_key(std::string_view address);

/// That an address is on a list.
struct Listing {
  std::string key;  ///< suppression_key() of the address
  SuppressionList list = SuppressionList::global;
};

/// An unsubscribe group (ASM-12).
struct Group {
  std::int64_t id = 0;
  std::string name;         ///< unique, 1 to 30 characters
  std::string description;  ///< up to 100 characters
  bool is_default = false;  ///< offered on the preferences page when a message names none (ASM-4)
  std::int64_t unsubscribes = 0;  ///< how many addresses left it
};

}  // namespace smtpapi
