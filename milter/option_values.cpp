#include "milter/option_values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "base/text.h"
#include "mail/address.h"
#include "track/return_path.h"

namespace smtpapi {
namespace {

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

/// Digits and nothing else; nothing on overflow.
std::optional<std::size_t> unsigned_number(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::size_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
    return std::nullopt;
  return value;
}

/// A number with an optional unit of one letter from `units`, each worth `worth[i]`.
std::optional<std::size_t> with_unit(std::string_view text, std::string_view units,
                                     const std::size_t* worth, std::size_t limit) {
  std::size_t factor = 1;
  if (!text.empty()) {
    const auto unit = units.find(to_lower(text.back()));
    if (unit != std::string_view::npos) {
      factor = worth[unit];
      text.remove_suffix(1);
    }
  }
  const auto number = unsigned_number(text);
  if (!number || *number > limit / factor) return std::nullopt;
  return *number * factor;
}

bool is_port(std::string_view text) {
  const auto port = unsigned_number(text);
  return port && *port >= 1 && *port <= 65535;
}

/// True when only the first `length` bits of the address are set.
bool is_masked(const unsigned char* address, std::size_t size, std::size_t length) {
  for (std::size_t bit = length; bit < size * 8; ++bit)
    if (address[bit / 8] & (0x80 >> bit % 8)) return false;
  return true;
}

std::string masked(int family, unsigned char* address, std::size_t size, std::size_t length) {
  for (std::size_t bit = length; bit < size * 8; ++bit)
    address[bit / 8] &= static_cast<unsigned char>(~(0x80 >> bit % 8));
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family, address, text, sizeof text);
  return fmt::format("{}/{}", text, length);
}

}  // namespace

Result<std::size_t> read_count(std::string_view text) {
  if (const auto value = unsigned_number(text)) return *value;
  return invalid(quoted(text) + " is not a number");
}

Result<std::size_t> read_bytes(std::string_view text) {
  constexpr std::size_t worth[] = {1u << 10, 1u << 20, 1u << 30};
  constexpr std::size_t limit = std::numeric_limits<std::int64_t>::max();
  if (const auto value = with_unit(text, "kmg", worth, limit)) return *value;
  return invalid(quoted(text) + " is not a size: octets, or a number with k, M or G");
}

Result<std::chrono::seconds> read_duration(std::string_view text) {
  constexpr std::size_t worth[] = {1, 60, 60 * 60, 24 * 60 * 60};
  // A thousand years: later arithmetic with the clock cannot overflow.
  constexpr std::size_t limit = 365'000ull * 24 * 60 * 60;
  if (const auto value = with_unit(text, "smhd", worth, limit))
    return std::chrono::seconds(static_cast<std::int64_t>(*value));
  return invalid(quoted(text) + " is not a time: seconds, or a number with s, m, h or d");
}

Result<bool> read_yes_no(std::string_view text) {
  for (const std::string_view word : {"yes", "true", "on", "1"})
    if (equals_ignoring_case(text, word)) return true;
  for (const std::string_view word : {"no", "false", "off", "0"})
    if (equals_ignoring_case(text, word)) return false;
  return invalid(quoted(text) + " is neither yes nor no");
}

Result<std::string> read_network(std::string_view text) {
  const auto slash = text.find('/');
  std::string host(text.substr(0, slash));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);

  unsigned char address[16];
  const int family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const std::size_t size = family == AF_INET ? 4 : 16;
  if (host.find('\0') != std::string::npos || inet_pton(family, host.c_str(), address) != 1)
    return invalid(quoted(text) + " is not a network such as 10.0.0.0/8 or ::1/128");

  std::size_t length = size * 8;
  if (slash != std::string_view::npos) {
    const auto number = unsigned_number(text.substr(slash + 1));
    if (!number || *number > size * 8)
      return invalid(fmt::format("{}: the prefix length is 0 to {}", quoted(text), size * 8));
    length = *number;
  }
  if (!is_masked(address, size, length)) {
    // Postfix refuses these too: who wrote 10.0.0.5/8 meant either one host or a network.
    const std::string network = masked(family, address, size, length);
    return invalid(
        fmt::format("{} has bits behind its prefix; did you mean '{}'?", quoted(text), network));
  }
  return masked(family, address, size, length);
}

