// X-SMTPAPI and the X-SMTPAPI-Part fields that continue it (HDR-3, HDR-11).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "smtpapi/field_octets.h"
#include "smtpapi/header_text.h"
#include "smtpapi/remarks.h"

namespace smtpapi {
namespace {

/// 8 MiB in fields of 8 kB: more parts than that are a mistake.
constexpr std::size_t most_parts = 1000;

/// `X-SMTPAPI-Part: 2/4 text`
struct Part {
  std::size_t number = 0;
  std::size_t of = 0;
  std::string_view text;
  std::size_t lines_before = 0;   ///< of the value, before the text
  std::size_t octets_before = 0;  ///< on the text's own line
};

std::string_view take_while(std::string_view& text, bool (*belongs)(char)) {
  const auto end = std::find_if_not(text.begin(), text.end(), belongs);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_line_end(char c) { return c == '\r' || c == '\n'; }

/// 0 when it is no sensible number.
std::size_t take_number(std::string_view& text) {
  const std::string_view digits = take_while(text, is_digit);
  return digits.size() > 9 ? 0 : static_cast<std::size_t>(to_integer(digits).value_or(0));
}

/// The one blank behind the number belongs to the syntax. A fold stands for it if a relay put one
/// there: it is one blank too (HDR-5).
std::optional<Part> read_part(std::string_view value) {
  take_while(value, is_blank);
  std::string_view rest = value;
  take_while(rest, is_space);
  Part part;
  part.number = take_number(rest);
  if (!rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  part.of = take_number(rest);
  if (part.number < 1 || part.number > part.of || part.of > most_parts) return std::nullopt;
  if (!take_while(rest, is_line_end).empty()) {
    take_while(rest, is_blank);
  } else if (!rest.empty()) {
    if (!is_blank(rest.front())) return std::nullopt;
    rest.remove_prefix(1);
  }
  const std::string_view before = value.substr(0, value.size() - rest.size());
  const auto last_feed = before.rfind('\n');
  part.lines_before = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  part.octets_before = before.size() - (last_feed == std::string_view::npos ? 0 : last_feed + 1);
  part.text = rest;
  return part;
}

/// "3, 5, 7"; a few of many.
std::string list(const std::vector<std::size_t>& numbers) {
  constexpr std::size_t most = 5;
  std::string out;
  for (std::size_t i = 0; i < numbers.size() && i < most; ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ", ", numbers[i]);
  }
  if (numbers.size() > most) out += fmt::format(" and {} more", numbers.size() - most);
  return out;
}

/// Puts the parts in order and joins them; what is wrong goes to `problems`.
class Joiner {
 public:
  explicit Joiner(const Message& message) : message_(message) {}

  void add_header(const Field& field) {
    note_length(field);
    parts_[1].text = trim_front(message_.value(field));
    has_header_ = true;
  }

  void add_part(const Field& field) {
    note_length(field);
    const auto part = read_part(message_.value(field));
    if (!part) {
      problem("{} begins with {}: it must begin with its number, as in \"2/4 \", at most {}",
              part_name, quoted(message_.value(field).substr(0, 20)), most_parts);
      return;
    }
    if (of_ == 0) of_ = part->of;
    if (part->of != of_) {
      problem("{} {}/{} does not fit {} parts as another one says", part_name, part->number,
              part->of, of_);
    }
    const bool is_new = parts_.emplace(part->number, *part).second;
    if (!is_new && part->number == 1 && has_header_) {
      problem("{} 1/{} beside {}, which is part 1 itself: begin with 2/{}", part_name, part->of,
              header_name, part->of);
    } else if (!is_new) {
      problem("{} {}/{} is there twice", part_name, part->number, part->of);
    }
  }

  void join(ExtractedHeader& out) {
    std::vector<std::size_t> missing;
    for (std::size_t number = 1; number <= of_; ++number) {
      if (!parts_.contains(number)) missing.push_back(number);
    }
    if (!missing.empty()) {
      const bool first_too = missing.front() == 1;
      problem("of {} parts number {} {} missing{}", of_, list(missing),
              missing.size() == 1 ? "is" : "are",
              first_too ? ": part 1 is the X-SMTPAPI field, or an X-SMTPAPI-Part 1" : "");
    }
    out.problems = std::move(problems_);
    out.text.longest_field = longest_;
    if (!out.problems.empty()) return;
    for (const auto& [number, part] : parts_) {
      out.text.append(part.text, part.lines_before, part.octets_before);
    }
  }

 private:
  static std::string_view trim_front(std::string_view text) {
    take_while(text, is_blank);
    return text;
  }
  template <class... Args>
  void problem(fmt::format_string<Args...> format, Args&&... args) {
    if (problems_.size() == Remarks::most) return;
    problems_.push_back({{}, fmt::format(format, std::forward<Args>(args)...)});
  }
  void note_length(const Field& field) {
    const std::string_view whole = message_.octets().substr(field.begin, field.end - field.begin);
    longest_ = std::max(longest_, octets_as_counted(trim_line_end(whole)));
  }
  static std::string_view trim_line_end(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }

  const Message& message_;
  std::map<std::size_t, Part> parts_;
  std::size_t of_ = 0;
  std::size_t longest_ = 0;
  bool has_header_ = false;
  std::vector<Remark> problems_;
};

}  // namespace

ExtractedHeader extract_header(const Message& message) {
  ExtractedHeader out;
  Joiner joiner(message);
  if (const Field* header = message.find(header_name)) {
    out.present = true;
    joiner.add_header(*header);
  }
  std::size_t headers = 0;
  for (const Field& field : message.fields()) {
    const std::string_view name = message.name(field);
    if (equals_ignoring_case(name, header_name)) ++headers;
    if (!equals_ignoring_case(name, part_name)) continue;
    out.present = true;
    joiner.add_part(field);
  }
  if (headers > 1) {
    out.warnings.push_back({{},
                            fmt::format("{} more {} field{} ignored: the first one counts",
                                        headers - 1, header_name, headers > 2 ? "s are" : " is")});
  }
  joiner.join(out);
  return out;
}

}  // namespace smtpapi
