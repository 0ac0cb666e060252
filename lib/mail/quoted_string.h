// Quoted strings (RFC 5322 3.2.4) as people write them in addresses.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi {

/// The offset behind the quoted string that begins at `at`; nothing if its end is missing.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t at);

/// The offset behind the quoted string or the single octet at `at`. A quote counts only where a
/// word may begin and only if it is closed, so that `6" nails` and `O"Neil` mean themselves.
std::size_t next_unquoted(std::string_view text, std::size_t at);

/// Offsets of the characters in `wanted` that stand outside quoted strings.
std::vector<std::size_t> find_unquoted(std::string_view text, std::string_view wanted);

/// `text` with each backslash gone that has a character behind it.
std::string without_backslashes(std::string_view text);

}  // namespace smtpapi
