#include "smtpapi/parse.h"

#include <algorithm>

#include "base/text.h"
#include "mail/encoded_word.h"
#include "smtpapi/json.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

constexpr std::string_view after_decoding = " (after decoding RFC 2047 encoded words)";

bool is_blank_json(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool looks_like_json(std::string_view text) { return trim(text).starts_with('{'); }

/// PF-19: the JSON ends too early, or is broken where several fields were joined, and a field has
/// about the size at which MTAs cut for milters (KEY-1, KEY-2).
bool was_cut(const HeaderText& text, const json::SyntaxError& error) {
  constexpr std::size_t shortest = 54'000;
  constexpr std::size_t longest = 65'536;
  const bool is_joined = text.text().size() > text.longest_field;
  return (error.at_end || is_joined) && text.longest_field >= shortest &&
         text.longest_field <= longest;
}

void add_syntax_problem(const HeaderText& text, const json::SyntaxError& error,
                        Findings& findings) {
  if (was_cut(text, error)) {
    findings.problems.add(error.offset,
                          "not JSON, because the MTA cut the field at 60000 bytes (it has {} here, "
                          "and {}): continue it in X-SMTPAPI-Part fields, or let Postfix hand the "
                          "message to smtpapi-intake through pipe(8), which has no such limit",
                          text.longest_field, error.text);
  } else {
    findings.problems.add(error.offset, "not JSON: {}", error.text);
  }
}

/// HDR-7. `text` with "?" for each octet that is none, so that reading can go on and offsets stay.
std::string without_invalid_utf8(std::string text) {
  std::size_t at = 0;
  for (auto bad = find_invalid_utf8(text); bad;) {
    at += *bad;
    text[at] = '?';
    bad = find_invalid_utf8(std::string_view(text).substr(at));
  }
  return text;
}

void add_mended(const json::Reading& reading, Findings& findings) {
  const auto add = [&](const json::Mended& mended, std::string_view what) {
    if (mended.count == 0) return;
    findings.warnings.add(mended.first, "{}{}", what,
                          mended.count > 1 ? fmt::format(" ({} times)", mended.count) : "");
  };
  add(reading.half_pairs, "half of a surrogate pair counts as U+FFFD");
  add(reading.nuls, "\\u0000 counts as U+FFFD: NUL cannot be mailed");
  add(reading.controls, "a control character in a string counts as a space");
}

/// The object of the text, which becomes `document`.
void read_object_of(const json::Reading& reading, const Limits& limits, Time now,
                    ParsedHeader& parsed, Findings& findings) {
  add_mended(reading, findings);
  if (!reading.value) return;
  if (!reading.value->is(json::Kind::object)) {
    findings.problems.add(reading.value->offset(), "the header is {}: it must be one JSON object",
                          describe(reading.value->kind()));
    return;
  }
  parsed.empty = !reading.error && json::Items(*reading.value).empty();
  parsed.document = read_document(*reading.value, limits, now, findings);
}

}  // namespace

ParsedHeader parse_header(const HeaderText& header, const Limits& limits, Time now) {
  ParsedHeader parsed;
  const std::string& raw = header.text();
  if (limits.header_bytes > 0 && raw.size() > limits.header_bytes) {
    parsed.empty = false;
    parsed.problems.push_back(
        {{},
         fmt::format("the header has {} bytes: at most {} are allowed, split the message",
                     raw.size(), limits.header_bytes)});
    return parsed;
  }
  if (is_blank_json(raw)) return parsed;  // HDR-2
  parsed.empty = false;

  Findings findings;
  const auto invalid = find_invalid_utf8(raw);
  const std::string mended = invalid ? without_invalid_utf8(raw) : std::string();
  const std::string_view text = invalid ? std::string_view(mended) : std::string_view(raw);

  json::Reading reading = json::read(text);
  std::string decoded;
  bool is_decoded = false;
  if (reading.error && has_encoded_word(text)) {  // HDR-8
    decoded = decode_encoded_words(text);
    json::Reading second = json::read(decoded);
    is_decoded = !second.error || is_blank_json(decoded) ||
                 (looks_like_json(decoded) && !looks_like_json(text));
    if (is_decoded) reading = std::move(second);
  }

  if (is_decoded && is_blank_json(decoded)) {
    parsed.empty = true;
    reading = {};
  }
  // What was cut within a character is told once, as a cut.
  const bool cut_in_character =
      invalid && reading.error && was_cut(header, *reading.error) && *invalid + 3 >= raw.size();
  if (invalid && !cut_in_character) {
    findings.problems.add(*invalid,
                          "octet 0x{:02X} is not UTF-8: write other characters as \\uXXXX",
                          static_cast<unsigned char>(raw[*invalid]));
  }
  if (reading.error) add_syntax_problem(header, *reading.error, findings);
  read_object_of(reading, limits, now, parsed, findings);

  if (is_decoded) {  // the places of the decoded text are nobody's
    const auto nowhere = [](std::size_t) { return Place(); };
    parsed.problems = std::move(findings.problems).in_order(nowhere);
    parsed.warnings = std::move(findings.warnings).in_order(nowhere);
    for (Remark& remark : parsed.problems) remark.text += after_decoding;
    for (Remark& remark : parsed.warnings) remark.text += after_decoding;
    parsed.warnings.insert(parsed.warnings.begin(),
                           {{}, "the value is wrapped in RFC 2047 encoded words: send it bare"});
  } else {
    const auto place = [&](std::size_t offset) { return header.place(offset); };
    parsed.problems = std::move(findings.problems).in_order(place);
    parsed.warnings = std::move(findings.warnings).in_order(place);
  }
  return parsed;
}

}  // namespace smtpapi
