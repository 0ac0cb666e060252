#include "milter/ctl/postfix_setup_record.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

using Kind = PostfixChange::Kind;

struct Word {
  Kind kind;
  std::string_view word;
};
constexpr std::array kinds = {Word{Kind::parameter, "set"}, Word{Kind::service, "add"},
                              Word{Kind::table, "file"}};

}  // namespace

std::string write_setup_record(const std::vector<PostfixChange>& changes) {
  std::string out = "# What smtpapictl postfix-setup --apply has changed here; --undo reads it.\n";
  for (const PostfixChange& change : changes) {
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const Word& k) { return k.kind == change.kind; });
    out += std::string(kind->word) + " " + change.name + "\n";
    if (change.before) out += "was " + *change.before + "\n";
    if (change.kind != Kind::table) out += "now " + change.after + "\n";
  }
  return out;
}

std::vector<PostfixChange> read_setup_record(std::string_view text) {
  std::vector<PostfixChange> changes;
  for (const std::string_view line : split(text, '\n')) {
    const auto blank = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, blank);
    const std::string value(trim(line.substr(blank)));
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const Word& k) { return k.word == word; });
    if (kind != kinds.end()) {
      if (!value.empty()) changes.push_back({kind->kind, value, {}, {}});
    } else if (changes.empty()) {
      continue;
    } else if (word == "was") {
      changes.back().before = value;
    } else if (word == "now") {
      changes.back().after = value;
    }
  }
  return changes;
}

std::vector<PostfixChange> merged(std::vector<PostfixChange> first,
                                  const std::vector<PostfixChange>& later) {
  for (const PostfixChange& change : later) {
    const auto same = std::find_if(first.begin(), first.end(), [&](const PostfixChange& c) {
      return c.kind == change.kind && c.name == change.name;
    });
    if (same == first.end())
      first.push_back(change);
    else
      same->after = change.after;
  }
  return first;
}

}  // namespace smtpapi::ctl
