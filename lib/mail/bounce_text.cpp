// Bounces that are no reports: qmail and Yahoo, old Exim, Exchange, Gmail, and their kin.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/dsn.h"
#include "mail/encoded_word.h"

namespace smtpapi {
namespace {

using Kind = ReturnedMail::Kind;

constexpr std::size_t max_text = 500;
constexpr std::size_t max_lines = 400;  ///< what the matter is stands near the top

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '.' || c == '-' ||
         c == '_';
}

template <std::size_t size>
bool holds_one(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

// All in lower case.
constexpr std::array<std::string_view, 21> failed_subjects = {
    "undelivered mail",
    "failure notice",
    "mail delivery fail",
    "delivery failure",
    "delivery status notification (failure)",
    "undeliverable",
    "returned mail",
    "mail could not be delivered",
    "delivery notification: delivery has failed",
    "mail system error",
    "message could not be delivered",
    "could not send message",
    "unzustellbar",
    "non remis",
    "no se puede entregar",
    "mail delivery problem",
    "delivery has failed",
    "message undeliverable",
    "mail nicht zustellbar",
    "nicht zugestellt",
    "non-delivery"};

constexpr std::array<std::string_view, 14> failed_words = {
    "this is the qmail-send program",
    "this is a permanent error; i've given up",
    "sorry, we were unable to deliver your message",
    "could not be delivered to one or more of its recipients",
    "the following address(es) failed",
    "did not reach some or all of the intended recipients",
    "did not reach the following recipient",
    "delivery to the following recipient failed permanently",
    "delivery to the following recipients failed",
    "delivery has failed to these recipients",
    "the following addresses had permanent fatal errors",
    "the following recipient(s) cannot be reached",
    "your message wasn't delivered to",
    "could not be delivered. no further attempts"};

constexpr std::array<std::string_view, 15> delayed_words = {
    "delivery status notification (delay)",
    "delayed mail (still being retried)",
    "has not yet been delivered",
    "will be retried",
    "will retry for",
    "warning: message delayed",
    "warning: could not send message for past",
    "no action is required on your part",
    "this is a warning message only",
    "delivery incomplete",
    "delivery is delayed",
    "delivery delayed",
    "still trying to deliver",
    "message delayed",
    "you do not need to resend your message"};

/// What stands behind is the message that came back.
constexpr std::array<std::string_view, 11> copy_begins = {
    "--- below this line is a copy",   "------ this is a copy of",
    "----- original message",          "-----original message",
    "--- the header of the original",  "---- start of returned",
    "--- undelivered message follows", "----- message header follows",
    "--- enclosed are the original",   "original message follows",
    "----- unsent message follows"};

/// Where a line tells most: a code, and else what follows the address.
struct Found {
  std::string text;
  std::string status;
  int reply_code = 0;
};

/// `first` and the lines behind it that go on with it, on one line.
std::string paragraph_from(const std::vector<std::string_view>& lines, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < lines.size() && out.size() < max_text; ++i) {
    const std::string_view line = trim(lines[i]);
    if (line.empty()) break;
    out += (out.empty() ? "" : " ") + std::string(line);
  }
  return printable(out, max_text);
}

/// A line that is an address and little else: "<ann@example.org>:", "  ann@example.org".
bool is_address_line(std::string_view line) {
  line = trim(line);
  const auto at = line.find('@');
  if (at == std::string_view::npos || at == 0 || line.size() > 320) return false;
  return std::none_of(line.begin(), line.end(), [](char c) { return is_blank(c); }) &&
         (line.front() == '<' || is_word(line.front()) || line.front() == '\'');
}

Found find_matter(const std::vector<std::string_view>& lines) {
  Found found;
  std::size_t code_at = lines.size(), address_at = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (address_at == lines.size() && is_address_line(lines[i])) address_at = i;
    const std::string_view status = find_status_code(lines[i]);
    const int reply_code = find_reply_code(lines[i]);
    const bool tells_more = (!status.empty() && status[0] != '2') || reply_code != 0;
    if (!tells_more) continue;
    if (found.status.empty() && !status.empty() && status[0] != '2') found.status = status;
    if (found.reply_code == 0) found.reply_code = reply_code;
    if (code_at == lines.size()) code_at = i;
    if (!found.status.empty() && found.reply_code != 0) break;
    if (i > code_at + 8) break;
  }
  if (code_at < lines.size()) {
    found.text = paragraph_from(lines, code_at);
  } else if (address_at + 1 < lines.size()) {
    std::size_t next = address_at + 1;
    while (next < lines.size() && trim(lines[next]).empty()) ++next;
    found.text = paragraph_from(lines, next);
  }
  return found;
}

