// The text of a configuration file, cut into keys and values that know their lines.
//
// We read it ourselves because Boost.Program_options ends a value at any "#" (LIB-49).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi {

struct IniEntry {
  std::string section;
  std::string key;
  std::string value;  ///< blanks at both ends gone; quotes stand as written
  std::size_t line = 0;
};

struct IniMistake {
  std::size_t line = 0;
  std::string text;
};

struct IniFile {
  std::vector<IniEntry> entries;  ///< in file order
  std::vector<IniMistake> mistakes;
};

/// Lines of `[section]`, `key = value`, blank ones and comments. "#" begins a comment at the start
/// of a line or after a blank, ";" only at the start of a line. Never fails as a whole: what can be
/// read is in `entries`, what cannot in `mistakes`.
IniFile parse_ini(std::string_view text);

}  // namespace smtpapi
