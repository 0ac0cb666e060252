#include "net/smtp_reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_lines = 200;
constexpr std::size_t max_text = 500;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_queue_id(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_' ||
         c == '.';
}

std::string_view leading_queue_id(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_queue_id);
  text = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (!text.empty() && text.back() == '.') text.remove_suffix(1);
  return text.size() <= 100 ? text : std::string_view();
}

}  // namespace

// Class "." subject "." detail, the latter two of one to three digits, then a blank or the end.
std::string_view leading_status_code(std::string_view text) {
  std::size_t i = 1;
  if (text.empty() || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return {};
  for (int part = 0; part < 2; ++part) {
    if (i >= text.size() || text[i] != '.') return {};
    const std::size_t digits = ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == digits || i - digits > 3) return {};
  }
  if (i < text.size() && text[i] != ' ') return {};
  return text.substr(0, i);
}

std::string SmtpReply::status_code() const {
  if (lines.empty()) return "";
  const std::string_view found = leading_status_code(lines.back());
  return !found.empty() && found[0] - '0' == code / 100 ? std::string(found) : "";
}

std::string SmtpReply::text() const {
  std::string out;
  std::string_view said;
  for (const std::string_view line : lines) {
    const std::string_view status = leading_status_code(line);
    const bool again = !out.empty() && !status.empty() && status == said;
    const std::string_view rest = again ? trim(line.substr(status.size())) : trim(line);
    said = status;
    if (rest.empty()) continue;
    if (!out.empty()) out += ' ';
    out += rest;
    if (out.size() > max_text) break;
  }
  return printable(out, max_text);
}

std::string SmtpReply::whole() const { return fmt::format("{} {}", code, text()); }

Result<bool> add_reply_line(SmtpReply& reply, std::string_view line) {
  const bool has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                        is_digit(line[2]);
  const bool has_mark = line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
  if (!has_code || !has_mark) {
    return unavailable(fmt::format("not an SMTP reply: '{}'", printable(line, 100)));
  }
  if (reply.lines.size() == max_lines) return unavailable("an SMTP reply of more than 200 lines");
  reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  reply.lines.emplace_back(line.substr(std::min<std::size_t>(4, line.size())));
  return line.size() == 3 || line[3] == ' ';
}

std::string parse_queue_id(std::string_view text) {
  constexpr std::string_view postfix = "queued as ";
  if (const auto at = text.find(postfix); at != text.npos) {
    return std::string(leading_queue_id(text.substr(at + postfix.size())));
  }
  constexpr std::string_view sendmail = " Message accepted";
  if (const auto at = text.find(sendmail); at != text.npos) {
    const std::string_view before = text.substr(0, at);
    const std::string_view word = before.substr(before.rfind(' ') + 1);
    if (leading_status_code(word).empty() && leading_queue_id(word) == word) {
      return std::string(word);
    }
  }
  return "";
}

}  // namespace smtpapi
