#include "plan/suppressed.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace smtpapi {
namespace {

struct ByKey {
  bool operator()(const Listing& listing, std::string_view key) const { return listing.key < key; }
  bool operator()(std::string_view key, const Listing& listing) const { return key < listing.key; }
};

}  // namespace

SuppressionRules::SuppressionRules(const Filters& filters, const Filters& account)
    : ignores_all_(filters.contains("bypass_list_management")),
      ignores_spam_reports_(filters.contains("bypass_spam_management")),
      ignores_bounces_(filters.contains("bypass_bounce_management")),
      ignores_global_(filters.contains("bypass_unsubscribe_management")) {
  const auto always = account.find("addresswhitelist");
  if (always == account.end() || !always->second.enabled) return;
  std::string list(always->second.value("list"));
  std::replace(list.begin(), list.end(), ',', ' ');
  for (const std::string_view entry : words(list)) {
    const bool is_domain = entry.starts_with('@');
    always_sent_to_.push_back(suppression_key(is_domain ? entry.substr(1) : entry));
  }
}

bool SuppressionRules::is_always_sent_to(std::string_view key) const {
  const std::string_view domain = key.substr(key.rfind('@') + 1);
  return std::any_of(always_sent_to_.begin(), always_sent_to_.end(),
                     [&](const std::string& entry) { return entry == key || entry == domain; });
}

bool SuppressionRules::counts(SuppressionList list, bool always) const {
  switch (list) {
    case SuppressionList::invalid:
      return true;
    case SuppressionList::bounces:
      return !ignores_bounces_ && !always;  // SUPP-4
    case SuppressionList::spam_reports:
      return !ignores_spam_reports_;
    case SuppressionList::global:
      return !ignores_global_ && !always;
    case SuppressionList::group:
      return !always;
    case SuppressionList::blocks:
      return false;
  }
  return false;
}

std::optional<SuppressionList> SuppressionRules::stops(std::string_view recipient,
                                                       std::span<const Listing> listings) const {
  if (ignores_all_ || listings.empty()) return std::nullopt;
  const bool always = is_always_sent_to(suppression_key(recipient));
  for (const Listing& listing : listings) {
    if (counts(listing.list, always)) return listing.list;
  }
  return std::nullopt;
}

std::vector<std::string> suppression_keys(const Plan& plan) {
  std::vector<std::string> keys;
  keys.reserve(plan.deliveries.size());
  for (const Delivery& delivery : plan.deliveries)
    keys.push_back(suppression_key(delivery.recipient));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

void drop_suppressed(Plan& plan, const SuppressionRules& rules, std::span<const Listing> listings) {
  if (listings.empty()) return;
  const auto stopped_by = [&](const Delivery& delivery) {
    const std::string key = suppression_key(delivery.recipient);
    const auto [begin, end] =
        std::equal_range(listings.begin(), listings.end(), std::string_view(key), ByKey());
    return rules.stops(delivery.recipient, {begin, end});
  };
  std::vector<Delivery> kept;
  kept.reserve(plan.deliveries.size());
  bool message_dropped = false;
  for (Delivery& delivery : plan.deliveries) {
    const bool is_blind_copy = delivery.kind == CopyKind::bcc;
    if (!is_blind_copy) message_dropped = false;
    if (is_blind_copy && message_dropped) continue;
    if (const auto list = stopped_by(delivery)) {
      message_dropped = true;
      plan.drops.push_back(
          {delivery.index, std::move(delivery.recipient), std::string(drop_reason(*list))});
    } else {
      kept.push_back(std::move(delivery));
    }
  }
  plan.deliveries = std::move(kept);
  std::stable_sort(plan.drops.begin(), plan.drops.end(),
                   [](const Drop& a, const Drop& b) { return a.index < b.index; });
  plan.scheduled = std::any_of(plan.deliveries.begin(), plan.deliveries.end(),
                               [](const Delivery& d) { return d.due != Time(); });
}

}  // namespace smtpapi
