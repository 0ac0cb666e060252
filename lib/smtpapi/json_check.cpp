// The grammar of RFC 8259: is a text JSON, and if not, what stands where something else should.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "smtpapi/json.h"
#include "smtpapi/json_scan.h"

namespace smtpapi::json {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}
  Reading run();

 private:
  /// The member or array element that is being read, for remarks.
  struct Path {
    const Path* up = nullptr;
    std::string_view key;   ///< of a member, as written, with quotes
    std::size_t index = 0;  ///< of an element, when there is no key
    std::size_t depth = 0;
  };

  bool value(const Path& path);
  bool object(const Path& path);
  bool array(const Path& path);
  bool number();
  bool string();
  bool escape();
  bool word(std::string_view word);

  bool ends() const { return at_ == text_.size(); }
  bool accept(char c) { return !ends() && text_[at_] == c && ++at_; }
  bool digits() {
    const std::size_t begin = at_;
    while (!ends() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }
  void skip_space() {
    while (!ends() && is_json_space(text_[at_])) ++at_;
  }
  void note(Mended& mended) const {
    if (mended.count++ == 0) mended.first = at_;
  }

  /// Always false, so that it can be returned.
  bool fail(std::string_view expected, std::string_view help = {});
  std::string found() const;
  std::string_view hint() const;
  static std::string describe_path(const Path& path);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t complete_ = 0;  ///< end of the last member of the outermost object
  Reading reading_;
};

/// "entry 4 of 'sub.-name-'": counted from 1, as people do.
std::string Checker::describe_path(const Path& path) {
  std::string out;
  const Path* step = &path;
  for (int pieces = 0; step->depth > 0 && pieces < 4; ++pieces) {
    if (!out.empty()) out += " of ";
    if (step->key.empty()) {
      out += fmt::format("entry {}", step->index + 1);
      step = step->up;
      continue;
    }
    std::string keys;
    for (; step->depth > 0 && !step->key.empty(); step = step->up) {
      const std::string key = printable(Value(step->key, 0, step->key.size()).text(), 60);
      keys = keys.empty() ? key : key + '.' + keys;
    }
    out += '\'' + printable(keys, 100) + '\'';
  }
  return out;
}

std::string Checker::found() const {
  if (ends()) return "the end of the text";
  const std::string_view rest = text_.substr(at_, 24);
  const auto is_wordy = [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_';
  };
  std::size_t length = 1;
  if (rest[0] == '"') {
    length = std::min(rest.find('"', 1), rest.size() - 1) + 1;
    return printable(rest.substr(0, length), 30);
  }
  if (is_wordy(rest[0])) {
    while (length < rest.size() && is_wordy(rest[length])) ++length;
  } else {  // the rest of its character
    while (length < rest.size() && (rest[length] & 0xC0) == 0x80) ++length;
  }
  return '"' + printable(rest.substr(0, length), 30) + '"';
}

/// What people take for JSON.
std::string_view Checker::hint() const {
  const std::string_view rest = text_.substr(at_);
  if (rest.empty()) return "";
  const auto last = text_.substr(0, at_).find_last_not_of(" \t\r\n");
  const bool behind_comma = last != std::string_view::npos && text_[last] == ',';
  switch (rest[0]) {
    case '\'':
      return ": JSON strings take double quotes";
    case '/':
    case '#':
      return ": JSON has no comments";
    case '=':
      return ": left over from quoted-printable or an encoded word";
    case '}':
    case ']':
      return behind_comma ? ": one comma too many" : "";
    case '\xEF':
      return rest.substr(0, 3) == "\xEF\xBB\xBF" ? ": a byte order mark" : "";
    default:
      break;
  }
  for (const std::string_view slip :
       {"True", "False", "None", "Null", "NULL", "NaN", "undefined"}) {
    if (rest.substr(0, slip.size()) == slip) return ": JSON has true, false and null";
  }
  return "";
}

bool Checker::fail(std::string_view expected, std::string_view help) {
  reading_.error = {at_, fmt::format("expected {}, found {}{}", expected, found(), help), ends()};
  return false;
}

bool Checker::word(std::string_view word) {
  if (text_.substr(at_, word.size()) == word) {
    at_ += word.size();
    return true;
  }
  if (word.substr(0, text_.size() - at_) == text_.substr(at_)) at_ = text_.size();  // cut short
  return fail(word);
}

