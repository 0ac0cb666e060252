// What an SMTP server answers (RFC 5321 section 4.2), line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smtpapi {

struct SmtpReply {
  int code = 0;                    ///< of the last line
  std::vector<std::string> lines;  ///< behind "250-" and "250 ", as they came

  bool good() const { return code / 100 == 2; }
  /// "5.1.1" (RFC 3463) of the last line; "" if it begins with none of the code's class.
  std::string status_code() const;
  /// All lines joined by blanks, the status code said once; printable, at most 500 octets.
  std::string text() const;
  /// "550 5.1.1 No such user"
  std::string whole() const;
};

/// Adds one line to `reply`. Result: true when it was the last. Errors: unavailable when it is no
/// reply line, or when there are more than 200: whoever speaks there, it is not SMTP.
Result<bool> add_reply_line(SmtpReply& reply, std::string_view line);

/// The status code (RFC 3463) that a text begins with, "" if there is none.
std::string_view leading_status_code(std::string_view text);

/// The queue ID in the reply to the final dot (RI-8): "2.0.0 Ok: queued as ID" (Postfix) or
/// "2.0.0 ID Message accepted for delivery" (Sendmail); "" if neither.
std::string parse_queue_id(std::string_view text);

}  // namespace smtpapi
