#include "mail/encoded_word.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/codec.h"
#include "mail/message.h"
#include "mail/word_scanner.h"

namespace smtpapi {
namespace {

constexpr std::size_t longest_word = 75;     // RFC 2047 section 2
constexpr std::size_t longest_line = 76;     // the same, for a line that holds a word
constexpr std::size_t longest_octets = 998;  // RFC 5322 2.1.1: any line, without its CRLF
constexpr std::string_view prefix_q = "=?UTF-8?Q?";
constexpr std::string_view prefix_b = "=?UTF-8?B?";
constexpr std::size_t frame = prefix_q.size() + 2;  // what a word costs beside its payload

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}
bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }

/// RFC 5322 3.2.3.
bool is_atext(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string::npos;
}

/// What may stand for itself in a Q word inside a phrase (RFC 2047 section 5 rule 3).
bool is_phrase_safe(char c) {
  return is_alphanumeric(c) || std::string_view("!*+-/").find(c) != std::string::npos;
}
/// The same in an unstructured field.
bool is_unstructured_safe(char c) {
  return c > ' ' && c <= '~' && c != '=' && c != '?' && c != '_';
}
using Safe = bool (*)(char);

bool looks_encoded(std::string_view text) { return WordScanner(text).next().has_value(); }

/// Neighbouring words of one charset on their way to UTF-8.
struct Neighbours {
  std::string_view charset;  ///< as the first of them calls it; empty: none are waiting
  std::size_t begin = 0;     ///< where the first of them stands
  std::size_t end = 0;       ///< where the last of them ends
  std::string octets;

  bool have_charset(std::string_view other) const {
    return !charset.empty() && known_charset(charset) == known_charset(other);
  }

  /// `source`: the text they stand in, for a system that lacks the conversion.
  void flush_to(std::string& out, std::string_view source) {
    if (!charset.empty())
      out += to_utf8(octets, charset).value_or(std::string(source.substr(begin, end - begin)));
    charset = {};
    octets.clear();
  }
};

/// Valid UTF-8 in which each run of line breaks and control characters is one space.
std::string cleaned(std::string_view text) {
  std::string out;
  bool in_run = false;
  const std::string valid = *to_utf8(text, "utf-8");
  for (const char c : valid) {
    if (!is_control(c))
      out += c;
    else if (!in_run)
      out += ' ';
    in_run = is_control(c);
  }
  return out;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Octets of the character at the start of valid UTF-8.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

std::size_t q_size(std::string_view text, Safe safe) {
  std::size_t size = 0;
  for (const char c : text) size += safe(c) || c == ' ' ? 1 : 3;
  return size;
}

void append_q(std::string& out, std::string_view text, Safe safe) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (c == ' ') {
      out += '_';
    } else if (safe(c)) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += {'=', digits[octet >> 4], digits[octet & 15]};
    }
  }
}

/// All of `text` (valid UTF-8) as encoded words, one a line. Q stays legible in a log, so it is
/// preferred while it costs at most half as much again as B.
std::string as_encoded_words(std::string_view text, std::size_t indent, Safe safe) {
  const bool use_q = 2 * q_size(text, safe) <= 3 * ((text.size() + 2) / 3 * 4);
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t room = std::min(longest_word, longest_line - std::min(column, longest_line));
    const std::size_t payload = room > frame ? room - frame : 0;
    std::size_t taken = 0;
    for (std::size_t size = 0; taken < text.size();) {
      const std::string_view character = text.substr(taken, character_size(text.substr(taken)));
      size = use_q ? size + q_size(character, safe) : (taken + character.size() + 2) / 3 * 4;
      if (size > payload) break;
      taken += character.size();
    }
    if (taken > 0) {
      out += use_q ? prefix_q : prefix_b;
      if (use_q)
        append_q(out, text.substr(0, taken), safe);
      else
        out += encode_base64(text.substr(0, taken));
      out += "?=";
      text.remove_prefix(taken);
    }
    if (!text.empty()) {
      out += "\r\n ";
      column = 1;
    }
  }
  return out;
}

/// True when fold() cannot keep the lines of `text` within what SMTP carries.
bool has_endless_line(std::string_view text, std::size_t indent) {
  const std::size_t first_word = text.find_first_not_of(' ');
  std::size_t length = indent;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool can_fold =
        text[i] == ' ' && i > first_word && i + 1 < text.size() && text[i + 1] != ' ';
    length = can_fold ? 1 : length + 1;
    if (length > longest_octets) return true;
  }
  return false;
}

