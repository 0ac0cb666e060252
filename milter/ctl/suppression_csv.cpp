#include "milter/ctl/suppression_csv.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mail/address.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/csv_reader.h"

namespace smtpapi::ctl {
namespace {

constexpr std::int64_t last_moment = 253'402'300'799;  ///< end of the year 9999
constexpr std::size_t longest_address = 320, longest_text = 4'096;

/// Takes digits off the front of `text`; nothing unless there are as many.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return {};
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return {};
    value = 10 * value + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Time> read_day(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return {};
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return {};
  const auto day = take_digits(text, 2);
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
}

/// "09:30", "09:30:00", "09:30:00.123"
std::optional<seconds> read_clock(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return {};
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return {};
  int second = 0;
  if (take(text, ":")) {
    const auto digits = take_digits(text, 2);
    if (!digits || *digits > 60) return {};
    second = *digits;
    if (take(text, "."))
      text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  }
  return seconds(3'600 * *hour + 60 * *minute + second);
}

/// What to take off for UTC. `text` is all that is left.
std::optional<seconds> read_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == " UTC") return seconds(0);
  const bool is_west = text.front() == '-';
  if (!take(text, "+-")) return {};
  const auto hours = take_digits(text, 2);
  take(text, ":");
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) return {};
  const seconds east(3'600 * *hours + 60 * *minutes);
  return is_west ? -east : east;
}

std::optional<Time> read_date(std::string_view text) {
  const auto day = read_day(text);
  if (!day || text.empty()) return day;
  if (!take(text, "Tt ")) return {};
  const auto clock = read_clock(text);
  if (!clock) return {};
  const auto zone = read_zone(text);
  if (!zone) return {};
  return *day + *clock - *zone;
}

bool is_inside_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Who it concerns, or what the other side said: on one line, whatever came in.
std::string on_one_line(std::string_view text) {
  text = trim(text);
  std::size_t size = std::min(text.size(), longest_text);
  while (size > 0 && size < text.size() && is_inside_character(text[size])) --size;
  std::string out(text.substr(0, size));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return is_space(c) || c == '\0'; }, ' ');
  return out;
}

}  // namespace

Result<Time> read_moment(std::string_view text) {
  text = trim(text);
  std::optional<Time> time;
  if (const auto number = to_integer(text)) {
    time = from_unix(std::clamp<std::int64_t>(*number, -1, last_moment + 1));
  } else {
    time = read_date(text);
  }
  if (!time)
    return invalid(fmt::format("'{}' is no time: write 2026-11-21T09:30:00Z or Unix seconds",
                               printable(text, 60)));
  if (to_unix(*time) < 0 || to_unix(*time) > last_moment)
    return invalid(
        fmt::format("'{}' is not between 1970 and 9999 (in seconds)", printable(text, 60)));
  return *time;
}

std::string write_moment(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(to_unix(time)));
}

Result<std::string> read_suppressed(std::string_view address, SuppressionList list) {
  address = trim(address);
  auto good = parse_address(address, true);
  if (good || list != SuppressionList::invalid) return good;
  if (address.empty() || address.size() > longest_address || has_controls(address)) return good;
  return std::string(address);
}

Result<SuppressionList> read_list(std::string_view name) {
  std::string wanted = to_lower(trim(name));
  std::replace_if(
      wanted.begin(), wanted.end(), [](char c) { return c == '_' || c == ' '; }, '-');
  constexpr std::pair<std::string_view, SuppressionList> other_names[] = {
      {"invalid-emails", SuppressionList::invalid},
      {"bounce", SuppressionList::bounces},
      {"block", SuppressionList::blocks},
      {"spam-report", SuppressionList::spam_reports},
      {"unsubscribes", SuppressionList::global},
      {"global-unsubscribes", SuppressionList::global},
      {"group-unsubscribes", SuppressionList::group}};
  for (const auto& [other, list] : other_names)
    if (wanted == other) return list;
  if (const auto list = suppression_list(wanted)) return *list;
  std::vector<std::string_view> names;
  for (const SuppressionList list : all_suppression_lists) names.push_back(to_string(list));
  return invalid(fmt::format("there is no list '{}': the lists are {}{}", printable(name, 60),
                             fmt::join(names, ", "), did_you_mean(wanted, names)));
}

std::optional<SuppressionColumns::Column> SuppressionColumns::column_called(
    std::string_view title) {
  constexpr std::pair<std::string_view, Column> titles[] = {
      {"email", email},        {"e-mail", email},    {"email address", email}, {"address", email},
      {"recipient", email},    {"list", list},       {"group", group},         {"group_id", group},
      {"asm_group_id", group}, {"created", created}, {"created_at", created},  {"date", created},
      {"timestamp", created},  {"reason", reason},   {"status", status},       {"ip", ip},
  };
  const std::string wanted = to_lower(trim(title));
  for (const auto& [name, column] : titles)
    if (wanted == name) return column;
  return {};
}

