// The delivery report about copies that failed for good (RFC 3464, RFC 6522).
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "base/date.h"
#include "base/text.h"
#include "job/notice.h"
#include "job/notice_frame.h"
#include "mail/message.h"
#include "net/smtp_reply.h"

namespace smtpapi {
namespace {

/// The value of KEYWORD=value in ESMTP parameters, "" if it is not there.
std::string_view parameter(std::string_view parameters, std::string_view keyword) {
  for (const std::string_view word : words(parameters)) {
    const auto equals = word.find('=');
    if (equals != word.npos && equals_ignoring_case(word.substr(0, equals), keyword)) {
      return word.substr(equals + 1);
    }
  }
  return {};
}

/// RFC 3461 5.2.2: without NOTIFY failures are reported, with it only if it names them.
bool wants_report(const Copy& copy) {
  const std::string_view notify = parameter(copy.parameters, "NOTIFY");
  if (notify.empty()) return true;
  for (const std::string_view word : split(notify, ',')) {
    if (equals_ignoring_case(word, "FAILURE")) return true;
  }
  return false;
}

/// RFC 3461 section 4; what is no code stands for itself.
std::string from_xtext(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code =
        text[i] == '+' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += code ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (code) i += 2;
  }
  return out;
}

/// One line of ASCII for a field of message/delivery-status.
std::string field_text(std::string_view text) {
  std::string out = printable(text, 900);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

/// "rfc822; ann@example.org", in the 7bit form of RFC 6533 section 3 when it is not ASCII.
std::string address_field(std::string_view address) {
  const std::string shown = printable(address, 400);
  if (is_ascii(shown)) return "rfc822; " + shown;
  std::string out = "utf-8; ";
  for (std::size_t i = 0; i < shown.size();) {
    const auto lead = static_cast<unsigned char>(shown[i]);
    if (lead < 0x80) {
      out += shown[i++];
      continue;
    }
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;  // printable() is well-formed UTF-8
    unsigned code = lead & (0x3Fu >> more);
    for (int k = 1; k <= more; ++k)
      code = code << 6 | (static_cast<unsigned char>(shown[i + k]) & 0x3F);
    fmt::format_to(std::back_inserter(out), "\\x{{{:X}}}", code);
    i += static_cast<std::size_t>(more) + 1;
  }
  return out;
}

struct Diagnosis {
  bool is_smtp = false;  ///< a server said it
  std::string status_code;
};

/// A copy's last reply: "550 5.1.1 No such user" of a server, or a clause of ours, which may begin
/// with a status code.
Diagnosis diagnose(std::string_view reply) {
  SmtpReply said;
  if (add_reply_line(said, reply)) {
    const std::string status = said.status_code();
    return {true, status.empty() ? fmt::format("{}.0.0", said.code / 100) : status};
  }
  const std::string_view status = leading_status_code(reply);
  return {false, status.empty() ? "4.4.7" : std::string(status)};  // delivery time expired
}

void append_status(std::string& out, const Copy& copy) {
  const Diagnosis diagnosis = diagnose(copy.reply);
  const std::string original = from_xtext(parameter(copy.parameters, "ORCPT"));
  const auto add = std::back_inserter(out);
  out += "\r\n";
  if (const auto semicolon = original.find(';'); semicolon != original.npos) {
    fmt::format_to(add, "Original-Recipient: {}; {}\r\n", field_text(original.substr(0, semicolon)),
                   field_text(original.substr(semicolon + 1)));
  }
  fmt::format_to(add,
                 "Final-Recipient: {}\r\n"
                 "Action: failed\r\n"
                 "Status: {}\r\n"
                 "Diagnostic-Code: {}; {}\r\n",
                 address_field(copy.recipient), diagnosis.status_code,
                 diagnosis.is_smtp ? "smtp" : "X-smtpapi", field_text(copy.reply));
}

}  // namespace

std::string make_failure_notice(const NoticeFacts& facts, const Submission& submission,
                                std::span<const Copy> failed) {
  std::string list;
  std::string status = fmt::format("Reporting-MTA: dns; {}\r\n", facts.hostname);
  if (const auto id = parameter(submission.mail_parameters, "ENVID"); !id.empty()) {
    status += "Original-Envelope-Id: " + field_text(from_xtext(id)) + "\r\n";
  }
  status += "Arrival-Date: " + format_date(submission.received) + "\r\n";

  std::size_t count = 0;
  for (const Copy& copy : failed) {
    if (!wants_report(copy)) continue;
    ++count;
    const std::string reply = printable(copy.reply, 600);
    fmt::format_to(std::back_inserter(list), "<{}>: {}{}\r\n", printable(copy.recipient, 320),
                   diagnose(copy.reply).is_smtp ? "the mail system said: " : "", reply);
    append_status(status, copy);
  }
  if (count == 0) return "";

  const std::string_view octets = submission.message ? std::string_view(*submission.message) : "";
  const std::string_view header = octets.substr(0, cut_header(octets).fields_end);
  const NoticePart parts[] = {
      {"text/plain; charset=utf-8", "Notice",
       fmt::format("This is the mail system at {}.\r\n\r\n"
                   "Your message of {}\r\n"
                   "could not be delivered to {}. It will not be tried again.\r\n\r\n"
                   "{}"
                   "{}\r\n"
                   "The header of the message is attached.\r\n",
                   facts.hostname, format_date(submission.received),
                   count == 1 ? "one recipient" : fmt::format("{} recipients", count),
                   queue_id_text(facts), list)},
      {"message/delivery-status", "Delivery report", std::move(status)},
      header_part(header),
  };
  return write_notice(facts, "Your message could not be delivered",
                      "multipart/report; report-type=delivery-status", header,
                      std::span(parts).first(header.empty() ? 2 : 3));
}

}  // namespace smtpapi
