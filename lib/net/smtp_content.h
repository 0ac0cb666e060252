// A message as it is sent behind DATA: CRLF line ends, dots stuffed, the lone dot at its end.
#pragma once

#include <sys/uio.h>

#include <span>
#include <string_view>
#include <vector>

namespace smtpapi {

/// Cuts pieces into what is written to the socket, without copying: only the octets that are added
/// are not the caller's. Every bare CR and bare LF becomes CRLF first, then a dot at a line start
/// is doubled (RFC 5321 4.5.2), so that no content can end the message early (LIB-31). A missing
/// last line end is added. Linear, in bounded memory.
class SmtpContent {
 public:
  explicit SmtpContent(std::span<const std::string_view> pieces) : pieces_(pieces) {}

  /// Replaces `out` by the next few hundred spans. False when these were the last, the final
  /// ".\r\n" included.
  bool next(std::vector<iovec>& out);

 private:
  void take_run(std::vector<iovec>& out);
  void finish(std::vector<iovec>& out);

  std::span<const std::string_view> pieces_;
  std::string_view rest_;  ///< of the piece in work
  std::size_t cr_ = 0;     ///< offset in rest_ of the next CR, its size if there is none
  bool cr_is_known_ = false;
  bool at_line_start_ = true;
  bool after_cr_ = false;  ///< the last octet was a CR, and ended its piece
};

}  // namespace smtpapi
