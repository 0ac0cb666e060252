// The Received field that stands for the client's hand-over, which no MTA wrote (RI-6).
#pragma once

#include <string>
#include <string_view>

#include "store/store.h"

namespace smtpapi {

/// RFC 5321 section 4.4, folded, CRLF at its end:
/// `Received: from HELO (NAME [ADDR]) by HOST (smtpapi-milter) with ESMTPA id SUBMISSION.INDEX
/// (queue QID); DATE`. It differs from copy to copy in the index only, so it is kept in two halves.
struct ReceivedField {
  std::string before_index;
  std::string behind_index;
};

/// What the client said of itself is cut down to letters, digits and what addresses need, all else
/// becomes "?": nothing in it can end the field or its comment. Date: when the MTA took it in.
ReceivedField make_received(const Submission& submission, std::string_view hostname);

}  // namespace smtpapi
