#include "mail/codec.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace smtpapi {
namespace {

std::size_t octet(char c) { return static_cast<unsigned char>(c); }

constexpr std::size_t soft_limit = 75;  ///< columns before a soft break
constexpr std::size_t hard_limit = 76;  ///< columns before a line end

/// True for what may stand for itself inside a line.
struct LiteralTable {
  std::array<bool, 256> at{};
  constexpr LiteralTable() {
    for (int c = ' '; c <= '~'; ++c) at[static_cast<std::size_t>(c)] = c != '=';
    at['\t'] = true;
  }
};
constexpr LiteralTable literal;

bool is_literal(char c) { return literal.at[octet(c)]; }
bool is_tab_or_space(char c) { return c == ' ' || c == '\t'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Octets of the line end at `i`: 2, 1, or 0 when there is none.
std::size_t line_end_size(std::string_view text, std::size_t i) {
  if (i < text.size() && text[i] == '\n') return 1;
  return i + 1 < text.size() && text[i] == '\r' && text[i + 1] == '\n' ? 2 : 0;
}

/// Builds one output line at a time: small writes go to the stack, `out` grows once a line.
class QuotedPrintableLine {
 public:
  explicit QuotedPrintableLine(std::string& out) : out_(out) {}

  /// Octets that stand for themselves. `last`: a line end follows them.
  void add_literals(std::string_view run, bool last) {
    while (!run.empty()) {
      std::size_t room = soft_limit - column_;
      if (last && column_ + run.size() <= hard_limit) room = run.size();
      if (room == 0) {
        soft_break();
        continue;
      }
      const std::string_view piece = run.substr(0, room);
      std::memcpy(line_.data() + column_, piece.data(), piece.size());
      column_ += piece.size();
      run.remove_prefix(piece.size());
    }
  }

  void add_escaped(char c, bool last) {
    constexpr char digits[] = "0123456789ABCDEF";
    if (column_ + 3 > (last ? hard_limit : soft_limit)) soft_break();
    line_[column_++] = '=';
    line_[column_++] = digits[octet(c) >> 4];
    line_[column_++] = digits[octet(c) & 15];
  }

  void end_line() { finish("\r\n"); }
  void end_text() { finish(""); }

 private:
  void soft_break() { finish("=\r\n"); }

  void finish(std::string_view ending) {
    std::memcpy(line_.data() + column_, ending.data(), ending.size());
    out_.append(line_.data(), column_ + ending.size());
    column_ = 0;
  }

  std::string& out_;
  std::array<char, hard_limit + 3> line_;
  std::size_t column_ = 0;
};

}  // namespace

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    // Everything up to the next "=", line end or blank run that may stand before one.
    std::size_t run = i;
    while (run < text.size() && text[run] != '=' && text[run] != '\n') ++run;
    std::string_view piece = text.substr(i, run - i);
    i = run;
    if (run == text.size() || text[run] == '\n') {
      const bool crlf = run < text.size() && !piece.empty() && piece.back() == '\r';
      if (crlf) piece.remove_suffix(1);
      while (!piece.empty() && is_tab_or_space(piece.back())) piece.remove_suffix(1);
      out += piece;
      if (crlf) out += '\r';
      if (run < text.size()) out += text[i++];
      continue;
    }
    out += piece;

    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 3;
      continue;
    }
    std::size_t after = i + 1;
    while (after < text.size() && is_tab_or_space(text[after])) ++after;
    const std::size_t line_end = line_end_size(text, after);
    if (line_end > 0 || after == text.size()) {
      i = after + line_end;
    } else {
      out += text[i++];
    }
  }
  return out;
}

void append_quoted_printable(std::string& out, std::string_view text) {
  QuotedPrintableLine line(out);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  bool at_line_start = true;
  for (const char* p = begin; p != end;) {
    const char* q = p;
    while (q != end && is_literal(*q)) ++q;

    const bool crlf = end - q >= 2 && q[0] == '\r' && q[1] == '\n';
    const bool last = crlf || q == end;
    if (p != q) {
      std::string_view run(p, static_cast<std::size_t>(q - p));
      if (last && is_tab_or_space(run.back())) {
        run.remove_suffix(1);
        line.add_literals(run, false);
        line.add_escaped(q[-1], true);
      } else if (last && at_line_start && run == ".") {
        line.add_escaped('.', true);
      } else {
        line.add_literals(run, last);
      }
      at_line_start = false;
    }
    if (crlf) {
      line.end_line();
      at_line_start = true;
      p = q + 2;
    } else if (q != end) {
      const bool before_line_end = end - q == 1 || (end - q >= 3 && q[1] == '\r' && q[2] == '\n');
      line.add_escaped(*q, before_line_end);
      at_line_start = false;
      p = q + 1;
    } else {
      p = q;
    }
  }
  line.end_text();
}

}  // namespace smtpapi
