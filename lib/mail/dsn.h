// What a message that came back says: delivery reports (RFC 3464), feedback reports (RFC 5965), and
// what MTAs wrote before there were standards.
#pragma once

#include <string>
#include <string_view>

#include "mail/message.h"

namespace smtpapi {

struct ReturnedMail {
  enum class Kind {
    failed,      ///< the message was not delivered, and nobody tries any more
    delayed,     ///< somebody still tries
    delivered,   ///< delivered, relayed or expanded
    complaint,   ///< a reader says it is spam
    auto_reply,  ///< a person's mailbox answers (RFC 3834)
    unknown,     ///< anything else
  };
  Kind kind = Kind::unknown;

  // Of `failed` and `delayed`:
  std::string status;         ///< enhanced status code (RFC 3463), "" if there is none
  int reply_code = 0;         ///< of SMTP, 0 if there is none
  std::string text;           ///< the other side's words on one line, at most 500 octets
  bool has_given_up = false;  ///< failed after tries that were put off, not by a refusal

  std::string source_ip;  ///< complaint: whence the message came to the reporter, "" if not told
};
std::string_view to_string(ReturnedMail::Kind kind);

/// Reads it, whatever it is; never fails. Of several recipients in a report the worst off counts,
/// for each copy has one recipient only. What lies inside the returned message is not looked at.
/// Linear in the message's size.
ReturnedMail read_returned_mail(const Message& message);

// --- parts of it, for dsn.cpp and bounce_text.cpp ---

/// The first status code of class 2, 4 or 5 in `text` (RFC 3463 section 2), "" if there is none:
/// numbers of versions and addresses are none.
std::string_view find_status_code(std::string_view text);
/// The first SMTP reply code 4xx or 5xx that stands like one; 0 if there is none.
int find_reply_code(std::string_view text);

/// A bounce that is no report, by its subject and text (UTF-8 or any octets, LF or CRLF). Kind
/// `unknown` when it is none.
ReturnedMail read_bounce_text(std::string_view subject, std::string_view text,
                              bool names_failed_recipients);
/// Whether subject or fields are those of an automatic answer (RFC 3834 section 5).
bool is_auto_reply(const Message& message);

}  // namespace smtpapi
