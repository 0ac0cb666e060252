// Names and values as browsers and mail providers send them: in a query, in a form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi {

enum class PlusMeans { plus, blank };

/// Undoes %XX once. Nothing if a "%" is not followed by two hexadecimal digits.
std::optional<std::string> decode_percent(std::string_view text, PlusMeans plus);

/// In their order; a name may come twice.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// application/x-www-form-urlencoded, as in a query. A pair with broken percent codes is left out.
/// At most 200 pairs.
FormFields parse_url_form(std::string_view text);

/// A posted form by its Content-Type: application/x-www-form-urlencoded or multipart/form-data
/// (RFC 7578), of which the fields without a file are read. Nothing for any other type and for a
/// multipart body without its boundary. An empty type counts as the first.
std::optional<FormFields> parse_form(std::string_view content_type, std::string_view body);

/// The first value of that name; nothing if there is none.
std::optional<std::string_view> find_field(const FormFields& fields, std::string_view name);

}  // namespace smtpapi
