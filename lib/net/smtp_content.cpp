#include "net/smtp_content.h"

#include <algorithm>

namespace smtpapi {
namespace {

constexpr std::size_t max_spans = 512;

void add(std::vector<iovec>& out, std::string_view text) {
  if (!text.empty()) out.push_back({const_cast<char*>(text.data()), text.size()});
}

}  // namespace

bool SmtpContent::next(std::vector<iovec>& out) {
  out.clear();
  while (out.size() + 4 <= max_spans) {
    if (!rest_.empty()) {
      take_run(out);
    } else if (!pieces_.empty()) {
      rest_ = pieces_.front();
      pieces_ = pieces_.subspan(1);
      cr_is_known_ = false;
    } else {
      finish(out);
      return false;
    }
  }
  return true;
}

/// Hands out the longest start of rest_ that can stand as it is, with what must be added around it.
void SmtpContent::take_run(std::vector<iovec>& out) {
  if (after_cr_ && rest_.front() != '\n') {
    add(out, "\n");
    after_cr_ = false;
    at_line_start_ = true;
  }
  if (at_line_start_ && rest_.front() == '.') add(out, ".");

  // The first `size` octets go out, then `line_end`; `skipped` octets behind them do not.
  const auto cut = [&](std::size_t size, bool ends_line, std::string_view line_end = {},
                       std::size_t skipped = 0) {
    add(out, rest_.substr(0, size));
    add(out, line_end);
    at_line_start_ = ends_line;
    rest_.remove_prefix(size + skipped);
    cr_is_known_ = cr_is_known_ && cr_ >= size + skipped;
    if (cr_is_known_) cr_ -= size + skipped;
  };

  // An LF that begins a piece may end the CRLF that began in the piece before.
  std::size_t line = after_cr_ ? 1 : 0;
  bool is_line_start = after_cr_;
  after_cr_ = false;
  for (;;) {
    if (line == rest_.size()) return cut(line, true);
    if (is_line_start && rest_[line] == '.') return cut(line, true);

    // The next CR is looked for once, however many bare LF stand before it.
    if (!cr_is_known_ || cr_ < line) {
      cr_ = std::min(rest_.find('\r', line), rest_.size());
      cr_is_known_ = true;
    }
    const std::size_t lf = rest_.substr(line, cr_ - line).find('\n');
    if (lf != rest_.npos) return cut(line + lf, true, "\r\n", 1);
    if (cr_ == rest_.size()) return cut(cr_, false);
    if (cr_ + 1 == rest_.size()) {
      after_cr_ = true;
      return cut(cr_ + 1, false);
    }
    if (rest_[cr_ + 1] != '\n') return cut(cr_ + 1, true, "\n");
    line = cr_ + 2;
    is_line_start = true;
  }
}

void SmtpContent::finish(std::vector<iovec>& out) {
  if (after_cr_) {
    add(out, "\n");
  } else if (!at_line_start_) {
    add(out, "\r\n");
  }
  add(out, ".\r\n");
}

}  // namespace smtpapi
