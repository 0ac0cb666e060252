// Content-transfer-encodings (RFC 2045 section 6): base64 and quoted-printable.
#pragma once

#include <string>
#include <string_view>

namespace smtpapi {

/// Lenient (LIB-8): octets outside the alphabet are skipped, decoding goes on after inner padding,
/// missing padding is accepted. Six bits left over are dropped. Never fails.
std::string decode_base64(std::string_view text);

/// Without line breaks, with padding.
std::string encode_base64(std::string_view octets);
/// Appends lines of 76 characters, each ended by CRLF, the last included; "" appends nothing.
void append_base64_lines(std::string& out, std::string_view octets);

/// Lenient (LIB-9): a "=" that begins no escape stands for itself; "=" blanks line-end is a soft
/// break; blanks before a line end are dropped (RFC 2045 6.7 rule 3). CRLF and LF are line ends and
/// stay as they are; so is the end of the text, for a part's last line end is its boundary's.
std::string decode_quoted_printable(std::string_view text);

/// Appends lines of at most 76 columns (RFC 2045 6.7, LIB-9). Only CRLF in `text` is a line end: it
/// stays a CRLF; bare CR and bare LF are escaped. A line that is only "." is escaped as well, for
/// relays that get dot-stuffing wrong. Adds no final line end. Appending line by line, each with
/// its CRLF, gives the same as appending the whole, so lines may be encoded apart.
void append_quoted_printable(std::string& out, std::string_view text);

}  // namespace smtpapi
