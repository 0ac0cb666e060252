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

void HeaderText::begin_line(std::size_t skipped) {
  lines_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(skipped)});
}

void HeaderText::append(std::string_view raw, std::size_t lines_before, std::size_t octets_before) {
  ++fields_;
  for (; lines_before > 0; --lines_before) begin_line(0);
  begin_line(octets_before);
  text_.reserve(text_.size() + raw.size());
  while (!raw.empty()) {
    if (in_fold_) {
      const std::size_t blanks = std::min(raw.find_first_not_of(" \t"), raw.size());
      lines_.back().skipped += static_cast<std::uint32_t>(blanks);
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
    begin_line(0);
    in_fold_ = true;
  }
}

Place HeaderText::place(std::size_t offset) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), offset,
                       [](std::size_t wanted, const Line& line) { return wanted < line.begin; });
  if (after == lines_.begin()) return {1, offset + 1};  // nothing was appended
  const Line& line = *(after - 1);
  return {static_cast<std::size_t>(after - lines_.begin()), line.skipped + offset - line.begin + 1};
}

bool is_header_of_ours(std::string_view field_name) {
  return equals_ignoring_case(field_name, header_name) ||
         equals_ignoring_case(field_name, part_name);
}

}  // namespace smtpapi
