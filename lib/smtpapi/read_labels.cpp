// `category` and `unique_args`: what goes into events and not into the mail.
#include <algorithm>

#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t most_categories = 10;    // CAT-2
constexpr std::size_t longest_category = 255;  // characters, CAT-4

/// The first `limit` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::size_t limit) {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins_character = (text[at] & 0xC0) != 0x80;
    if (begins_character && seen++ == limit) return text.substr(0, at);
  }
  return text;
}

void add_category(const Value& value, std::vector<std::string>& kept, std::size_t& surplus,
                  Findings& findings) {
  const bool has_text = value.is(Kind::string) || value.is(Kind::number) || value.is(Kind::boolean);
  const std::string text = has_text ? value.text() : std::string();
  if (text.empty()) {
    findings.warnings.add(value.offset(), "a category that is {} is ignored",
                          has_text ? "empty" : describe(value.kind()));
    return;
  }
  const std::string_view cut = first_characters(text, longest_category);
  if (cut.size() < text.size()) {
    findings.warnings.add(value.offset(), "category {} is cut to {} characters", quoted(text),
                          longest_category);
  }
  if (std::find(kept.begin(), kept.end(), cut) != kept.end()) return;  // CAT-3
  if (kept.size() == most_categories) {
    ++surplus;
  } else {
    kept.emplace_back(cut);
  }
}

}  // namespace

void read_category(const Value& value, Document& document, Findings& findings) {
  document.category_is_array = value.is(Kind::array);
  std::size_t surplus = 0;
  if (!document.category_is_array) {
    add_category(value, document.category, surplus, findings);
    return;
  }
  for (const Value& entry : json::Items(value)) {
    add_category(entry, document.category, surplus, findings);
  }
  if (surplus > 0) {
    findings.warnings.add(value.offset(), "only the first {} categories are kept, {} dropped",
                          most_categories, surplus);
  }
}

std::vector<TextPair> read_unique_args(const Value& value, std::size_t limit, Findings& findings) {
  std::vector<TextPair> args;
  std::string compact = "{";  // the whole object, to be measured (UA-1)
  for (json::Member& member : read_object(value, "unique_args", findings)) {
    if (compact.size() > 1) compact += ',';
    json::append_string(compact, member.key);
    compact += ':';
    const std::size_t begin = compact.size();
    json::append_compact(compact, member.value);
    if (member.value.is(Kind::null)) continue;  // UA-5
    auto text = scalar_text(member.value);
    args.emplace_back(std::move(member.key), text ? *std::move(text) : compact.substr(begin));
  }
  const std::size_t size = compact.size() + 1;
  if (limit > 0 && size > limit) {
    findings.problems.add(value.offset(), "'unique_args' has {} bytes: at most {} are allowed",
                          size, limit);
  }
  return args;
}

}  // namespace smtpapi