Result<SuppressionColumns> SuppressionColumns::read(std::span<const std::string> first_line,
                                                    const SuppressionDefaults& defaults) {
  SuppressionColumns columns;
  columns.width_ = first_line.size();
  for (std::size_t i = 0; i < first_line.size(); ++i) {
    const auto column = column_called(first_line[i]);
    if (!column) continue;
    if (columns.places_[*column])
      return invalid(fmt::format("column '{}' says the same as '{}': remove one of them",
                                 printable(first_line[i], 60),
                                 printable(first_line[*columns.places_[*column]], 60)));
    columns.places_[*column] = i;
  }
  if (!columns.places_[email]) {
    const bool is_list_of_addresses =
        first_line.size() == 1 && first_line[0].find('@') != std::string::npos;
    const std::string_view whole = first_line.size() == 1 ? first_line[0] : std::string_view();
    for (const auto& [separator, name] : {std::pair(';', "';'"), std::pair('\t', "tabs")})
      for (const std::string_view title : split(whole, separator))
        if (title != whole && column_called(title) == email)
          return invalid(fmt::format("fields are separated by {}: save it with commas", name));
    if (!is_list_of_addresses)
      return invalid(
          "no column is called email: put a line with the columns' names on top, such as "
          "email,created");
    columns = {};
    columns.is_header_ = false;
    columns.places_[email] = 0;
  }
  const bool says_why = columns.places_[reason] || columns.places_[status] || columns.places_[ip];
  if (!defaults.list && !columns.places_[list] && !columns.places_[group] && says_why)
    return invalid(
        "which list is it? The file does not say: give --list bounces, or blocks, invalid, "
        "spam-reports");
  return columns;
}

Result<Suppression> SuppressionColumns::entry(std::span<const std::string> fields,
                                              const std::set<std::int64_t>& groups,
                                              const SuppressionDefaults& defaults) const {
  if (fields.size() != width_)
    return invalid(fmt::format("{} fields where the first line has {}", fields.size(), width_));
  const auto text = [&](Column column) {
    return places_[column] ? trim(fields[*places_[column]]) : std::string_view();
  };
  Suppression entry;
  entry.list = defaults.list.value_or(SuppressionList::global);
  entry.group = defaults.group;
  if (!text(list).empty()) {
    const auto named = read_list(text(list));
    if (!named) return named.error();
    entry.list = *named;
  } else if (!defaults.list && !text(group).empty() && text(group) != "0") {
    entry.list = SuppressionList::group;
  }
  if (entry.list != SuppressionList::group) {
    entry.group = 0;
  } else {
    if (!text(group).empty()) {
      const auto number = to_integer(text(group));
      if (!number || *number < 1)
        return invalid(fmt::format("'{}' is no group's number", printable(text(group), 60)));
      entry.group = *number;
    }
    if (entry.group == 0) return invalid("which group? Fill the column group, or give --group");
    if (!groups.contains(entry.group))
      return invalid(
          fmt::format("there is no group {}: make it with 'smtpapictl group add --id {} NAME'",
                      entry.group, entry.group));
  }
  auto address = read_suppressed(text(email), entry.list);
  if (text(email).empty()) return invalid("no address");
  if (!address)
    return std::move(address).error().within(fmt::format("'{}'", printable(text(email), 60)));
  entry.address = *std::move(address);
  entry.created = defaults.now;
  if (!text(created).empty()) {
    const auto time = read_moment(text(created));
    if (!time) return time.error();
    entry.created = *time;
  }
  entry.reason = on_one_line(text(reason));
  entry.status = on_one_line(text(status));
  entry.ip = on_one_line(text(ip));
  return entry;
}

std::string_view suppression_csv_head() { return "email,list,group,created,reason,status,ip\n"; }

namespace {

/// What is not UTF-8 in an MTA's words would make the line unreadable as a whole.
std::string utf8_field(std::string_view text) {
  std::string out;
  while (const auto invalid = find_invalid_utf8(text)) {
    out += text.substr(0, *invalid);
    out += "\uFFFD";
    text.remove_prefix(*invalid + 1);
  }
  return csv_field(out.append(text));
}

}  // namespace

std::string suppression_csv_line(const Suppression& entry) {
  const bool of_group = entry.list == SuppressionList::group;
  return fmt::format("{},{},{},{},{},{},{}\n", utf8_field(entry.address), to_string(entry.list),
                     of_group ? std::to_string(entry.group) : "", write_moment(entry.created),
                     utf8_field(entry.reason), utf8_field(entry.status), utf8_field(entry.ip));
}

}  // namespace smtpapi::ctl
