#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/owned.h"
#include "base/text.h"
#include "mail/quoted_string.h"

namespace smtpapi {
namespace {

constexpr std::size_t longest_address = 320;  // characters (TO-8)
constexpr std::size_t longest_domain = 255;   // octets (RFC 5321 4.5.3.1.2)
constexpr std::size_t longest_label = 63;     // octets (RFC 1035 2.3.4)
constexpr auto npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }
bool is_not_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool has_white_space(std::string_view text) {
  constexpr auto wide = std::to_array<std::string_view>(
      {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
       "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"});
  return std::ranges::any_of(text, is_space) ||
         std::ranges::any_of(wide, [&](auto space) { return text.find(space) != npos; });
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

Result<std::string> check_domain_literal(std::string_view domain) {
  constexpr std::string_view tag = "IPv6:";
  if (!domain.ends_with(']')) return invalid("domain literal without its ]");
  const std::string_view inside = domain.substr(1, domain.size() - 2);
  const bool v6 = starts_with_ignoring_case(inside, tag);
  const std::string number(v6 ? inside.substr(tag.size()) : inside);
  std::array<unsigned char, sizeof(in6_addr)> ignored;
  if (number.find('\0') != npos ||
      inet_pton(v6 ? AF_INET6 : AF_INET, number.c_str(), &ignored) != 1)
    return invalid("no IP address in the domain literal");
  return std::string(domain);
}

Result<std::string> to_a_labels(std::string_view domain) {
  char* made = nullptr;
  const int code = idn2_to_ascii_8z(std::string(domain).c_str(), &made, IDN2_NONTRANSITIONAL);
  const Owned<char, idn2_free> owned(made);
  if (code != IDN2_OK)
    return invalid(std::string("no valid international domain: ") + idn2_strerror(code));
  return std::string(made);
}

/// RFC 1035 2.3.1, with the underscore that real host names have. A final dot goes.
Result<std::string> check_domain(std::string_view given) {
  if (given.starts_with('[')) return check_domain_literal(given);
  auto made = is_ascii(given) ? Result<std::string>(std::string(given)) : to_a_labels(given);
  if (!made) return made;
  std::string& domain = *made;
  if (domain.ends_with('.')) domain.pop_back();
  if (domain.empty()) return invalid("empty domain");
  if (domain.size() > longest_domain) return invalid("domain longer than 255 octets");

  const auto labels = split(domain, '.');
  for (const std::string_view label : labels) {
    if (label.empty()) return invalid("empty label in the domain");
    if (label.size() > longest_label) return invalid("domain label longer than 63 octets");
    if (label.starts_with('-') || label.ends_with('-'))
      return invalid("domain label with a hyphen at its end");
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    if (!std::ranges::all_of(label, allowed)) return invalid("character not allowed in a domain");
  }
  if (std::ranges::all_of(labels.back(), is_digit))
    return invalid("domain that ends in a number (an IP address needs [])");
  return made;
}

/// RFC 5321 4.1.2, with dots anywhere: addresses such as `ann.@example.jp` are in use.
Status check_local_part(std::string_view local, bool smtputf8) {
  if (local.empty() || local == R"("")") return invalid("empty local part");
  if (!smtputf8 && !is_ascii(local))
    return invalid("local part is not ASCII and the next hop has no SMTPUTF8");
  if (local.front() == '"') return ok();
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || is_not_ascii(c) ||
           std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != npos;
  };
  if (!std::ranges::all_of(local, allowed)) return invalid("character not allowed in a local part");
  return ok();
}

}  // namespace

Result<std::string> parse_address(std::string_view address, bool smtputf8) {
  address = trim(address);
  if (address.empty()) return invalid("empty address");
  if (!is_utf8(address)) return invalid("not UTF-8");
  if (has_controls(address)) return invalid("control character");
  if (count_characters(address) > longest_address)
    return invalid("address longer than 320 characters");

  const auto behind_quoted =
      address.front() == '"' ? end_of_quoted(address, 0) : std::optional<std::size_t>(0);
  if (!behind_quoted) return invalid("quoted local part without its end");
  const std::size_t at = address.find('@', *behind_quoted);
  if (at == npos) return invalid("no @");
  if (address.find('@', at + 1) != npos)
    return invalid("more than one address, or more than one @");
  if (has_white_space(address)) return invalid("white space inside the address");
  if (*behind_quoted > 0 && at != *behind_quoted)
    return invalid("text between the quoted local part and the @");

  const std::string_view local = address.substr(0, at);
  if (const Status checked = check_local_part(local, smtputf8); !checked) return checked.error();
  if (at + 1 == address.size()) return invalid("empty domain");
  const auto domain = check_domain(address.substr(at + 1));
  if (!domain) return domain.error();
  return std::string(local) + '@' + *domain;
}

}  // namespace smtpapi