constexpr std::array<std::string_view, 15> answer_subjects = {"out of office",
                                                              "out of the office",
                                                              "automatic reply",
                                                              "auto reply",
                                                              "autoreply",
                                                              "auto-reply",
                                                              "auto response",
                                                              "autoresponse",
                                                              "automatische antwort",
                                                              "abwesenheit",
                                                              "abwesend",
                                                              "réponse automatique",
                                                              "respuesta automática",
                                                              "risposta automatica",
                                                              "vacation"};

}  // namespace

std::string_view find_status_code(std::string_view text) {
  for (std::size_t i = 0; i + 5 <= text.size(); ++i) {
    if ((text[i] != '2' && text[i] != '4' && text[i] != '5') || text[i + 1] != '.') continue;
    const bool is_behind_reply_code = i >= 4 && text[i - 1] == '-' && is_digit(text[i - 2]) &&
                                      is_digit(text[i - 3]) && is_digit(text[i - 4]);
    if (i > 0 && is_word(text[i - 1]) && !is_behind_reply_code) continue;
    if (!is_digit(text[i + 2]) || text[i + 3] != '.') continue;
    std::size_t end = i + 4;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == i + 4 || end > i + 7) continue;
    const bool goes_on =
        end < text.size() && is_word(text[end]) &&
        !(text[end] == '.' && (end + 1 == text.size() || !is_digit(text[end + 1])));
    if (!goes_on) return text.substr(i, end - i);
  }
  return {};
}

int find_reply_code(std::string_view text) {
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    if ((text[i] != '4' && text[i] != '5') || !(text[i + 1] >= '0' && text[i + 1] <= '5') ||
        !is_digit(text[i + 2]))
      continue;
    if (i > 0 && is_word(text[i - 1])) continue;
    const std::string_view behind = text.substr(i + 3);
    // At the end, before a text, or as the first of several lines: "550-5.1.1".
    const bool ends = behind.empty() || behind[0] == ' ' || behind[0] == '-' || behind[0] == ':' ||
                      behind[0] == '\r' || behind[0] == ';' || behind[0] == '\'' ||
                      behind[0] == ',' || behind[0] == ')';
    // "line 550 of", "in 450 seconds": a number in a sentence has words on both sides.
    const bool begins =
        i == 0 || std::string_view(" :;<>#('\"\t").find(text[i - 1]) != std::string_view::npos;
    if (!ends || !begins) continue;
    const std::string_view before = trim(text.substr(0, i));
    const bool is_first =
        before.empty() || !is_word(before.back()) || to_lower(before).ends_with("said") ||
        to_lower(before).ends_with("error") || to_lower(before).ends_with("was") ||
        to_lower(before).ends_with("code") || to_lower(before).ends_with("returned") ||
        to_lower(before).ends_with("smtp");
    const bool has_status = !find_status_code(behind.substr(0, 12)).empty();
    if (is_first || has_status)
      return (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
  }
  return 0;
}

ReturnedMail read_bounce_text(std::string_view subject, std::string_view text,
                              bool names_failed_recipients) {
  ReturnedMail out;
  const std::string low_subject = to_lower(subject);
  std::vector<std::string_view> lines;
  bool is_failure = names_failed_recipients || holds_one(low_subject, failed_subjects);
  bool is_delay = holds_one(low_subject, delayed_words);
  while (!text.empty() && lines.size() < max_lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string low = to_lower(line.substr(0, 1'000));
    if (holds_one(low, copy_begins)) break;
    is_delay = is_delay || holds_one(low, delayed_words);
    is_failure = is_failure || holds_one(low, failed_words);
    lines.push_back(line);
  }
  if (!is_failure && !is_delay) return out;
  // "will be retried" is no word of a failure, but people quote.
  out.kind = is_delay && !holds_one(low_subject, failed_subjects) ? Kind::delayed : Kind::failed;
  Found found = find_matter(lines);
  out.status = std::move(found.status);
  out.reply_code = found.reply_code;
  out.text = std::move(found.text);
  return out;
}

bool is_auto_reply(const Message& message) {
  const auto value = [&](std::string_view name) {
    const Field* field = message.find(name);
    return field ? to_lower(trim(unfold(message.value(*field)))) : std::string();
  };
  const std::string submitted = value("Auto-Submitted");
  if (!submitted.empty() && !submitted.starts_with("no")) return true;
  for (const std::string_view name :
       {"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Vacation"})
    if (message.find(name)) return true;
  const std::string precedence = value("Precedence");
  if (precedence == "auto_reply" || precedence == "auto-reply") return true;
  const Field* subject = message.find("Subject");
  return subject && holds_one(to_lower(decode_encoded_words(unfold(message.value(*subject)))),
                              answer_subjects);
}

}  // namespace smtpapi
