#include "job/received.h"

#include <fmt/format.h>

#include "base/date.h"
#include "base/text.h"

namespace smtpapi {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/// A word that is at most 255 octets of what host names and address literals are made of.
std::string word(std::string_view text, std::string_view also_allowed) {
  std::string out(text.substr(0, 255));
  for (char& c : out) {
    if (!is_alphanumeric(c) && also_allowed.find(c) == also_allowed.npos) c = '?';
  }
  return out;
}

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]"; "" when no address is known.
std::string address_literal(std::string_view address) {
  if (starts_with_ignoring_case(address, "IPv6:")) address.remove_prefix(5);
  if (address.empty()) return "";
  const std::string_view tag = address.find(':') != address.npos ? "IPv6:" : "";
  return fmt::format("[{}{}]", tag, word(address, ".:"));
}

/// What stands between "Received:" and "by": "from HELO (NAME [ADDR])" with what is known of it.
std::string from_clause(const Client& client) {
  const std::string literal = address_literal(client.address);
  // An MTA that found no name shows the address in its place.
  const std::string name =
      client.name.find('[') == std::string::npos ? word(client.name, ".-_") : "";
  const std::string helo = word(client.helo, ".-_:[]");
  std::string seen = name;
  if (!name.empty() && !literal.empty()) seen += ' ';
  seen += literal;

  const std::string said = !helo.empty() ? helo : !name.empty() ? name : literal;
  if (said.empty()) return " ";
  return fmt::format(" from {}{}{}{}\r\n\t", said, seen.empty() ? "" : " (", seen,
                     seen.empty() ? "" : ")");
}

/// RFC 3848 and RFC 6531 4.3: ESMTP, ESMTPS, ESMTPA, ESMTPSA, and the same with UTF8SMTP.
std::string protocol(const Submission& submission) {
  std::string out = word(submission.client.protocol, "");
  if (out.empty()) out = "ESMTP";
  const bool extended = starts_with_ignoring_case(out, "ESMTP");
  if (extended && !submission.client.login.empty() && to_lower(out.back()) != 'a') out += 'A';
  if (extended && submission.smtputf8) out = "UTF8SMTP" + out.substr(5);
  return out;
}

}  // namespace

ReceivedField make_received(const Submission& submission, std::string_view hostname) {
  const std::string queue = submission.queue_id.empty()
                                ? ""
                                : fmt::format("\r\n\t(queue {})", word(submission.queue_id, "-_."));
  return {
      fmt::format("Received:{}by {} (smtpapi-milter) with {} id {}.",
                  from_clause(submission.client), hostname, protocol(submission), submission.id),
      fmt::format("{};\r\n\t{}\r\n", queue, format_date(submission.received))};
}

}  // namespace smtpapi
