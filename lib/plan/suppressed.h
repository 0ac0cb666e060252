// Recipients that get no mail because of a suppression list (SUPP-1 to SUPP-4, BYP-1 to BYP-4).
// Pure: who is on which list is told.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/suppression.h"
#include "plan/plan.h"
#include "smtpapi/document.h"

namespace smtpapi {

/// What of the lists counts for a submission.
class SuppressionRules {
 public:
  /// `filters`: resolved, with the bypass filters of the header. `account`: for its list of
  /// addresses that are always sent to (filter addresswhitelist).
  SuppressionRules(const Filters& filters, const Filters& account);

  /// The first list that stops mail to `recipient`, which `listings` (of its key, by list) say that
  /// it is on; nothing: it is sent to.
  std::optional<SuppressionList> stops(std::string_view recipient,
                                       std::span<const Listing> listings) const;

 private:
  bool counts(SuppressionList list, bool is_always_sent_to) const;
  bool is_always_sent_to(std::string_view key) const;

  bool ignores_all_ = false, ignores_spam_reports_ = false, ignores_bounces_ = false,
       ignores_global_ = false;
  std::vector<std::string> always_sent_to_;  ///< keys of addresses, or of domains
};

/// The keys to ask for: of all recipients of the plan, each once, sorted.
std::vector<std::string> suppression_keys(const Plan& plan);

/// Turns deliveries into drops. A blind copy goes with its recipient message (BCC-1), or alone
/// (BCC-3). `listings`: by key, then list.
void drop_suppressed(Plan& plan, const SuppressionRules& rules, std::span<const Listing> listings);

}  // namespace smtpapi
