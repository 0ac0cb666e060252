#include "render/body.h"

#include <algorithm>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/codec.h"

namespace smtpapi {
namespace {

constexpr std::size_t line_limit = 998;  // MIME-3: lines stay under it (RFC 5322 2.1.1)

bool is_raw(TransferEncoding encoding) {
  return encoding == TransferEncoding::seven_bit || encoding == TransferEncoding::eight_bit ||
         encoding == TransferEncoding::binary;
}

bool says_utf8(std::string_view charset) {
  return equals_ignoring_case(charset, "utf-8") || equals_ignoring_case(charset, "utf8");
}

bool says_ascii(std::string_view charset) {
  return charset.empty() || equals_ignoring_case(charset, "us-ascii") ||
         equals_ignoring_case(charset, "ascii");
}

/// Longest line, line ends not counted, is under the limit.
bool lines_fit(std::string_view text) {
  while (text.size() >= line_limit) {
    // The last line end that still lets this line fit.
    const auto end = text.substr(0, line_limit + 1).rfind('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

/// By a quarter, and enough to be worth that a person can no longer read the text.
bool base64_is_clearly_shorter(std::string_view octets) {
  constexpr std::size_t worth = 100;
  std::size_t escaped = 0;
  for (const char c : octets) escaped += static_cast<unsigned char>(c) >= 0x7F || c == '=';
  const std::size_t quoted = octets.size() + 2 * escaped;
  const std::size_t base64 = octets.size() / 3 * 4;
  return quoted > base64 + base64 / 4 + worth;
}

}  // namespace

std::optional<DecodedPart> decode_part(const TextPart& part, std::string_view content) {
  std::string octets;
  if (is_raw(part.encoding)) {
    octets = content;
  } else if (part.encoding == TransferEncoding::quoted_printable) {
    octets = decode_quoted_printable(content);
  } else if (part.encoding == TransferEncoding::base64) {
    octets = decode_base64(content);
  } else {
    return std::nullopt;
  }
  // A part that says UTF-8 but is not keeps its octets: tags are found in them all the same.
  if (says_utf8(part.charset)) return DecodedPart{std::move(octets), ""};
  if (says_ascii(part.charset)) {
    if (is_utf8(octets)) return DecodedPart{std::move(octets), ""};
    return DecodedPart{to_utf8(octets, guess_charset(octets)).value_or(octets), ""};
  }
  std::optional<std::string> text = to_utf8(octets, part.charset);
  if (!text) return std::nullopt;
  return DecodedPart{*std::move(text), part.charset};
}

BodyTemplate::BodyTemplate(const TextPart& part, const DecodedPart& decoded, BodyText text,
                           bool ends_with_break, const LinkRules& rules, const TagTable& table)
    : filtered_(text.changed),
      text_(std::move(text), rules, table),
      boundaries_(part.boundaries),
      encoding_(part.encoding),
      charset_(decoded.charset),
      says_utf8_(says_utf8(part.charset)),
      keeps_header_(part.malformed),
      ends_with_break_(ends_with_break) {
  if (is_untouched()) return;
  literals_.resize(this->text().literal_count());
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    const std::string_view fixed = this->text().literal(i);
    Literal& literal = literals_[i];
    if (const auto first = fixed.find("\r\n"); first != std::string_view::npos) {
      literal.first_line_end = first + 2;
      literal.last_line = fixed.rfind("\r\n") + 2;
    }
    const bool ascii = is_ascii(fixed);
    literals_are_ascii_ = literals_are_ascii_ && ascii;
    if ((encoding_ == TransferEncoding::seven_bit && !ascii) || !lines_fit(fixed) ||
        fixed.find('\0') != std::string_view::npos || (filtered_ && has_delimiter_line(fixed))) {
      literals_fit_raw_ = false;
    }
    if (encoding_ == TransferEncoding::quoted_printable && charset_.empty()) {
      append_quoted_printable(
          literal.encoded,
          fixed.substr(literal.first_line_end, literal.last_line - literal.first_line_end));
    }
  }
}

Status BodyTemplate::render(std::size_t index, std::size_t limit, CopyLinks& links,
                            RenderedBody& out) const {
  out.encoding.reset();
  out.needs_utf8_label = false;
  out.content.clear();
  if (Status expanded = text_.expand(index, limit, links, out.expansion); !expanded)
    return expanded;
  if (keeps_header_) {
    out.content = out.expansion.text();
    return ok();
  }
  if (!charset_.empty()) {
    std::string text = out.expansion.text();
    if (auto converted = from_utf8(text, charset_)) {
      render_whole(*std::move(converted), out);
      return ok();
    }
    out.needs_utf8_label = true;
    render_whole(std::move(text), out);
    return ok();
  }
  if (!says_utf8_) {
    out.needs_utf8_label = !literals_are_ascii_;
    for (const Expansion::Piece& piece : out.expansion.pieces) {
      if (!piece.fixed && !is_ascii(piece.text)) out.needs_utf8_label = true;
    }
  }
  if (is_raw(encoding_) && literals_fit_raw_ && render_raw(out)) return ok();
  if (encoding_ == TransferEncoding::quoted_printable) {
    render_quoted_printable(out);
  } else {
    render_whole(out.expansion.text(), out);
  }
  return ok();
}

/// Joins the pieces. Of literals nothing is read again: only lines that hold inserted text are
/// looked at. False when the text does not fit the part's encoding after all.
bool BodyTemplate::render_raw(RenderedBody& out) const {
  std::string& content = out.content;
  content.reserve(out.expansion.size);
  std::size_t line = 0;  // where the line that is being written begins
  bool line_is_touched = false;
  const auto line_fits = [&](std::size_t end) {
    const std::string_view text(content.data() + line, end - line);
    return text.size() < line_limit && !(line_is_touched && begins_delimiter(text));
  };
  for (const Expansion::Piece& piece : out.expansion.pieces) {
    const std::size_t begin = content.size();
    content += piece.text;
    if (piece.literal != Expansion::no_literal) {
      const Literal& literal = literals_[piece.literal];
      if (literal.first_line_end == 0) continue;
      if (!line_fits(begin + literal.first_line_end - 1)) return false;
      line = begin + literal.last_line;
      line_is_touched = false;
      continue;
    }
    if (!piece.fixed && encoding_ == TransferEncoding::seven_bit && !is_ascii(piece.text)) {
      return false;
    }
    if (piece.text.find('\0') != std::string_view::npos) return false;
    line_is_touched = true;
    for (auto end = content.find('\n', begin); end != std::string::npos;
         end = content.find('\n', line)) {
      if (!line_fits(end)) return false;
      line = end + 1;
    }
  }
  return line_fits(content.size());
}

/// As append_quoted_printable of the whole text, but lines without inserted text were encoded when
/// the text was cut.
void BodyTemplate::render_quoted_printable(RenderedBody& out) const {
  out.content.reserve(out.expansion.size + out.expansion.size / 8);
  std::string touched;
  for (const Expansion::Piece& piece : out.expansion.pieces) {
    const Literal* literal =
        piece.literal == Expansion::no_literal ? nullptr : &literals_[piece.literal];
    if (!literal || literal->first_line_end == 0) {
      touched += piece.text;
      continue;
    }
    touched += piece.text.substr(0, literal->first_line_end);
    append_quoted_printable(out.content, touched);
    out.content += literal->encoded;
    touched = piece.text.substr(literal->last_line);
  }
  append_quoted_printable(out.content, touched);
  escape_boundaries(out.content);
}

bool BodyTemplate::may_be_raw(std::string_view octets) const {
  if (encoding_ == TransferEncoding::seven_bit && !is_ascii(octets)) return false;
  if (!lines_fit(octets) || octets.find('\0') != std::string_view::npos) return false;
  return !has_delimiter_line(octets);
}

/// `octets`, already in the charset that will be written, in an encoding that takes them (MIME-3).
void BodyTemplate::render_whole(std::string octets, RenderedBody& out) const {
  TransferEncoding encoding = encoding_;
  if (is_raw(encoding)) {
    if (may_be_raw(octets)) {
      out.content = std::move(octets);
      return;
    }
    encoding = base64_is_clearly_shorter(octets) ? TransferEncoding::base64
                                                 : TransferEncoding::quoted_printable;
    out.encoding = encoding;
  }
  out.content.clear();
  if (encoding == TransferEncoding::base64) {
    append_base64_lines(out.content, octets);
    const bool ends_with_break = out.encoding ? octets.ends_with('\n') : ends_with_break_;
    if (!ends_with_break && out.content.ends_with("\r\n")) {
      out.content.resize(out.content.size() - 2);
    }
  } else {
    append_quoted_printable(out.content, octets);
    escape_boundaries(out.content);
  }
}

/// `line` begins a delimiter line of a multipart around this part (LIB-5).
bool BodyTemplate::begins_delimiter(std::string_view line) const {
  if (!line.starts_with("--")) return false;
  line.remove_prefix(2);
  return std::any_of(boundaries_.begin(), boundaries_.end(),
                     [&](const std::string& boundary) { return line.starts_with(boundary); });
}

bool BodyTemplate::has_delimiter_line(std::string_view text) const {
  if (boundaries_.empty()) return false;
  if (begins_delimiter(text)) return true;
  for (auto at = text.find("\n--"); at != std::string_view::npos; at = text.find("\n--", at + 1)) {
    if (begins_delimiter(text.substr(at + 1))) return true;
  }
  return false;
}

/// Quoted-printable text must not hold a delimiter line either: its first "-" becomes a line of its
/// own, "=2D=", which keeps within 76 columns.
void BodyTemplate::escape_boundaries(std::string& encoded) const {
  if (boundaries_.empty()) return;
  std::size_t at = 0;
  while (true) {
    if (begins_delimiter(std::string_view(encoded).substr(at))) encoded.replace(at, 1, "=2D=\r\n");
    const auto next = encoded.find("\n--", at);
    if (next == std::string::npos) return;
    at = next + 1;
  }
}

}  // namespace smtpapi
