#include "job/notice_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/date.h"
#include "base/text.h"
#include "mail/codec.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_line = 998;  // RFC 5322 2.1.1
constexpr std::size_t max_header = 100'000;

bool is_plain(std::string_view text) {
  if (!is_ascii(text) || text.find('\0') != text.npos) return false;
  const auto lines = split(text, '\n');
  return std::all_of(lines.begin(), lines.end(),
                     [](std::string_view line) { return line.size() <= max_line; });
}

/// The Message-ID of the message in question, fit for a header line, or "".
std::string original_id(std::string_view header) {
  const HeaderBlock block = cut_header(header);
  for (const Field& field : block.fields) {
    const auto name = header.substr(field.begin, field.name_end - field.begin);
    if (!equals_ignoring_case(name, "Message-ID")) continue;
    const std::string value = unfold(header.substr(field.value, field.end - field.value));
    const bool fits =
        value.size() > 2 && value.size() < 900 && value.front() == '<' && value.back() == '>' &&
        std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
    return fits ? value : "";
  }
  return "";
}

}  // namespace

std::string write_notice(const NoticeFacts& facts, std::string_view subject, std::string_view type,
                         std::string_view original_header, std::span<const NoticePart> parts) {
  const std::string boundary = "=_" + facts.id;
  std::string out = fmt::format(
      "Date: {}\r\n"
      "From: {}\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Message-ID: <{}.notice@{}>\r\n",
      format_date(facts.now), printable(facts.postmaster), printable(facts.recipient, 900), subject,
      facts.id, facts.hostname);
  if (const std::string id = original_id(original_header); !id.empty()) {
    out += "In-Reply-To: " + id + "\r\nReferences: " + id + "\r\n";
  }
  out += fmt::format(
      "Auto-Submitted: auto-replied\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: {};\r\n\tboundary=\"{}\"\r\n"
      "\r\n"
      "This is a MIME-encapsulated message.\r\n",
      type, boundary);

  for (const NoticePart& part : parts) {
    std::string text = to_crlf(part.text);
    if (!text.empty() && text.back() != '\n') text += "\r\n";
    const bool plain = is_plain(text);
    out += fmt::format(
        "\r\n--{}\r\n"
        "Content-Type: {}\r\n"
        "Content-Description: {}\r\n"
        "Content-Transfer-Encoding: {}\r\n"
        "\r\n",
        boundary, part.type, part.description, plain ? "7bit" : "quoted-printable");
    if (plain) {
      out += text;
    } else {
      append_quoted_printable(out, text);
    }
  }
  out += fmt::format("\r\n--{}--\r\n", boundary);
  return out;
}

NoticePart header_part(std::string_view original_header) {
  if (original_header.size() > max_header) {
    original_header = original_header.substr(0, max_header);
    original_header = original_header.substr(0, original_header.rfind('\n') + 1);
  }
  return {"text/rfc822-headers", "Header of the message", std::string(original_header)};
}

std::string queue_id_text(const NoticeFacts& facts) {
  if (facts.queue_id.empty()) return "";
  return fmt::format("The mail system knew the message as {}.\r\n\r\n",
                     printable(facts.queue_id, 100));
}

}  // namespace smtpapi
