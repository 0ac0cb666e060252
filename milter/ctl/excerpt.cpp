#include "milter/ctl/excerpt.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "milter/ctl/output.h"
#include "smtpapi/field_octets.h"

namespace smtpapi::ctl {
namespace {

std::string_view without_front_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

/// "2" of "2/4 ..."; 0 when there is none.
long long part_number(std::string_view value) {
  const auto digits = value.substr(0, value.find('/'));
  return to_integer(digits).value_or(0);
}

bool is_continuation(char octet) { return (static_cast<unsigned char>(octet) & 0xC0) == 0x80; }

}  // namespace

std::vector<std::string_view> header_lines(const Message& message) {
  std::vector<std::pair<long long, std::string_view>> values;
  for (const Field& field : message.fields()) {
    const std::string_view name = message.name(field);
    const std::string_view value = without_front_blanks(message.value(field));
    if (equals_ignoring_case(name, part_name)) {
      values.emplace_back(part_number(value), value);
    } else if (equals_ignoring_case(name, header_name) && &field == message.find(header_name)) {
      values.emplace_back(0, value);
    }
  }
  std::stable_sort(values.begin(), values.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  std::vector<std::string_view> lines;
  for (const auto& [number, value] : values) {
    for (std::string_view line : split(value, '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      lines.push_back(line);
    }
  }
  return lines;
}

std::string excerpt(const std::vector<std::string_view>& lines, const Place& place,
                    std::size_t indent, std::size_t width) {
  if (place.line == 0 || place.line > lines.size() || place.column == 0) return {};
  const std::string_view line = lines[place.line - 1];
  const std::size_t at = place.column - 1;
  if (at > line.size()) return {};

  // Half of the window before the place, half behind it; octets, so it is never too wide.
  const std::size_t dots = 3, whole = width - indent, room = whole - 2 * dots;
  const bool fits = line.size() <= whole;
  std::size_t begin = fits || at <= room / 2 ? 0 : at - room / 2;
  std::size_t end = fits ? line.size() : std::min(line.size(), begin + room);
  if (!fits && end == line.size()) begin = line.size() - room;
  while (begin > 0 && is_continuation(line[begin])) --begin;
  while (end < line.size() && is_continuation(line[end])) --end;

  const auto clean = [](std::string_view text) {
    return shown(text, text.size() * 2);  // "?" is never longer than what it stands for
  };
  const std::string before = (begin > 0 ? "..." : "") + clean(line.substr(begin, at - begin));
  const std::string after =
      clean(line.substr(at, end - std::min(end, at))) + (end < line.size() ? "..." : "");
  const std::string margin(indent, ' ');
  return margin + before + after + '\n' + margin + std::string(columns(before), ' ') + "^\n";
}

}  // namespace smtpapi::ctl
