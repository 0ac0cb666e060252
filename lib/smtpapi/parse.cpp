#include "smtpapi/parse.h"

#include <algorithm>

#include "base/text.h"
#include "mail/encoded_word.h"
#include "smtpapi/json.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

bool is_blank_json(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool looks_like_json(std::string_view text) { return trim(text).starts_with('{'); }

/// PF-19: the JSON ends too early, or is broken where several fields were joined, and a field has
/// about the size at which MTAs cut for milters (KEY-1, KEY-2).
bool was_cut(const HeaderText& text, const json::SyntaxError& error) {
  constexpr std::size_t shortest = 54'000;
  constexpr std::size_t longest = 65'536;
  return (error.at_end || text.fields() > 1) && text.longest_field >= shortest &&
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
                    std::size_t recipients, ParsedHeader& parsed, Findings& findings) {
  add_mended(reading, findings);
  if (!reading.value) return;
  if (!reading.value->is(json::Kind::object)) {
    findings.problems.add(reading.value->offset(), "the header is {}: it must be one JSON object",
                          describe(reading.value->kind()));
    return;
  }
  parsed.empty = !reading.error && json::Items(*reading.value).empty();
  parsed.document = read_document(*reading.value, limits, now, recipients, findings);
}

/// HDR-8: of a `text` that is no JSON as it stands. True when what its encoded words say is to be
/// read instead; that is in `decoded` then, and `reading` of it.
bool read_encoded_words(std::string_view text, std::string& decoded, json::Reading& reading) {
  if (!reading.error || !has_encoded_word(text)) return false;
  decoded = decode_encoded_words(text);
  json::Reading second = json::read(decoded);
  const bool is_better = !second.error || is_blank_json(decoded) ||
                         (looks_like_json(decoded) && !looks_like_json(text));
  if (is_better) reading = std::move(second);
  return is_better;
}

/// HDR-7. What was cut within a character is told once, as a cut.
void check_utf8(const HeaderText& header, std::optional<std::size_t> invalid,
                const json::Reading& reading, Findings& findings) {
  if (!invalid) return;
  const std::string& raw = header.text();
  const bool is_at_end = *invalid + 3 >= raw.size();
  if (is_at_end && reading.error && was_cut(header, *reading.error)) return;
  findings.problems.add(*invalid, "octet 0x{:02X} is not UTF-8: write other characters as \\uXXXX",
                        static_cast<unsigned char>(raw[*invalid]));
}

/// Places in decoded text are nobody's: line 0.
std::vector<Remark> without_places(Remarks remarks) {
  auto out = std::move(remarks).in_order([](std::size_t) { return Place(); });
  for (Remark& remark : out) remark.text += " (after decoding RFC 2047 encoded words)";
  return out;
}

}  // namespace

ParsedHeader parse_header(const HeaderText& header, const Limits& limits, Time now,
                          std::size_t recipients) {
  ParsedHeader parsed;
  const std::string& raw = header.text();
  if (is_blank_json(raw)) return parsed;  // HDR-2
  parsed.empty = false;
  if (limits.header_bytes > 0 && raw.size() > limits.header_bytes) {
    parsed.problems.push_back(
        {{},
         fmt::format("the header has {} bytes: at most {} are allowed, split the message",
                     raw.size(), limits.header_bytes)});
    return parsed;
  }

  Findings findings;
  const auto invalid = find_invalid_utf8(raw);
  const std::string mended = invalid ? without_invalid_utf8(raw) : std::string();
  const std::string_view text = invalid ? mended : raw;
  json::Reading reading = json::read(text);
  std::string decoded;
  const bool is_decoded = read_encoded_words(text, decoded, reading);
  check_utf8(header, invalid, reading, findings);

  if (is_decoded && is_blank_json(decoded)) {
    parsed.empty = true;
  } else {
    if (reading.error) add_syntax_problem(header, *reading.error, findings);
    read_object_of(reading, limits, now, recipients, parsed, findings);
  }

  if (is_decoded) {
    parsed.problems = without_places(std::move(findings.problems));
    parsed.warnings = without_places(std::move(findings.warnings));
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
