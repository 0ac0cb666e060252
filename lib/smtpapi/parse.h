// JSON text to Document: strict about JSON, patient about shapes, all problems at once (ERR-6).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "smtpapi/document.h"
#include "smtpapi/header_text.h"
#include "smtpapi/limits.h"

namespace smtpapi {

struct ParsedHeader {
  Document document;             ///< what could be read, also when there are problems (ERR-3)
  std::vector<Remark> problems;  ///< not empty: the header is invalid (ERR-4)
  std::vector<Remark> warnings;  ///< in the order of the text
  bool empty = true;             ///< "", white space or {}: no instructions (HDR-2)
};

/// Everything of ERR-4 that can be seen without account: the rest is make_plan's. `now` rules what
/// lies too far ahead (SCH-4). `recipients` are those of the envelope, who count when there is no
/// `to`: what is meant for more of them is not looked at (SUB-4, SCH-2); 0: not known, all is. RFC
/// 2047 repair is done here (HDR-8). Pure, thread-safe, linear in the text; never throws on any
/// input.
ParsedHeader parse_header(const HeaderText& text, const Limits& limits, Time now,
                          std::size_t recipients = 0);

/// An object of filters as in the header, {"footer": {"settings": {...}}}, or a whole settings file
/// {"filters": {...}, ...}: the account's settings (design: account.settings). Problems name line
/// and column of the file.
struct ParsedFilters {
  Filters filters;
  std::vector<Remark> problems;
  std::vector<Remark> warnings;
};
ParsedFilters parse_account_settings(std::string_view json);

}  // namespace smtpapi
