#include "render/field_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "mail/address.h"
#include "mail/encoded_word.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

/// The entries of an address list; commas inside quotes, comments and angle brackets do not part.
std::vector<std::string_view> split_addresses(std::string_view list) {
  std::vector<std::string_view> entries;
  std::size_t begin = 0;
  bool quoted = false;
  int nested = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '(' || c == '<')) {
      ++nested;
    } else if (!quoted && (c == ')' || c == '>')) {
      --nested;
    } else if (c == ',' && !quoted && nested <= 0) {
      entries.push_back(trim(list.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  entries.push_back(trim(list.substr(std::min(begin, list.size()))));
  std::erase(entries, "");
  return entries;
}

/// A name as it stands before RFC 2047 encoding: quoted, so that no comma in it parts the list.
std::string plain_mailbox(const Mailbox& mailbox) {
  std::string name;
  for (const char c : decode_encoded_words(mailbox.name)) {
    if (c == '"' || c == '\\') name += '\\';
    name += c;
  }
  if (name.empty()) return mailbox.address;
  return fmt::format("\"{}\" <{}>", name, mailbox.address);
}

/// The list with encoded words undone and names quoted, so that tags inside either are found. Text
/// that is no address list (a tag alone) is taken as it is.
std::string plain_mailboxes(const std::string& text) {
  if (!has_encoded_word(text)) return text;
  std::string list;
  for (const std::string_view entry : split_addresses(text)) {
    const Result<Mailbox> mailbox = parse_mailbox(entry, true);
    if (!mailbox) return text;
    if (!list.empty()) list += ", ";
    list += plain_mailbox(*mailbox);
  }
  return list;
}

/// Each run of line breaks as one space (SUB-10); other control characters as a space each.
std::string spaces_for_breaks(std::string_view text) {
  std::string out;
  const auto is_break = [](char c) { return c == '\r' || c == '\n'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_break(text[i]) && i > 0 && is_break(text[i - 1])) continue;
    const auto octet = static_cast<unsigned char>(text[i]);
    out += octet < 0x20 || octet == 0x7F ? ' ' : text[i];
  }
  return out;
}

/// A comma that a value brought into a display name parts no addresses: what holds no "@" belongs
/// to the entry behind it (TO-9).
std::optional<std::string> write_mailboxes(std::string_view text) {
  std::string list;
  std::string entry;
  for (const std::string_view piece : split_addresses(text)) {
    if (!entry.empty()) entry += ", ";
    entry += piece;
    if (piece.find('@') == std::string_view::npos) continue;
    const Result<Mailbox> mailbox = parse_mailbox(entry, true);
    if (!mailbox) return std::nullopt;
    if (!list.empty()) list += ",\r\n ";
    list += format_mailbox(*mailbox);
    entry.clear();
  }
  if (list.empty() || !entry.empty()) return std::nullopt;
  return list;
}

std::string write_urls(std::string_view text, std::size_t indent) {
  std::string ascii;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80 && octet >= 0x20 && octet != 0x7F) {
      ascii += c;
    } else {
      ascii += fmt::format("%{:02X}", octet);
    }
  }
  return fold(ascii, indent);
}

}  // namespace

std::optional<FieldTemplate> FieldTemplate::cut(std::string_view name, std::string_view value,
                                                const TagTable& table) {
  FieldTemplate field;
  std::string text = unfold(value);
  if (equals_ignoring_case(name, "Subject")) {
    field.kind_ = Kind::unstructured;
    text = decode_encoded_words(text);
  } else if (equals_ignoring_case(name, "Reply-To")) {
    field.kind_ = Kind::mailboxes;
    text = plain_mailboxes(text);
  } else if (equals_ignoring_case(name, "List-Unsubscribe")) {
    field.kind_ = Kind::urls;
  } else {
    return std::nullopt;
  }
  field.indent_ = name.size() + 2;
  field.template_ = TextTemplate(std::move(text), table);
  if (!field.template_.has_tags()) return std::nullopt;
  return field;
}

Result<std::optional<std::string>> FieldTemplate::render(std::size_t index, std::size_t limit,
                                                         Expansion& scratch) const {
  if (Status done = template_.expand(index, LineBreaks::as_sent, limit, scratch); !done) {
    return std::move(done).error();
  }
  const std::string text = spaces_for_breaks(scratch.text());
  if (kind_ != Kind::unstructured && trim(text).empty()) return std::optional<std::string>();
  std::string value;
  switch (kind_) {
    case Kind::unstructured:
      value = encode_unstructured(text, indent_);
      break;
    case Kind::mailboxes:
      value = write_mailboxes(text).value_or("");
      if (value.empty()) value = encode_unstructured(decode_encoded_words(text), indent_);
      break;
    case Kind::urls:
      value = write_urls(text, indent_);
      break;
  }
  return std::optional(" " + value);
}

}  // namespace smtpapi