bool Checker::number() {
  accept('-');
  if (accept('0')) {
    const std::size_t behind_zero = at_;
    if (digits()) {
      at_ = behind_zero;
      return fail("a number without leading zeros");
    }
  } else if (!digits()) {
    return fail("a digit");
  }
  if (accept('.') && !digits()) return fail("a digit behind the decimal point");
  if (accept('e') || accept('E')) {
    accept('+') || accept('-');
    if (!digits()) return fail("a digit of the exponent");
  }
  return true;
}

bool Checker::escape() {
  if (at_ + 1 == text_.size()) {
    ++at_;
    return fail("a character behind the backslash");
  }
  if (text_[at_ + 1] != 'u') {
    if (std::string_view("\"\\/bfnrt").find(text_[at_ + 1]) == std::string_view::npos) {
      ++at_;
      return fail("one of \" \\ / b f n r t u behind the backslash");
    }
    at_ += 2;
    return true;
  }
  const UnicodeEscape escape = read_unicode_escape(text_, at_);
  if (escape.length == 0) {
    at_ = std::min(text_.find_first_not_of("0123456789abcdefABCDEF", at_ + 2), text_.size());
    return fail("four hexadecimal digits behind \\u");
  }
  if (escape.is_half_pair()) note(reading_.half_pairs);
  if (escape.code_point == 0) note(reading_.nuls);
  at_ += escape.length;
  return true;
}

bool Checker::string() {
  const std::size_t begin = at_++;
  for (;;) {
    at_ = find_special(text_, at_);
    if (ends()) {
      const std::string start = printable(text_.substr(begin, 24), 30);
      return fail(fmt::format("'\"' to end the string that begins with {}", start));
    }
    if (accept('"')) return true;
    if (text_[at_] == '\\') {
      if (!escape()) return false;
    } else {
      note(reading_.controls);
      ++at_;
    }
  }
}

bool Checker::array(const Path& path) {
  ++at_;
  skip_space();
  if (accept(']')) return true;
  Path item{&path, {}, 0, path.depth + 1};
  for (;; ++item.index) {
    if (!value(item)) return false;
    skip_space();
    if (accept(']')) return true;
    if (!accept(',')) return fail("',' or ']' after " + describe_path(item), hint());
    skip_space();
  }
}

bool Checker::object(const Path& path) {
  const bool outermost = path.depth == 0;
  ++at_;
  if (outermost) complete_ = at_;
  skip_space();
  if (accept('}')) return true;
  Path member{&path, {}, 0, path.depth + 1};
  for (;;) {
    if (ends() || text_[at_] != '"') return fail("a key in double quotes", hint());
    const std::size_t begin = at_;
    if (!string()) return false;
    member.key = text_.substr(begin, at_ - begin);
    skip_space();
    if (!accept(':')) return fail("':' after the key " + describe_path(member), hint());
    skip_space();
    if (!value(member)) return false;
    const std::size_t end = at_;
    skip_space();
    // At the end of the text a number may have lost digits: it does not count as complete.
    if (outermost && !(ends() && text_[end - 1] >= '0' && text_[end - 1] <= '9')) complete_ = end;
    if (accept('}')) return true;
    if (!accept(',')) return fail("',' or '}' after the value of " + describe_path(member), hint());
    skip_space();
  }
}

bool Checker::value(const Path& path) {
  const char c = ends() ? '\0' : text_[at_];
  if ((c == '{' || c == '[') && path.depth == max_depth) {
    reading_.error = {at_, fmt::format("nested deeper than {} levels", max_depth), false};
    return false;
  }
  switch (c) {
    case '{':
      return object(path);
    case '[':
      return array(path);
    case '"':
      return string();
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      if (c == '-' || (c >= '0' && c <= '9')) return number();
      if (path.depth == 0) return fail("an object in braces", hint());
      return fail("a value for " + describe_path(path), hint());
  }
}

Reading Checker::run() {
  skip_space();
  const std::size_t begin = at_;
  if (value({})) {
    reading_.value = Value(text_, begin, at_);
    skip_space();
    if (!ends()) fail("the end of the text behind the value", hint());
  } else if (complete_ > 0) {
    reading_.value = Value(text_.substr(0, complete_), begin, complete_);
  }
  return std::move(reading_);
}

Reading read(std::string_view text) { return Checker(text).run(); }

}  // namespace smtpapi::json
