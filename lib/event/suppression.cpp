#include "event/suppression.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

struct ListWords {
  std::string_view name;
  std::string_view reason;
};

/// By the lists' numbers.
constexpr std::array<ListWords, 6> lists = {{{"invalid", "Invalid"},
                                             {"bounces", "Bounced Address"},
                                             {"spam-reports", "Spam Reporting Address"},
                                             {"global", "Unsubscribed Address"},
                                             {"group", "Unsubscribed Address"},
                                             {"blocks", ""}}};

const ListWords& words_of(SuppressionList list) { return lists[static_cast<std::size_t>(list)]; }

}  // namespace

std::string_view to_string(SuppressionList list) { return words_of(list).name; }

std::optional<SuppressionList> suppression_list(std::string_view name) {
  const auto found = std::find_if(lists.begin(), lists.end(),
                                  [&](const ListWords& list) { return list.name == name; });
  if (found == lists.end()) return std::nullopt;
  return static_cast<SuppressionList>(found - lists.begin());
}

std::string_view drop_reason(SuppressionList list) { return words_of(list).reason; }

std::string suppression_key(std::string_view address) { return to_lower(address); }

}  // namespace smtpapi
