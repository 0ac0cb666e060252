// Text for people: aligned columns, local times, nothing in it that a terminal would obey.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace smtpapi::ctl {

/// What came from outside, fit for a terminal: control characters (C1 and those that turn the
/// direction of writing included) and invalid UTF-8 appear as "?"; at most `limit` octets, cut
/// between characters with "..." added.
std::string shown(std::string_view text, std::size_t limit = 200);

/// Characters (code points) of UTF-8 text: its columns, wide characters apart.
std::size_t columns(std::string_view text);

/// Rows of cells, each column as wide as its widest cell, two blanks between. The last column is
/// not padded, so that it may run on.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
    std::size_t at_least = 0;  ///< width, so that the pages of one listing are alike
  };
  explicit Table(std::vector<Column> head) : head_(std::move(head)) {}

  void add(std::vector<std::string> cells) { rows_.push_back({std::move(cells), {}}); }
  /// A line of its own below the last row, under its last column.
  void note(std::string text) { rows_.back().note = std::move(text); }

  enum class Titles { shown, left_out };
  std::string text(Titles titles = Titles::shown) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string note;
  };
  std::vector<Column> head_;
  std::vector<Row> rows_;
};

/// "2026-11-21 09:30:00" in local time ($TZ).
std::string local_time(Time time);
/// "in 3 h 20 min", "5 s ago", "now": the two largest units that matter.
std::string relative_time(Time time, Time now);

/// 9995 -> "9,995"
std::string grouped(std::size_t number);
/// "1 copy", "3 copies", "9,995 copies"
std::string counted(std::size_t number, std::string_view one, std::string_view many);

/// `text` broken at blanks into lines of at most `width` columns, where a blank allows it; lines
/// behind the first begin with `indent` blanks, which count. No final line end.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 79);

}  // namespace smtpapi::ctl
