#include "mail/message.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace smtpapi {

namespace {

constexpr std::size_t columns = 78;  // RFC 5322 section 2.1.1

/// Offset behind the line that `begin` is in.
std::size_t line_end(std::string_view octets, std::size_t begin) {
  const auto feed = octets.find('\n', begin);
  return feed == std::string_view::npos ? octets.size() : feed + 1;
}

/// `line` without its CRLF or LF.
std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_mailbox_line(std::string_view octets, std::size_t begin) {
  const auto from = octets.find_first_not_of('>', begin);
  return from != std::string_view::npos && starts_with_ignoring_case(octets.substr(from), "From ");
}

}  // namespace

std::optional<Field> cut_field(std::string_view octets, std::size_t begin) {
  const auto is_name = [](char c) { return c > ' ' && c < '\x7F' && c != ':'; };
  std::size_t at = begin;
  while (at < octets.size() && is_name(octets[at])) ++at;
  const std::size_t name_end = at;
  while (at < octets.size() && is_blank(octets[at])) ++at;
  if (name_end == begin || at == octets.size() || octets[at] != ':') return std::nullopt;
  Field field{begin, name_end, at + 1, line_end(octets, at + 1)};
  while (field.end < octets.size() && is_blank(octets[field.end])) {
    field.end = line_end(octets, field.end);
  }
  return field;
}

std::size_t line_break_length(std::string_view octets, std::size_t at) {
  const auto rest = octets.substr(at);
  return rest.starts_with("\r\n") ? 2 : rest.starts_with('\n') ? 1 : 0;
}

HeaderBlock cut_header(std::string_view octets) {
  HeaderBlock block;
  std::size_t at = 0;
  auto field = cut_field(octets, at);
  while (!field && is_mailbox_line(octets, at)) {
    at = line_end(octets, at);
    field = cut_field(octets, at);
  }
  for (; field; field = cut_field(octets, at)) {
    at = field->end;
    block.fields.push_back(*field);
  }
  block.fields_end = at;
  block.body = at + line_break_length(octets, at);
  return block;
}

Message::Message(std::string octets) : octets_(std::move(octets)), header_(cut_header(octets_)) {
  if (header_.fields.empty() || header_.fields_end < octets_.size() || octets_.ends_with('\n')) {
    return;
  }
  if (!octets_.ends_with('\r')) octets_ += '\r';
  octets_ += '\n';
  header_.fields.back().end = header_.fields_end = header_.body = octets_.size();
}

std::string_view Message::value(const Field& f) const {
  return without_line_end(octets().substr(f.value, f.end - f.value));
}

const Field* Message::find(std::string_view wanted) const {
  for (const Field& f : header_.fields) {
    if (equals_ignoring_case(name(f), wanted)) return &f;
  }
  return nullptr;
}

namespace {

bool has_crlf_only(std::string_view text) {
  std::size_t feeds = 0;
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return false;
    ++feeds;
  }
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\r')) == feeds;
}

/// Appends a piece that has no LF but at its end, every CR and LF of it as CRLF.
void append_crlf(std::string& out, std::string_view line) {
  for (auto end = line.find('\r'); end != std::string_view::npos; end = line.find('\r')) {
    out += line.substr(0, end);
    out += "\r\n";
    line.remove_prefix(end + (line.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  const bool ends = line.ends_with('\n');
  out += line.substr(0, line.size() - ends);
  if (ends) out += "\r\n";
}

}  // namespace

std::string to_crlf(std::string text) {
  if (has_crlf_only(text)) return text;
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, line_end(rest, 0));
    rest.remove_prefix(line.size());
    append_crlf(out, line);
  }
  return out;
}

std::string unfold(std::string_view value) {
  std::string out;
  for (;;) {
    const auto end = value.find_first_of("\r\n");
    out += value.substr(0, end);
    if (end == std::string_view::npos) break;
    out += ' ';
    value.remove_prefix(end + (value.substr(end).starts_with("\r\n") ? 2 : 1));
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  }
  out.erase(out.find_last_not_of(" \t") + 1);
  out.erase(0, std::min(out.find_first_not_of(" \t"), out.size()));
  return out;
}

std::string fold(std::string_view value, std::size_t indent) {
  std::string out;
  out.reserve(value.size() + value.size() / columns * 2 + 2);
  std::size_t taken = indent;  // columns of the line so far
  std::size_t begin = 0;       // what is not written yet
  while (begin < value.size()) {
    // One step is a run of blanks and the word behind it. Only the blank before the word can bear
    // a fold: unfolding makes exactly one space of it.
    const auto word = std::min(value.find_first_not_of(" \t", begin), value.size());
    const auto end = std::min(value.find_first_of(" \t", word), value.size());
    const bool can_fold = begin > 0 && word < value.size() && value[word - 1] == ' ';
    if (can_fold && taken + (end - begin) > columns) {
      out += value.substr(begin, word - 1 - begin);
      out += "\r\n";
      out += value.substr(word - 1, end - (word - 1));
      taken = end - (word - 1);
    } else {
      out += value.substr(begin, end - begin);
      taken += end - begin;
    }
    begin = end;
  }
  return out;
}

}  // namespace smtpapi
