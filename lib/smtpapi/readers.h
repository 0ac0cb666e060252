// The pieces of parse_header: each reads the value of one or two keys. What is off goes to
// `findings`, what could be read is returned.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "smtpapi/document.h"
#include "smtpapi/json.h"
#include "smtpapi/limits.h"
#include "smtpapi/remarks.h"

namespace smtpapi {

/// Every key of HDR-13. `object` is the top level. `recipients`: of the envelope; 0: not known.
Document read_document(const json::Value& object, const Limits& limits, Time now,
                       std::size_t recipients, Findings& findings);

/// `recipients`: entries of `to`; 0: none.
std::vector<Substitution> read_sub(const json::Value& value, std::size_t recipients,
                                   Findings& findings);
std::vector<TextPair> read_section(const json::Value& value, Findings& findings);

/// SUB-15: of each of `recipients`; 0: of each row of the longest array.
void check_substitution_sizes(const Document& document, std::size_t recipients, std::size_t limit,
                              std::size_t offset, Findings& findings);

/// Sets category and category_is_array.
void read_category(const json::Value& value, Document& document, Findings& findings);
std::vector<TextPair> read_unique_args(const json::Value& value, std::size_t limit,
                                       Findings& findings);

/// What an object of filters may do depends on who wrote it.
enum class FilterSource { header, account };
Filters read_filters(const json::Value& value, FilterSource source, Findings& findings);

/// Times later than `latest` (Unix seconds) are problems (SCH-4).
std::optional<std::int64_t> read_send_at(const json::Value& value, std::int64_t latest,
                                         Findings& findings);
/// Of at most `recipients` recipients; surplus times are not looked at (SCH-2). 0: all.
std::vector<std::int64_t> read_send_each_at(const json::Value& value, std::int64_t latest,
                                            std::size_t recipients, Findings& findings);

/// The members of `value`, which `name` calls in remarks. Anything but an object is a problem
/// (ERR-4), save an empty array: PHP writes an object without members so.
std::vector<json::Member> read_object(const json::Value& value, std::string_view name,
                                      Findings& findings);
/// The members of an object, with a warning for each key that is repeated (HDR-12).
std::vector<json::Member> read_members(const json::Value& object, Findings& findings);

/// SUB-6, SEC-5: the text of a string, a number as written, true or false, "" for null. Nothing for
/// an object or array.
std::optional<std::string> scalar_text(const json::Value& value);

}  // namespace smtpapi
