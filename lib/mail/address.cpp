#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/owned.h"
#include "base/text.h"
#include "mail/encoded_word.h"

namespace smtpapi {
namespace {

constexpr std::size_t longest_address = 320;  // characters (TO-8)
constexpr std::size_t longest_domain = 255;   // octets (RFC 5321 4.5.3.1.2)
constexpr std::size_t longest_label = 63;     // octets (RFC 1035 2.3.4)
constexpr auto npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }
bool is_not_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// ASCII controls and, in UTF-8, those of U+0080 to U+009F.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return true;
    if (text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return true;
  }
  return false;
}

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

// --- quoted strings -----------------------------------------------------------------------------

/// The offset behind the quoted string that begins at `at`; nothing if its end is missing.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return std::nullopt;
}

/// The offset behind the quoted string or the single octet at `at`. A quote counts only where a
/// word may begin and only if it is closed, so that `6" nails` and `O"Neil` mean themselves.
std::size_t next_offset(std::string_view text, std::size_t at) {
  const bool begins_word = at == 0 || is_blank(text[at - 1]) || text[at - 1] == '<';
  if (text[at] != '"' || !begins_word) return at + 1;
  return end_of_quoted(text, at).value_or(at + 1);
}

/// Offsets of `wanted` characters outside quoted strings.
std::vector<std::size_t> find_unquoted(std::string_view text, std::string_view wanted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < text.size(); i = next_offset(text, i))
    if (wanted.find(text[i]) != npos) found.push_back(i);
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

/// The text of a display name: its quoted strings undone, everything else as it stands.
std::string name_text(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t next = next_offset(name, i);
    if (next > i + 1)
      out += without_backslashes(name.substr(i + 1, next - i - 2));
    else
      out += name[i];
    i = next;
  }
  return std::string(trim(out));
}

// --- the address --------------------------------------------------------------------------------

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

Result<std::string> check_address(std::string_view address, bool smtputf8) {
  if (address.empty()) return invalid("empty address");
  if (!is_utf8(address)) return invalid("not UTF-8");
  if (has_control(address)) return invalid("control character");
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

// --- the entry ----------------------------------------------------------------------------------

/// True for `a@example.org, Bob`: sending only to the address behind it would lose the first.
bool lists_an_address(std::string_view name) {
  const auto commas = find_unquoted(name, ",;");
  std::size_t begin = 0;
  for (const std::size_t comma : commas) {
    if (check_address(trim(name.substr(begin, comma - begin)), true)) return true;
    begin = comma + 1;
  }
  return !commas.empty() && check_address(trim(name.substr(begin)), true).has_value();
}

Result<Mailbox> parse_angle_form(std::string_view entry, bool smtputf8) {
  const auto angles = find_unquoted(entry, "<>");
  const auto is_open = [&](std::size_t at) { return entry[at] == '<'; };
  const auto opener = std::find_if(angles.rbegin(), angles.rend(), is_open);
  if (opener == angles.rend()) return invalid("> without <");
  // `Ann <3 <ann@example.org>` has a name; `<a@example.org> <b@example.org>` has two addresses.
  const auto first = std::ranges::find_if(angles, is_open);
  for (auto i = first; *i < *opener; ++i)
    if (!is_open(*i)) return invalid("more than one address");

  const std::string_view name = trim(entry.substr(0, *opener));
  const std::string_view inside = entry.substr(*opener + 1, entry.size() - *opener - 2);
  auto address = check_address(trim(inside), smtputf8);
  if (!address) return address.error();
  if (lists_an_address(name)) return invalid("more than one address");
  return Mailbox{name_text(name), *std::move(address)};
}

/// Where the one comment begins that ends `entry` (RFC 5322 3.2.2), nested ones inside it.
std::optional<std::size_t> find_final_comment(std::string_view entry) {
  std::size_t i = entry.starts_with('"') ? end_of_quoted(entry, 0).value_or(0) : 0;
  const std::size_t begin = entry.find('(', i);
  if (begin == npos) return std::nullopt;
  std::size_t depth = 0;
  for (i = begin; i < entry.size(); ++i) {
    if (entry[i] == '\\')
      ++i;
    else if (entry[i] == '(')
      ++depth;
    else if (entry[i] == ')' && --depth == 0)
      break;
  }
  if (i + 1 != entry.size()) return std::nullopt;
  return begin;
}

}  // namespace

Result<Mailbox> parse_mailbox(std::string_view entry, bool smtputf8) {
  entry = trim(entry);
  if (!is_utf8(entry)) return invalid("not UTF-8");
  if (has_control(entry)) return invalid("control character");
  if (entry.ends_with('>')) return parse_angle_form(entry, smtputf8);

  std::string name;
  if (entry.ends_with(')')) {
    const auto comment = find_final_comment(entry);
    if (!comment) return invalid("text in parentheses that is no comment at the end");
    const std::string_view inside = entry.substr(*comment + 1, entry.size() - *comment - 2);
    name = trim(without_backslashes(inside));
    entry = trim(entry.substr(0, *comment));
  }
  auto address = check_address(entry, smtputf8);
  if (!address) return address.error();
  return Mailbox{std::move(name), *std::move(address)};
}

Result<std::string> parse_address(std::string_view address, bool smtputf8) {
  return check_address(trim(address), smtputf8);
}

std::string format_mailbox(const Mailbox& mailbox) {
  constexpr std::size_t field_name = 4;  // "To: "
  std::string address = mailbox.address;
  std::erase_if(address, is_control);
  std::string out = encode_phrase(mailbox.name, field_name);
  if (out.empty()) return address;

  const auto fold_at = out.rfind("\r\n");
  const std::size_t taken =
      fold_at == std::string::npos ? field_name + out.size() : out.size() - fold_at - 2;
  const std::size_t columns = out.ends_with("?=") ? 76 : 78;  // RFC 2047 section 2; RFC 5322 2.1.1
  out += taken + address.size() + 3 > columns ? "\r\n <" : " <";
  return out + address + '>';
}

}  // namespace smtpapi
