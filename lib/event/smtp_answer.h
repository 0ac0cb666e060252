// The codes in the text of an SMTP reply.
#pragma once

#include <string>
#include <string_view>

namespace smtpapi {

struct SmtpAnswer {
  int reply_code = 0;       ///< 0: none
  std::string status_code;  ///< enhanced (RFC 3463), "": none

  /// By the reply code or, without one, the status code.
  bool is_for_good() const {
    return reply_code != 0 ? reply_code >= 500 : status_code.starts_with('5');
  }
};

/// Reads "550 5.1.1 no such user", "550-5.1.1 no", "5.6.0 words", or any other text.
SmtpAnswer read_answer(std::string_view text);

}  // namespace smtpapi
