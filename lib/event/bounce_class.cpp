#include "event/bounce_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "event/built_in_bounce_classes.h"

namespace smtpapi {
namespace {

constexpr std::string_view invalid_address = "Invalid Address";
constexpr std::string_view unclassified = "Unclassified";
constexpr std::array<std::string_view, 7> classifications = {
    invalid_address,     "Mailbox Unavailable",          "Reputation", "Content",
    "Technical Failure", "Frequency or Volume Too High", unclassified};

/// A text longer than this says nothing new.
constexpr std::size_t longest_text = 4'000;

/// "5", "*" or "2*".
bool fits(std::string_view pattern, std::string_view text) {
  if (!pattern.empty() && pattern.back() == '*')
    return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool is_number_pattern(std::string_view text) {
  if (!text.empty() && text.back() == '*')
    text.remove_suffix(1);
  else if (text.empty())
    return false;
  return text.size() <= 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_status_pattern(std::string_view text) {
  if (text == "*") return true;
  const auto parts = split(text, '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), is_number_pattern);
}

/// "5", "1", "1" of "5.1.1"; empty for what is no enhanced status code.
std::vector<std::string_view> parts_of(std::string_view status_code) {
  auto parts = split(status_code, '.');
  if (parts.size() != 3 || std::any_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !is_number_pattern(part) || part.back() == '*';
      }))
    parts.clear();
  return parts;
}

bool fits_status(std::string_view pattern, const std::vector<std::string_view>& parts) {
  if (pattern == "*") return true;
  if (parts.empty()) return false;
  const auto patterns = split(pattern, '.');
  return std::equal(patterns.begin(), patterns.end(), parts.begin(), fits);
}

/// EVT-11: 5.1.x and 5.2.1. Not 5.1.7 and 5.1.8, which are about the sender's address.
bool blames_address(const std::vector<std::string_view>& status) {
  if (status.empty() || status[0] != "5") return false;
  if (status[1] == "1") return status[2] != "7" && status[2] != "8";
  return status[1] == "2" && status[2] == "1";
}

}  // namespace

Result<BounceClasses> BounceClasses::parse(std::string_view text) {
  BounceClasses classes;
  std::string mistakes;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const auto complain = [&](std::string_view what) {
      mistakes += fmt::format("{}line {}: {}", mistakes.empty() ? "" : "\n", number, what);
    };
    auto columns = split(line, '|');
    for (std::string_view& column : columns) column = trim(column);
    if (columns.size() != 4) {
      complain("wants four columns: CLASSIFICATION | STATUS | REPLY | TEXT");
    } else if (std::find(classifications.begin(), classifications.end(), columns[0]) ==
               classifications.end()) {
      complain(fmt::format("'{}' is no classification", printable(columns[0], 60)));
    } else if (!is_status_pattern(columns[1])) {
      complain(fmt::format("'{}' is no status code", printable(columns[1], 60)));
    } else if (!is_number_pattern(columns[2])) {
      complain(fmt::format("'{}' is no reply code", printable(columns[2], 60)));
    } else if (columns[3].empty()) {
      complain("no text: * fits any");
    } else {
      classes.rules_.push_back({std::string(columns[0]), std::string(columns[1]),
                                std::string(columns[2]),
                                columns[3] == "*" ? std::string() : to_lower(columns[3])});
    }
  }
  if (!mistakes.empty()) return invalid(std::move(mistakes));
  return classes;
}

const BounceClasses& BounceClasses::built_in() {
  static const BounceClasses classes = *parse(built_in_bounce_classes());
  return classes;
}

BounceVerdict BounceClasses::verdict(std::string_view status_code, int reply_code,
                                     std::string_view text) const {
  const auto status = parts_of(status_code);
  const std::string reply = reply_code > 0 ? fmt::format("{}", reply_code) : std::string();
  const std::string lower = to_lower(text.substr(0, longest_text));
  const auto holds = [&](const Rule& rule) {
    return rule.text.empty() || lower.find(rule.text) != lower.npos;
  };
  BounceVerdict out;
  out.type = "blocked";
  out.classification = unclassified;
  for (const Rule& rule : rules_) {
    if (!fits_status(rule.status, status) || !fits(rule.reply, reply) || !holds(rule)) continue;
    out.classification = rule.classification;
    break;
  }

  bool blamed = blames_address(status);
  // Without a reply code the words stand alone: what a local program said.
  if (!blamed && (reply_code == 0 || reply_code == 550 || reply_code == 551 || reply_code == 553)) {
    const bool can_be = status.empty() || status[0] == "5";
    blamed = can_be && out.classification == invalid_address &&
             std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
               return rule.classification == invalid_address && !rule.text.empty() && holds(rule);
             });
  }
  if (blamed) {
    out.type = "bounce";
    const bool malformed = !status.empty() && status[1] == "1" && status[2] == "3";
    out.list = malformed ? SuppressionList::invalid : SuppressionList::bounces;
  }
  return out;
}

BounceVerdict classify_bounce(std::string_view status_code, int reply_code, std::string_view text) {
  return BounceClasses::built_in().verdict(status_code, reply_code, text);
}

}  // namespace smtpapi