bool is_atom_sequence(std::string_view text) {
  // Two blanks in a row, or one at an end, survive only between quotes.
  char before = ' ';
  for (const char c : text) {
    if (!is_atext(c) && (c != ' ' || before == ' ')) return false;
    before = c;
  }
  return before != ' ';
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// `text`, cleaned, as atoms, a quoted string or encoded words, whichever comes first.
std::string encode_plain_phrase(std::string_view text, std::size_t indent) {
  if (text.empty()) return "";
  if (is_ascii(text) && !looks_encoded(text)) {
    const std::string phrase = is_atom_sequence(text) ? std::string(text) : quoted(text);
    if (!has_endless_line(phrase, indent)) return fold(phrase, indent);
  }
  return as_encoded_words(text, indent, is_phrase_safe);
}

/// True for a word that is legal in a phrase as it stands.
bool is_phrase_word(const EncodedWord& word, std::string_view text) {
  const auto allowed = [&](char c) {
    return is_phrase_safe(c) || c == '=' || (c == '_' && !word.base64);
  };
  return word.end - word.begin <= longest_word && std::ranges::all_of(word.payload, allowed) &&
         std::ranges::all_of(text.substr(word.begin, word.end - word.begin), is_atext) &&
         (word.begin == 0 || text[word.begin - 1] == ' ') &&
         (word.end == text.size() || text[word.end] == ' ');
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  const std::string source = is_utf8(text) ? std::string(text) : *to_utf8(text, "windows-1252");
  const std::string_view view = source;
  std::string out;
  Neighbours waiting;
  bool after_word = false;
  std::size_t done = 0;  // end of what is in `out` or waiting
  WordScanner scanner(view);
  while (const auto word = scanner.next()) {
    if (!known_charset(word->charset)) continue;
    const std::string_view between = view.substr(done, word->begin - done);
    const bool joined = after_word && std::ranges::all_of(between, is_space);
    if (!joined || !waiting.have_charset(word->charset)) {
      waiting.flush_to(out, view);
      waiting.charset = word->charset;
      waiting.begin = word->begin;
    }
    if (!joined) out += between;
    waiting.end = word->end;
    waiting.octets += word->octets();
    after_word = true;
    done = word->end;
  }
  waiting.flush_to(out, view);
  return out.append(view.substr(done));
}

bool has_encoded_word(std::string_view text) {
  WordScanner scanner(text);
  while (const auto word = scanner.next())
    if (known_charset(word->charset)) return true;
  return false;
}

std::string encode_unstructured(std::string_view text, std::size_t indent) {
  const std::string clean = cleaned(text);
  if (is_ascii(clean) && !looks_encoded(clean) && !has_endless_line(clean, indent))
    return fold(clean, indent);
  return as_encoded_words(clean, indent, is_unstructured_safe);
}

std::string encode_phrase(std::string_view text, std::size_t indent) {
  const std::string clean(trim_blanks(cleaned(text)));
  std::vector<EncodedWord> words;
  for (WordScanner scanner(clean); const auto word = scanner.next();) words.push_back(*word);
  if (words.empty()) return encode_plain_phrase(clean, indent);

  // Words that are broken in a phrase, or that hide control characters, are written anew.
  const std::string meaning = decode_encoded_words(clean);
  const auto stands = [&](const EncodedWord& word) { return is_phrase_word(word, clean); };
  if (!std::ranges::all_of(words, stands) || std::ranges::any_of(meaning, is_control))
    return encode_plain_phrase(std::string(trim_blanks(cleaned(meaning))), indent);

  std::string out;
  std::size_t column = indent;
  const auto add = [&](std::string_view piece) {
    if (!piece.starts_with("\r\n")) {
      const std::string_view blank = out.empty() ? "" : " ";
      const std::size_t first_line = piece.substr(0, piece.find("\r\n")).size();
      const bool fits = column + blank.size() + first_line <= longest_line;
      out += fits ? blank : "\r\n ";
      column = fits ? column + blank.size() : 1;
    }
    out += piece;
    const auto fold_at = piece.rfind("\r\n");
    column = fold_at == std::string_view::npos ? column + piece.size() : piece.size() - fold_at - 2;
  };
  // The text between words, in front of `end`. As encoded words it has to carry its own blanks:
  // those between two encoded words do not count.
  const auto add_plain = [&](std::size_t begin, std::size_t end) {
    std::string_view plain = std::string_view(clean).substr(begin, end - begin);
    const std::string_view core = trim_blanks(plain);
    if (core.empty()) return;
    const std::size_t at = out.empty() ? column : column + 1;
    const std::size_t narrower = at + 2;  // fold() fills 78 columns, beside a word there are 76
    const bool as_it_is = is_ascii(core) && !has_endless_line(quoted(core), narrower);
    add(as_it_is ? encode_plain_phrase(core, narrower)
                 : as_encoded_words(plain, at, is_phrase_safe));
  };
  std::size_t done = 0;
  for (const EncodedWord& word : words) {
    add_plain(done, word.begin);
    add(std::string_view(clean).substr(word.begin, word.end - word.begin));
    done = word.end;
  }
  add_plain(done, clean.size());
  return out;
}

}  // namespace smtpapi
