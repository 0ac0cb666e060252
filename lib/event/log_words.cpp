#include "event/log_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace smtpapi {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {  // FNV-1a
  std::uint64_t value = 14695981039346656037u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return value;
}

std::string_view queue_id_in(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_alphanumeric(text[end])) ++end;
  return end < 5 || end > 40 ? std::string_view() : text.substr(0, end);
}

std::optional<std::string_view> take_queue_id(std::string_view& message) {
  const std::string_view id = queue_id_in(message);
  if (id.empty() || !message.substr(id.size()).starts_with(": ")) return std::nullopt;
  message.remove_prefix(id.size() + 2);
  return id;
}

std::optional<std::string_view> take_address(std::string_view& rest) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (is_quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      is_quoted = !is_quoted;
    } else if (rest[i] == '>' && !is_quoted) {
      const std::string_view address = rest.substr(0, i);
      rest.remove_prefix(i + 1);
      return address;
    }
  }
  return std::nullopt;
}

std::string_view take_value(std::string_view& rest, std::string_view name) {
  std::string_view at = rest;
  while (!at.empty()) {
    const std::size_t end = at.find(", ");
    const std::string_view item = at.substr(0, end);
    const std::string_view behind = end == at.npos ? std::string_view() : at.substr(end + 2);
    if (item.starts_with(name)) {
      rest = behind;
      return item.substr(name.size());
    }
    at = behind;
  }
  return {};
}

std::string ip_of(std::string_view relay) {
  const std::size_t open = relay.rfind('['), close = relay.rfind(']');
  if (open == relay.npos || close == relay.npos || close < open) return {};
  std::string_view ip = relay.substr(open + 1, close - open - 1);
  if (ip.starts_with("IPv6:")) ip.remove_prefix(5);
  const bool fits = std::all_of(ip.begin(), ip.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':' || c == '%';
  });
  const bool is_address = ip.find_first_of(".:") != ip.npos;
  return fits && is_address ? std::string(ip) : std::string();
}

int reply_code_of(std::string_view text) {
  if (text.size() < 3 || text[0] < '2' || text[0] > '5') return 0;
  if (text.size() > 3 && text[3] != ' ' && text[3] != '-') return 0;
  for (const char c : text.substr(0, 3))
    if (c < '0' || c > '9') return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

bool is_status_code(std::string_view text) {
  return text.size() >= 5 && text.size() <= 9 && text[1] == '.' && text[0] >= '2' && text[0] <= '5';
}

std::string mark_of(const LogLine& line) {
  return fmt::format("{}x{:08x}", to_unix(line.time), hash_of(line.message) & 0xffffffffu);
}

}  // namespace smtpapi
