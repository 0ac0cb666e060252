// What stands behind a command on the command line, read by the command's own table of options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace smtpapi::ctl {

struct Option {
  std::string_view name;   ///< "--rcpt"
  std::string_view value;  ///< what stands behind it, as the help calls it: "ADDRESS"; "": a flag
  std::string_view help;   ///< a few words; line breaks by LF
  char letter = '\0';      ///< 'q' for "-q" as well
  bool may_repeat = false;
};

/// The options and operands of one call. Values stand as they were given.
class Arguments {
 public:
  /// `--name VALUE` and `--name=VALUE` are the same; "--" ends the options; "-" is an operand.
  /// Errors: invalid with one clause that says how to mend it.
  static Result<Arguments> parse(std::span<const std::string> words,
                                 std::span<const Option> options);

  bool has(std::string_view option) const;
  /// Nothing when the option was not given; "" may be its value.
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  /// A whole number of at least `least`; `otherwise` when the option was not given. Errors:
  /// invalid.
  Result<std::int64_t> number(std::string_view option, std::int64_t otherwise,
                              std::int64_t least) const;

  const std::vector<std::string>& operands() const { return operands_; }

 private:
  std::vector<std::pair<std::string, std::string>> given_;  ///< in the order of the command line
  std::vector<std::string> operands_;
};

/// The word of `known` that somebody who wrote `word` may have meant: a few letters changed, left
/// out, doubled or swapped, or the rest not typed. "" when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// "; did you mean 'list'?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace smtpapi::ctl