Result<std::string> read_endpoint(std::string_view text) {
  if (text.substr(0, 6) == "unix:/" && text.size() > 6) return std::string(text);
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && is_port(text.substr(colon + 1))) {
    const std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const auto is_host = [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; };
    if (bracketed || (!host.empty() && std::all_of(host.begin(), host.end(), is_host)))
      return std::string(text);
  }
  return invalid(quoted(text) + " is neither HOST:PORT nor unix:/PATH");
}

Result<std::pair<std::string, std::string>> read_pool(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return invalid(quoted(text) + " is not NAME=HOST:PORT");
  auto endpoint = read_endpoint(text.substr(equals + 1));
  if (!endpoint) return std::move(endpoint).error();
  return std::pair(std::string(text.substr(0, equals)), *std::move(endpoint));
}

Result<std::string> read_milter_socket(std::string_view text) {
  for (const std::string_view prefix : {"unix:/", "local:/", "/"})
    if (text.substr(0, prefix.size()) == prefix && text.size() > prefix.size())
      return std::string(text);
  for (const std::string_view prefix : {"inet:", "inet6:"}) {
    if (text.substr(0, prefix.size()) != prefix) continue;
    const std::string_view rest = text.substr(prefix.size());
    const auto at = rest.find('@');
    if (is_port(rest.substr(0, at)) && (at == std::string_view::npos || at + 1 < rest.size()))
      return std::string(text);
    const auto colon = rest.rfind(':');
    if (colon != std::string_view::npos && is_port(rest.substr(colon + 1)))
      return invalid(fmt::format("{} is Postfix's way; did you mean '{}{}@{}'?", quoted(text),
                                 prefix, rest.substr(colon + 1), printable(rest.substr(0, colon))));
  }
  return invalid(quoted(text) + " is neither unix:/PATH nor inet:PORT@HOST");
}

Result<std::string> read_return_path(std::string_view text) {
  auto address = parse_address(text);
  if (!address) return address;
  if (address->rfind('@') > ReturnPaths::max_local_part)
    return invalid(fmt::format("{} has more than {} octets before the @: a token must find room",
                               quoted(text), ReturnPaths::max_local_part));
  return address;
}

Result<std::string> read_hostname(std::string_view text) {
  const auto is_part = [](char c) { return is_alnum(c) || c == '-' || c == '.'; };
  if (text.empty() || text.size() > 255 || !is_alnum(text.front()) || !is_alnum(text.back()) ||
      !std::all_of(text.begin(), text.end(), is_part) || text.find("..") != std::string_view::npos)
    return invalid(quoted(text) + " is not a host name");
  return std::string(text);
}

Result<std::string> read_store_url(std::string_view text) {
  for (const std::string_view prefix : {"sqlite:///", "postgresql://"})
    if (text.substr(0, prefix.size()) == prefix && text.size() > prefix.size())
      return std::string(text);
  return invalid(quoted(text) + " is neither sqlite:///PATH nor postgresql://...");
}

Result<std::string> read_base_url(std::string_view text) {
  const std::string_view whole = text;
  // It is put before a path and between quotes, in HTML and in header fields.
  constexpr std::string_view never = " \t\"'<>\\^`{|}?#&";
  const bool is_safe =
      is_ascii(text) && !has_controls(text) && text.find_first_of(never) == std::string_view::npos;
  while (text.ends_with('/')) text.remove_suffix(1);
  for (const std::string_view prefix : {"https://", "http://"}) {
    if (is_safe && starts_with_ignoring_case(text, prefix) && text.size() > prefix.size() &&
        text[prefix.size()] != '/')
      return std::string(text);
  }
  return invalid(quoted(whole) + " is not an http or https URL to put paths behind");
}

}  // namespace smtpapi
