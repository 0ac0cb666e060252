#include "job/notice.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "job/notice_frame.h"

namespace smtpapi {

std::string make_header_notice(const NoticeFacts& facts, std::span<const Remark> problems,
                               std::string_view original_header) {
  std::string text = fmt::format(
      "This is the mail system at {}.\r\n\r\n"
      "A message from this address had errors in its SMTPAPI header and could not be processed.\r\n"
      "None of its recipients received it.\r\n\r\n",
      facts.hostname);
  for (const Remark& problem : problems) {
    fmt::format_to(std::back_inserter(text), "  - {}\r\n", printable(to_string(problem), 900));
  }
  text += fmt::format(
      "\r\n{}"
      "Lines and columns count from the start of the X-SMTPAPI field. Mend the header and\r\n"
      "send the message again; its header fields are attached.\r\n",
      queue_id_text(facts));
  const NoticePart parts[] = {
      {"text/plain; charset=utf-8", "Notice", std::move(text)},
      header_part(original_header),
  };
  return write_notice(facts, "Errors in the SMTPAPI header of your message", "multipart/mixed",
                      original_header, parts);
}

}  // namespace smtpapi
