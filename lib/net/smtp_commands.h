// What is said to the server for one parcel, in words that cannot be read as anything else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/courier.h"

namespace smtpapi {

/// What EHLO offered.
struct SmtpFeatures {
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool size = false;
  bool xforward_ident = false, xforward_name = false, xforward_addr = false;
};

/// `lines`: of the reply to EHLO, the greeting first. Keywords in any case.
SmtpFeatures parse_features(std::span<const std::string> lines);

/// True if MAIL needs SMTPUTF8: it was asked for, or an address is not ASCII (RI-6).
bool needs_smtputf8(const Parcel& parcel);

/// Errors: invalid when an address holds a control character, or outside quotes a blank or an angle
/// bracket: it would end the path and begin something else (LIB-31).
Status check_addresses(const Parcel& parcel);

/// Each appends one line with its CRLF; addresses have been checked. Parameters that are not RET,
/// ENVID, NOTIFY or ORCPT, or hold anything but visible characters, are left out.
void append_mail(std::string& out, const Parcel& parcel, const SmtpFeatures& features,
                 std::size_t content_size);
void append_rcpt(std::string& out, const Parcel& parcel, const SmtpFeatures& features);

/// Appends XFORWARD commands of at most 512 octets (CRLF included) with what is known and offered
/// (RI-7). Result: how many, possibly 0.
std::size_t append_xforward(std::string& out, const Parcel& parcel, const SmtpFeatures& features);

/// RFC 3461 section 4, cut so that the result has at most `limit` octets and ends in no half code.
std::string to_xtext(std::string_view octets, std::size_t limit);

}  // namespace smtpapi
