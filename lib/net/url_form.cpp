#include "net/url_form.h"

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_fields = 200;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The value of parameter `name` in "type; a=b; c=\"d\"": enough for boundaries and field names,
/// which hold no quotes.
std::string_view parameter(std::string_view value, std::string_view name) {
  const auto pieces = split(value, ';');
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::string_view piece = trim(pieces[i]);
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos ||
        !equals_ignoring_case(trim(piece.substr(0, equals)), name)) {
      continue;
    }
    std::string_view found = trim(piece.substr(equals + 1));
    if (found.size() >= 2 && found.front() == '"' && found.back() == '"') {
      found = found.substr(1, found.size() - 2);
    }
    return found;
  }
  return {};
}

/// Takes the first line off `text`, without its CRLF or LF.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// One part: its header, an empty line, its value.
void add_part(FormFields& out, std::string_view part) {
  std::string_view name;
  bool is_file = false;
  while (!part.empty()) {
    const std::string_view line = take_line(part);
    if (line.empty()) break;
    if (!starts_with_ignoring_case(line, "Content-Disposition:")) continue;
    name = parameter(line, "name");
    is_file = !parameter(line, "filename").empty();
  }
  if (part.ends_with('\n')) part.remove_suffix(1);  // belongs to the delimiter
  if (part.ends_with('\r')) part.remove_suffix(1);
  if (!name.empty() && !is_file) out.emplace_back(name, part);
}

std::optional<FormFields> parse_multipart(std::string_view boundary, std::string_view body) {
  if (boundary.empty() || boundary.size() > 70) return std::nullopt;
  const std::string delimiter = "--" + std::string(boundary);
  auto at = body.find(delimiter);
  if (at == std::string_view::npos) return std::nullopt;
  FormFields out;
  while (out.size() < max_fields) {
    body.remove_prefix(at + delimiter.size());
    if (body.starts_with("--")) break;
    take_line(body);
    at = body.find(delimiter);
    if (at == std::string_view::npos) break;
    add_part(out, body.substr(0, at));
  }
  return out;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text, PlusMeans plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusMeans::blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

FormFields parse_url_form(std::string_view text) {
  FormFields out;
  while (!text.empty() && out.size() < max_fields) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = decode_percent(pair.substr(0, equals), PlusMeans::blank);
    auto value = equals == std::string_view::npos
                     ? std::string()
                     : decode_percent(pair.substr(equals + 1), PlusMeans::blank);
    if (name && value) out.emplace_back(*std::move(name), *std::move(value));
  }
  return out;
}

std::optional<FormFields> parse_form(std::string_view content_type, std::string_view body) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  if (type.empty() || equals_ignoring_case(type, "application/x-www-form-urlencoded")) {
    while (!body.empty() && is_space(body.back())) body.remove_suffix(1);
    return parse_url_form(body);
  }
  if (equals_ignoring_case(type, "multipart/form-data")) {
    return parse_multipart(parameter(content_type, "boundary"), body);
  }
  return std::nullopt;
}

std::optional<std::string_view> find_field(const FormFields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace smtpapi
