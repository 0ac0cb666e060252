#include "mail/parameters.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "mail/charset.h"

namespace smtpapi {

namespace {

/// A bare word or `name=value`, by offsets into the field value.
struct Item {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string word;  ///< the bare word or the parameter's name
  bool is_parameter = false;
  bool quoted = false;          ///< the parameter's value is
  std::size_t value_begin = 0;  ///< of a parameter; quotes included
  std::string value;
};

class Items {
 public:
  explicit Items(std::string_view text) : text_(text) {}

  std::optional<Item> next() {
    do {
      skip_blanks_and_comments();
    } while (skip(';') || skip('='));
    if (at_end()) return std::nullopt;
    Item item;
    item.begin = at_;
    item.word = peek() == '"' ? quoted_string() : token('=');
    item.end = at_;
    skip_blanks_and_comments();
    if (!skip('=')) return item;
    skip_blanks_and_comments();
    item.is_parameter = true;
    item.value_begin = at_;
    item.quoted = !at_end() && peek() == '"';
    item.value = item.quoted ? quoted_string() : token(';');
    item.end = at_;
    return item;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  bool skip(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks_and_comments() {
    for (std::size_t depth = 0; !at_end(); ++at_) {
      const char c = peek();
      if (c == '(') {
        ++depth;
      } else if (depth == 0) {
        if (!is_space(c)) return;
      } else if (c == ')') {
        --depth;
      } else if (c == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      }
    }
  }

  /// Up to a blank, ";", a comment or `stop`. Stray quotes are dropped.
  std::string token(char stop) {
    std::string out;
    for (; !at_end(); ++at_) {
      const char c = peek();
      if (is_space(c) || c == ';' || c == '(' || c == stop) break;
      if (c != '"') out += c;
    }
    return out;
  }

  /// Its text; line breaks in it are folds.
  std::string quoted_string() {
    std::string out;
    for (++at_; !at_end(); ++at_) {
      char c = peek();
      if (c == '"') {
        ++at_;
        break;
      }
      if (c == '\\' && at_ + 1 < text_.size()) c = text_[++at_];
      if (c != '\r' && c != '\n') out += c;
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// A parameter's name taken apart: `title*1*` is piece 1, extended, of `title` (RFC 2231 section 3
/// and 4); `title*` is piece 0.
struct Name {
  std::string base;
  bool plain = true;
  bool extended = false;
  long long piece = 0;
};

Name take_apart(std::string_view word) {
  const Name plain{to_lower(word)};
  const auto star = word.find('*');
  if (star == std::string_view::npos || star == 0) return plain;
  Name name{to_lower(word.substr(0, star)), false};
  auto rest = word.substr(star);
  if (rest.ends_with('*')) {
    name.extended = true;
    rest.remove_suffix(1);
  }
  if (rest.empty()) return name;
  const auto number = to_integer(rest.substr(1));
  if (!number || *number < 0) return plain;
  name.piece = *number;
  return name;
}

struct Piece {
  long long number;
  bool extended;
  std::string text;
};

struct Continued {
  std::size_t order;  ///< among the parameters, by its first piece
  std::vector<Piece> pieces;
};

std::string percent_decode(std::string_view text) {
  const auto digit = [&](std::size_t at) {
    const char c = at < text.size() ? to_lower(text[at]) : 'x';
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
      out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Nothing when piece 0 is missing.
std::optional<std::string> join(std::vector<Piece>& pieces) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.number < b.number; });
  if (pieces.front().number != 0) return std::nullopt;
  std::string charset;
  std::string out;
  long long wanted = 0;
  for (const Piece& piece : pieces) {
    if (piece.number < wanted) continue;  // a second one of that number
    if (piece.number > wanted) break;
    std::string_view text = piece.text;
    if (wanted == 0 && piece.extended) {  // charset'language'text
      const auto first = text.find('\'');
      const auto second = first == std::string_view::npos ? first : text.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = text.substr(0, first);
        text.remove_prefix(second + 1);
      }
    }
    out += piece.extended ? percent_decode(text) : text;
    ++wanted;
  }
  if (charset.empty()) return out;
  return to_utf8(out, charset).value_or(out);
}

}  // namespace

const std::string* ParameterizedValue::find(std::string_view name) const {
  for (const auto& [key, text] : parameters) {
    if (equals_ignoring_case(key, name)) return &text;
  }
  return nullptr;
}

ParameterizedValue parse_parameterized(std::string_view field_value) {
  ParameterizedValue out;
  std::map<std::string, Continued> continued;
  Items items(field_value);
  bool first = true;
  while (auto item = items.next()) {
    if (item->is_parameter) {
      Name name = take_apart(item->word);
      if (name.plain) {
        out.parameters.emplace_back(std::move(name.base), std::move(item->value));
      } else {
        auto& [order, pieces] = continued[name.base];
        if (pieces.empty()) {
          order = out.parameters.size();
          out.parameters.emplace_back(name.base, "");
        }
        pieces.push_back({name.piece, name.extended, std::move(item->value)});
      }
    } else if (first || out.value.ends_with('/') || item->word.starts_with('/')) {
      out.value += to_lower(item->word);  // RFC 822 allowed "text / html"
    }
    first = false;
  }
  std::vector<std::size_t> headless;
  for (auto& [name, parameter] : continued) {
    if (auto text = join(parameter.pieces)) {
      out.parameters[parameter.order].second = std::move(*text);
    } else {
      headless.push_back(parameter.order);
    }
  }
  if (!headless.empty()) {
    std::vector<std::pair<std::string, std::string>> kept;
    std::sort(headless.begin(), headless.end());
    for (std::size_t i = 0; i < out.parameters.size(); ++i) {
      if (!std::binary_search(headless.begin(), headless.end(), i)) {
        kept.push_back(std::move(out.parameters[i]));
      }
    }
    out.parameters = std::move(kept);
  }
  return out;
}

std::string with_charset(std::string_view field_value, std::string_view charset) {
  std::string out;
  std::size_t copied = 0;  // field_value is dealt with up to here
  const auto copy_to = [&](std::size_t end) {
    out += field_value.substr(copied, end - copied);
    copied = end;
  };
  std::size_t type_end = 0;  // 0: no type
  bool in_type = true;       // only words of the type so far
  bool replaced = false;
  Items items(field_value);
  while (const auto item = items.next()) {
    if (!item->is_parameter) {
      if (in_type) type_end = item->end;
      continue;
    }
    in_type = false;
    const Name name = take_apart(item->word);
    if (name.base != "charset") continue;
    copy_to(item->begin);
    if (name.plain) {
      copy_to(item->value_begin);
    } else {
      out += "charset=";
    }
    if (item->quoted) out += '"';
    out += charset;
    if (item->quoted) out += '"';
    copied = item->end;
    replaced = true;
  }
  copy_to(field_value.size());
  if (replaced) return out;
  const std::string added = "; charset=" + std::string(charset);
  if (type_end > 0) return out.insert(type_end, added);
  return " text/plain" + added + out;
}

}  // namespace smtpapi
