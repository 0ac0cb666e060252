// Hands finished copies to the MTA. The seam between the release job and SMTP.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smtpapi {

/// One copy, ready to go. Views stay valid during the call.
struct Parcel {
  std::string_view reverse_path;  ///< "": null
  std::string_view recipient;
  std::string_view mail_parameters;  ///< RET=, ENVID=: sent only if DSN was offered
  std::string_view rcpt_parameters;  ///< NOTIFY=, ORCPT=: sent only if DSN was offered
  bool smtputf8 = false;             ///< needs SMTPUTF8; an error if that was not offered
  bool eight_bit = false;            ///< BODY=8BITMIME if offered
  std::string_view orig_queue_id;    ///< XFORWARD IDENT, NAME, ADDR if offered (RI-7)
  std::string_view client_name;
  std::string_view client_address;
  std::span<const std::string_view> content;  ///< the message in pieces, CRLF line ends
};

/// The server's last word on a parcel.
struct Receipt {
  /// 250, 451, 550, ... of the command that decided. 0: the line broke, fell silent or was closed
  /// by 421 while the parcel was being handed over. What became of it is unknown: try again (RI-9).
  int reply_code = 0;
  std::string status_code;  ///< "2.0.0", or "" if none was given
  std::string text;         ///< the reply behind its code, lines joined by blanks, printable; with
                            ///< reply_code 0 what happened to the line
  std::string queue_id;     ///< parsed from the final reply; "" if it was not taken or not told
  bool taken() const { return reply_code / 100 == 2; }
  bool refused() const { return reply_code / 100 == 5; }
};

/// A line to one listener. Not thread-safe: one per session thread.
class Courier {
 public:
  virtual ~Courier() = default;
  /// Errors: unavailable when the listener cannot be had at all (no connection, a greeting or EHLO
  /// that is not answered well): it has not seen the parcel, and the next would fare no better.
  /// invalid when the parcel cannot be said in SMTP (line break or NUL in an address, SMTPUTF8
  /// not offered); the text then begins with a status code.
  ///
  /// `next`: the parcel that the following deliver() will bring, if that is known. Its envelope may
  /// then be said while this one is still being judged; that changes nothing of what comes of
  /// either. Should another parcel come, or hang_up(), nothing of `next` has been sent.
  virtual Result<Receipt> deliver(const Parcel& parcel, const Parcel* next = nullptr) = 0;
  /// Ends an idle session politely; the next deliver() opens a new one.
  virtual void hang_up() = 0;
};

}  // namespace smtpapi
