#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mail/address.h"
#include "mail/encoded_word.h"
#include "mail/quoted_string.h"

namespace smtpapi {
namespace {

/// The text of a display name: its quoted strings undone, everything else as it stands.
std::string name_text(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t next = next_unquoted(name, i);
    if (next > i + 1)
      out += without_backslashes(name.substr(i + 1, next - i - 2));
    else
      out += name[i];
    i = next;
  }
  return std::string(trim(out));
}

/// True for `a@example.org, Bob`: sending only to the address behind it would lose the first.
bool lists_an_address(std::string_view name) {
  const auto commas = find_unquoted(name, ",;");
  std::size_t begin = 0;
  for (const std::size_t comma : commas) {
    if (parse_address(name.substr(begin, comma - begin), true)) return true;
    begin = comma + 1;
  }
  return !commas.empty() && parse_address(name.substr(begin), true).has_value();
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
  auto address = parse_address(inside, smtputf8);
  if (!address) return address.error();
  if (lists_an_address(name)) return invalid("more than one address");
  return Mailbox{name_text(name), *std::move(address)};
}

/// Where the one comment begins that ends `entry` (RFC 5322 3.2.2), nested ones inside it.
std::optional<std::size_t> find_final_comment(std::string_view entry) {
  std::size_t i = entry.starts_with('"') ? end_of_quoted(entry, 0).value_or(0) : 0;
  const std::size_t begin = entry.find('(', i);
  if (begin == std::string_view::npos) return std::nullopt;
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
  if (has_controls(entry)) return invalid("control character");
  if (entry.ends_with('>')) return parse_angle_form(entry, smtputf8);

  std::string name;
  if (entry.ends_with(')')) {
    const auto comment = find_final_comment(entry);
    if (!comment) return invalid("text in parentheses that is no comment at the end");
    const std::string_view inside = entry.substr(*comment + 1, entry.size() - *comment - 2);
    name = trim(without_backslashes(inside));
    entry = trim(entry.substr(0, *comment));
  }
  auto address = parse_address(entry, smtputf8);
  if (!address) return address.error();
  return Mailbox{std::move(name), *std::move(address)};
}

std::string format_mailbox(const Mailbox& mailbox) {
  constexpr std::size_t field_name = 4;  // "To: "
  std::string address = mailbox.address;
  std::erase_if(address, [](char c) { return c == '\r' || c == '\n'; });
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
