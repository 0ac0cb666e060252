// Suppressions as lines of CSV: ours and those that SendGrid exports.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "event/suppression.h"

namespace smtpapi::ctl {

/// "2026-11-21T09:30:00Z", also with a blank for the T, with "+01:00" for the Z, without seconds,
/// without zone (UTC) or as the day alone; or Unix seconds. Errors: invalid.
Result<Time> read_moment(std::string_view text);
/// "2026-11-21T09:30:00Z"
std::string write_moment(Time time);

/// An address as it is kept on `list`. What is on the list of invalid ones may be malformed.
/// Errors: invalid.
Result<std::string> read_suppressed(std::string_view address, SuppressionList list);

/// A list by its name, SendGrid's names ("invalid_emails", "unsubscribes") among them. Errors:
/// invalid, with all names.
Result<SuppressionList> read_list(std::string_view name);

/// What a line does not say.
struct SuppressionDefaults {
  std::optional<SuppressionList> list = {};
  std::int64_t group = 0;  ///< of list `group`
  Time now = {};           ///< of lines without a time
};

/// Which column is what.
class SuppressionColumns {
 public:
  /// From the first line. One without an "email" column and with an @ is no header: then it has one
  /// column, the address. Errors: invalid.
  static Result<SuppressionColumns> read(std::span<const std::string> first_line,
                                         const SuppressionDefaults& defaults);
  bool is_header() const { return is_header_; }

  /// `groups`: those that exist. Errors: invalid, one clause.
  Result<Suppression> entry(std::span<const std::string> fields,
                            const std::set<std::int64_t>& groups,
                            const SuppressionDefaults& defaults) const;

 private:
  enum Column { email, list, group, created, reason, status, ip, column_count };
  static std::optional<Column> column_called(std::string_view title);

  bool is_header_ = true;
  std::size_t width_ = 1;
  std::optional<std::size_t> places_[column_count];
};

/// Both end in LF. What they write is read by the above as it was.
std::string_view suppression_csv_head();
std::string suppression_csv_line(const Suppression& entry);

}  // namespace smtpapi::ctl
