// One recipient entry, as clients of the SMTP API write them: parsed into name and address, and
// written as the value of a To field.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace smtpapi {

struct Mailbox {
  std::string
      name;  ///< display name: UTF-8 text, quotes undone; encoded words stand as given; may be ""
  std::string
      address;  ///< local-part "@" domain, without <>; domain in A-labels where it was not ASCII
};

/// Parses `ann@example.org`, `<ann@example.org>`, `Ann Lee <ann@example.org>` or
/// `"Lee, Ann" <ann@example.org>` (TO-1), white space around it ignored, line ends too (TO-10).
/// When the entry ends in one `<address>`, all that stands before it is the name, unquoted commas
/// included (TO-9), unless one of the pieces between commas is an address itself (TO-8). A comment
/// behind a bare address, `ann@example.org (Ann)`, is the name (RFC 5322 A.5).
///
/// Wider than RFC 5321: dots anywhere in the local part, which may exceed 64 octets; underscores in
/// the domain; a final dot of the domain is taken off. Narrower, by TO-8: no white space even in a
/// quoted local part, and a tab in the name is a control character.
/// `smtputf8`: the next hop takes addresses with a non-ASCII local part (RFC 6531).
/// Errors: invalid, saying what is wrong with the entry (TO-8).
Result<Mailbox> parse_mailbox(std::string_view entry, bool smtputf8 = false);

/// Checks an address that stands alone, without <>, name or comment; same rules and errors. "" is
/// an error too: whoever allows the null reverse-path asks first.
Result<std::string> parse_address(std::string_view address, bool smtputf8 = false);

/// The value of a To field: `Ann Lee <ann@example.org>`, quoted or RFC 2047 encoded where needed
/// (TO-5), folded with CRLF and a blank so that no line exceeds 78 columns where that can be had
/// (the field name counts as 4; 76 beside an encoded word). An empty name gives the bare address.
/// Never holds a line break that is not a fold.
std::string format_mailbox(const Mailbox& mailbox);

}  // namespace smtpapi
