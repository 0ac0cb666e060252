#include "mail/quoted_string.h"

#include "base/text.h"

namespace smtpapi {

std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return std::nullopt;
}

std::size_t next_unquoted(std::string_view text, std::size_t at) {
  const bool begins_word = at == 0 || is_blank(text[at - 1]) || text[at - 1] == '<';
  if (text[at] != '"' || !begins_word) return at + 1;
  return end_of_quoted(text, at).value_or(at + 1);
}

std::vector<std::size_t> find_unquoted(std::string_view text, std::string_view wanted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < text.size(); i = next_unquoted(text, i))
    if (wanted.find(text[i]) != std::string_view::npos) found.push_back(i);
  return found;
}

std::string without_backslashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace smtpapi
