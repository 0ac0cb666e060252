#include "smtpapi/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.h"
#include "smtpapi/json_scan.h"

namespace smtpapi::json {
namespace {

/// Behind the string whose opening quote is at `at`. The text is known to be well-formed, here and
/// below.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at;;) {
    at = find_special(text, at);
    if (text[at] == '"') return at + 1;
    at += text[at] == '\\' ? 2 : 1;
  }
}

bool is_scalar_end(char c) { return c == ',' || c == ']' || c == '}' || is_json_space(c); }

constexpr auto structural = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : std::string_view("\"[]{}")) table[c] = true;
  return table;
}();

std::size_t skip_container(std::string_view text, std::size_t at) {
  for (std::size_t depth = 0;;) {
    while (!structural[static_cast<unsigned char>(text[at])]) ++at;
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '[' || c == '{') {
      ++depth;
    } else if (--depth == 0) {
      return at;
    }
  }
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] == '{' || text[at] == '[') return skip_container(text, at);
  while (at < text.size() && !is_scalar_end(text[at])) ++at;
  return at;
}

/// The escape at `at` (a backslash) goes to `out`; the result is the offset behind it.
std::size_t append_escaped(std::string& out, std::string_view text, std::size_t at) {
  switch (const char c = text[at + 1]) {
    case 'b':
      out += '\b';
      return at + 2;
    case 'f':
      out += '\f';
      return at + 2;
    case 'n':
      out += '\n';
      return at + 2;
    case 'r':
      out += '\r';
      return at + 2;
    case 't':
      out += '\t';
      return at + 2;
    case 'u': {
      const UnicodeEscape escape = read_unicode_escape(text, at);
      append_utf8(out, escape.code_point == 0 ? 0xFFFD : escape.code_point);
      return at + escape.length;
    }
    default:
      out += c;  // quote, backslash, slash
      return at + 2;
  }
}

/// What a string literal says, quotes included.
std::string decode_string(std::string_view literal) {
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  std::size_t at = find_special(inside, 0);
  std::string out(inside.substr(0, at));
  if (at == inside.size()) return out;
  out.reserve(inside.size());
  while (at < inside.size()) {
    if (inside[at] == '\\') {
      at = append_escaped(out, inside, at);
    } else {
      out += ' ';  // a raw control character (HDR-12)
      ++at;
    }
    const std::size_t next = find_special(inside, at);
    out.append(inside, at, next - at);
    at = next;
  }
  return out;
}

}  // namespace

std::string_view describe(Kind kind) {
  constexpr std::array<std::string_view, 6> names = {"null",     "a boolean", "a number",
                                                     "a string", "an array",  "an object"};
  return names[static_cast<std::size_t>(kind)];
}

Kind Value::kind() const {
  switch (source_[begin_]) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return Kind::number;
  }
}

std::string Value::text() const {
  return is(Kind::string) ? decode_string(literal()) : std::string(literal());
}

Items::Items(const Value& container) {
  if (!container.is(Kind::array) && !container.is(Kind::object)) return;
  value_.source_ = container.source_;
  at_ = container.begin_ + 1;
  end_ = container.end_;
  ++*this;
}

Items& Items::operator++() {
  const std::string_view text = value_.source_;
  const auto separates = [](char c) { return c == ',' || c == ':' || is_json_space(c); };
  while (at_ < end_ && separates(text[at_])) ++at_;
  done_ = at_ == end_ || text[at_] == ']' || text[at_] == '}';
  if (!done_) {
    value_.begin_ = at_;
    at_ = value_.end_ = skip_value(text, at_);
  }
  return *this;
}

std::vector<Member> members(const Value& object) {
  std::vector<Member> all;
  if (!object.is(Kind::object)) return all;
  bool is_key = true;
  for (const Value& item : Items(object)) {
    if (is_key) {
      all.push_back({item.text(), item.offset(), {}, false});
    } else {
      all.back().value = item;
    }
    is_key = !is_key;
  }

  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all[a].key < all[b].key; });
  bool some_repeated = false;
  std::vector<bool> overridden(all.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (all[order[i - 1]].key != all[order[i]].key) continue;
    overridden[order[i - 1]] = all[order[i]].repeated = some_repeated = true;
  }
  if (!some_repeated) return all;
  std::vector<Member> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!overridden[i]) kept.push_back(std::move(all[i]));
  }
  return kept;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = find_special(text, at);
    out.append(text, at, next - at);
    at = next;
    if (at == text.size()) break;
    constexpr std::string_view short_ones = "\"\\\b\f\n\r\t";
    const char c = text[at++];
    if (const auto found = short_ones.find(c); found != std::string_view::npos) {
      out += {'\\', "\"\\bfnrt"[found]};
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  out += '"';
}

void append_compact(std::string& out, const Value& value) {
  const std::string_view text = value.literal();
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::size_t end = skip_string(text, at);
      append_string(out, decode_string(text.substr(at, end - at)));
      at = end;
    } else {
      if (!is_json_space(text[at])) out += text[at];
      ++at;
    }
  }
}

}  // namespace smtpapi::json
