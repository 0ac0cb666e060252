// Character references in the values of HTML attributes ("&amp;", "&#38;", "&copy").
#pragma once

#include <string>
#include <string_view>

namespace smtpapi {

/// The value that a browser sees (WHATWG HTML sections 13.2.5.72 to 13.2.5.80, by the rule for
/// attributes: "&copy=1" and "&copyx" stay). What is no reference stays as it is. UTF-8 comes out
/// where UTF-8 goes in; other octets are kept. Linear.
std::string resolve_references(std::string_view attribute_value);

/// Appends `value` as it is written between two `quote`s ('"' or '\''), without those:
/// resolve_references() gives it back. 0 is for either.
void append_attribute_value(std::string& out, std::string_view value, char quote);

}  // namespace smtpapi
