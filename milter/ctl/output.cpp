#include "milter/ctl/output.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

/// UTF-8 of characters that printable() lets through but a terminal would obey: U+0080 to U+009F,
/// and the marks that turn the direction of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to
/// U+2069) or break lines (U+2028, U+2029).
std::size_t obeyed_by_terminals(std::string_view text) {
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  if (octet(0) == 0xC2 && octet(1) >= 0x80 && octet(1) <= 0x9F) return 2;
  if (octet(0) != 0xE2) return 0;
  const unsigned low = octet(2);
  if (octet(1) == 0x80 && (low == 0x8E || low == 0x8F || (low >= 0xA8 && low <= 0xAE))) return 3;
  if (octet(1) == 0x81 && low >= 0xA6 && low <= 0xA9) return 3;
  return 0;
}

void pad(std::string& out, std::string_view cell, std::size_t width, Table::Align align) {
  const std::size_t blanks = width - std::min(width, columns(cell));
  if (align == Table::Align::right) out.append(blanks, ' ');
  out += cell;
  if (align == Table::Align::left) out.append(blanks, ' ');
}

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  const std::string clean = printable(text, limit);
  std::string out;
  for (std::size_t i = 0; i < clean.size();) {
    const std::size_t length = obeyed_by_terminals(std::string_view(clean).substr(i));
    out.push_back(length ? '?' : clean[i]);
    i += length ? length : 1;
  }
  return out;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Table::text(Titles titles) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < head_.size(); ++i) {
    std::size_t width = std::max(head_[i].at_least, columns(head_[i].title));
    for (const Row& row : rows_) width = std::max(width, columns(row.cells[i]));
    widths.push_back(width);
  }
  std::size_t last_column = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) last_column += widths[i] + 2;

  std::string out;
  const auto line = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < head_.size(); ++i) {
      const bool last = i + 1 == head_.size();
      const std::size_t width = last && head_[i].align == Align::left ? 0 : widths[i];
      pad(out, cell_of(i), width, head_[i].align);
      if (!last) out += "  ";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  if (titles == Titles::shown) line([&](std::size_t i) { return head_[i].title; });
  for (const Row& row : rows_) {
    line([&](std::size_t i) { return row.cells[i]; });
    if (!row.note.empty()) out += std::string(last_column, ' ') + row.note + '\n';
  }
  return out;
}

std::string local_time(Time time) {
  const auto seconds = static_cast<time_t>(to_unix(time));
  struct tm parts {};
  char text[64];
  if (!localtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts))
    return fmt::format("{} (Unix seconds)", to_unix(time));
  return text;
}

std::string relative_time(Time time, Time now) {
  const std::int64_t difference = (time - now).count();
  if (difference == 0) return "now";
  const auto left = static_cast<std::uint64_t>(std::llabs(difference));
  const struct {
    std::uint64_t length;
    std::string_view name;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

  std::string text;
  for (std::size_t i = 0; i < std::size(units); ++i) {
    if (left < units[i].length) continue;
    text = fmt::format("{} {}", left / units[i].length, units[i].name);
    if (i + 1 < std::size(units)) {
      const std::uint64_t rest = left % units[i].length / units[i + 1].length;
      if (rest) text += fmt::format(" {} {}", rest, units[i + 1].name);
    }
    break;
  }
  return difference > 0 ? "in " + text : text + " ago";
}

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = 3; i < text.size(); i += 4) text.insert(text.size() - i, 1, ',');
  return text;
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : words(text)) {
    const std::size_t length = columns(word);
    if (!out.empty() && column + 1 + length > width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
  }
  return out;
}

}  // namespace smtpapi::ctl
