#include "milter/ini.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || is_blank(line[i - 1]))) return line.substr(0, i);
  return line;
}

bool has_control_character(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

class Parser {
 public:
  void line(std::string_view text) {
    ++line_;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (line_ == 1 && text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    text = trim(text);
    if (text.empty() || text[0] == ';') return;
    text = trim(without_comment(text));
    if (text.empty()) return;
    if (has_control_character(text)) return mistake("a control character");
    if (text[0] == '[') return section(text);
    entry(text);
  }

  IniFile file;

 private:
  void section(std::string_view text) {
    if (text.back() != ']') return mistake("a section is written [name]");
    section_ = trim(text.substr(1, text.size() - 2));
    in_section_ = true;
  }

  void entry(std::string_view text) {
    const auto equals = text.find('=');
    const std::string_view key = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || key.empty())
      return mistake("expected 'key = value', '[section]' or a comment");
    if (!in_section_) return mistake("'" + printable(key) + "' stands before the first [section]");
    file.entries.push_back(
        {section_, std::string(key), std::string(trim(text.substr(equals + 1))), line_});
  }

  void mistake(std::string text) { file.mistakes.push_back({line_, std::move(text)}); }

  std::size_t line_ = 0;
  bool in_section_ = false;
  std::string section_;
};

}  // namespace

IniFile parse_ini(std::string_view text) {
  Parser parser;
  for (const std::string_view line : split(text, '\n')) parser.line(line);
  return std::move(parser.file);
}

}  // namespace smtpapi
