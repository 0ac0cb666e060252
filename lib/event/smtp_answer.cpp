#include "event/smtp_answer.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

SmtpAnswer read_answer(std::string_view text) {
  SmtpAnswer answer;
  if (text.size() >= 3 && is_number(text.substr(0, 3)) && text[0] >= '2' && text[0] <= '5' &&
      (text.size() == 3 || text[3] == ' ' || text[3] == '-')) {
    answer.reply_code = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    text.remove_prefix(std::min<std::size_t>(4, text.size()));
  }
  const std::string_view word = text.substr(0, text.find(' '));
  const auto parts = split(word, '.');
  if (parts.size() == 3 && (parts[0] == "2" || parts[0] == "4" || parts[0] == "5") &&
      is_number(parts[1]) && is_number(parts[2]))
    answer.status_code = word;
  return answer;
}

}  // namespace smtpapi
