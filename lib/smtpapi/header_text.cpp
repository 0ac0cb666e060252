#include "smtpapi/header_text.h"

#include <algorithm>

#include "base/text.h"
#include "smtpapi/field_octets.h"

namespace smtpapi {

namespace {

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

}  // namespace

HeaderText HeaderText::from_value(std::string_view raw) {
  HeaderText text;
  text.longest_field = header_name.size() + 1 + octets_as_counted(raw);
  while (!raw.empty() && is_blank(raw.front())) raw.remove_prefix(1);
  text.append(raw, 0, 0);
  return text;
}

void HeaderText::append(std::string_view raw, std::size_t lines_before, std::size_t octets_before) {
  ++fields_;
  const std::size_t last = lines_.empty() ? 0 : lines_.back().number;
  lines_.push_back({text_.size(), last + 1 + lines_before, octets_before});
  text_.reserve(text_.size() + raw.size());
  while (!raw.empty()) {
    if (in_fold_) {
      const std::size_t blanks = std::min(raw.find_first_not_of(" \t"), raw.size());
      lines_.back().skipped += blanks;
      raw.remove_prefix(blanks);
      if (raw.empty()) return;
      in_fold_ = false;
    }
    const auto end = std::find_if(raw.begin(), raw.end(), is_line_end);
    const auto length = static_cast<std::size_t>(end - raw.begin());
    text_ += raw.substr(0, length);
    raw.remove_prefix(length);
    if (raw.empty()) return;
    raw.remove_prefix(raw.starts_with("\r\n") ? 2 : 1);
    text_ += ' ';
    lines_.push_back({text_.size(), lines_.back().number + 1, 0});
    in_fold_ = true;
  }
}

Place HeaderText::place(std::size_t offset) const {
  if (lines_.empty()) return {1, offset + 1};
  const auto after =
      std::upper_bound(lines_.begin() + 1, lines_.end(), offset,
                       [](std::size_t wanted, const Line& line) { return wanted < line.begin; });
  const Line& line = *(after - 1);
  return {line.number, line.skipped + offset - line.begin + 1};
}

bool is_header_of_ours(std::string_view field_name) {
  return equals_ignoring_case(field_name, header_name) ||
         equals_ignoring_case(field_name, part_name);
}

}  // namespace smtpapi
