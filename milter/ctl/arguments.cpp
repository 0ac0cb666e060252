#include "milter/ctl/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

const Option* find(std::span<const Option> options, std::string_view word) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) {
    return option.name == word ||
           (option.letter && word.size() == 2 && word[0] == '-' && word[1] == option.letter);
  });
  return found == options.end() ? nullptr : &*found;
}

Error unknown_option(std::string_view word, std::span<const Option> options) {
  std::vector<std::string_view> names;
  for (const Option& option : options) names.push_back(option.name);
  return invalid(fmt::format("unknown option '{}'{}", printable(word), did_you_mean(word, names)));
}

/// Damerau's distance (optimal string alignment) of two short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const std::size_t change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({change, rows[i - 1][j] + 1, rows[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words,
                                   std::span<const Option> options) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      out.operands_.insert(out.operands_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      out.operands_.push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const std::string_view name = std::string_view(word).substr(0, equals);
    const Option* option = find(options, name);
    if (!option) return unknown_option(name, options);
    if (!option->may_repeat && out.has(option->name))
      return invalid(fmt::format("{}: given twice", option->name));

    std::string value;
    if (option->value.empty()) {
      if (equals != std::string::npos)
        return invalid(fmt::format("{} takes no value", option->name));
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return invalid(fmt::format("{}: {} is missing", option->name, option->value));
    }
    out.given_.emplace_back(option->name, std::move(value));
  }
  return out;
}

bool Arguments::has(std::string_view option) const { return value(option).has_value(); }

std::optional<std::string> Arguments::value(std::string_view option) const {
  for (const auto& [name, value] : given_)
    if (name == option) return value;
  return std::nullopt;
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> out;
  for (const auto& [name, value] : given_)
    if (name == option) out.push_back(value);
  return out;
}

Result<std::int64_t> Arguments::number(std::string_view option, std::int64_t otherwise,
                                       std::int64_t least) const {
  const auto text = value(option);
  if (!text) return otherwise;
  const auto number = to_integer(*text);
  if (!number || *number < least)
    return invalid(fmt::format("{}: '{}' is not a whole number of at least {}", option,
                               printable(*text), least));
  return *number;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;  // what is longer is no slip of the fingers
  if (word.empty() || word.size() > longest) return {};
  const std::size_t allowed = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  std::string_view best;
  std::size_t best_distance = allowed + 1;
  for (const std::string_view candidate : known) {
    const bool begun = word.size() >= 2 && candidate.substr(0, word.size()) == word;
    const std::size_t d = begun ? 1 : distance(to_lower(word), candidate);
    if (d < best_distance) best = candidate, best_distance = d;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? std::string() : fmt::format("; did you mean '{}'?", best);
}

}  // namespace smtpapi::ctl
