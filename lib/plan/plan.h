// Document + envelope + account settings + now -> deliveries and drops. Pure.
#pragma once

#include <string>
#include <vector>

#include "mail/envelope.h"
#include "plan/delivery.h"
#include "smtpapi/document.h"

namespace smtpapi {

struct Plan {
  std::vector<Delivery> deliveries;  ///< by index; a bcc copy stands behind its recipient message
  std::vector<Drop> drops;
  Filters filters;               ///< resolved against the account (FLT-2, FLT-3), enabled ones
  bool scheduled = false;        ///< some delivery is due later
  std::vector<Remark> problems;  ///< the part of ERR-4 that needs the recipient list
  std::vector<Remark> warnings;
};

/// The filters that apply: one the header names replaces the account's as a whole (FLT-3); of the
/// rest the account's count (FLT-2). Only enabled ones are returned; `bypass_*` never come from the
/// account (BYP-2).
Filters resolve_filters(const Filters& header, const Filters& account);

/// A time that has come, or 0, means at once and gives due 0 (SCH-5).
Plan make_plan(const Document& document, const Envelope& envelope, const Filters& account,
               Time now);

}  // namespace smtpapi
