// Charsets (RFC 2978 names) by iconv(3), the only file that knows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtpapi {

/// The name iconv is asked for when reading, by LIB-12's table of names that glibc lacks or reads
/// too narrowly; equal for two names of one charset. Nothing when the charset is not one we convert
/// (allow-list). Case ignored.
std::optional<std::string> known_charset(std::string_view name);

/// `octets` in `charset` as UTF-8. Octets that are not text in it become U+FFFD each, in UTF-16
/// units of two. Nothing when the charset is unknown, or known but missing on this system (where
/// glibc's converters are a package of their own). us-ascii and iso-8859-1 are read as windows-1252
/// (LIB-12).
std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset);

/// True when to_utf8 of `octets` would hold no substitute, so that converting back gives the same
/// text. False for an unknown charset.
bool is_valid_in(std::string_view octets, std::string_view charset);

/// UTF-8 `text` in `charset`, complete in itself (back in the initial shift state); nothing when a
/// character has no place in it, `text` is not UTF-8, or the charset is unknown. Strict: us-ascii
/// takes ASCII only, gb2312 no more than GBK, and to_utf8() of the result is always `text`.
std::optional<std::string> from_utf8(std::string_view text, std::string_view charset);

/// The charset of text that names none (MIME-4): "utf-8" if valid, else "windows-1252".
std::string_view guess_charset(std::string_view octets);

}  // namespace smtpapi
