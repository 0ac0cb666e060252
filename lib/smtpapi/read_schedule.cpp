// `send_at` and `send_each_at` (SCH-1 to SCH-6).
#include "smtpapi/numeric.h"
#include "smtpapi/readers.h"

namespace smtpapi {
namespace {

using json::Kind;
using json::Value;

std::optional<std::int64_t> read_time(const Value& value) {
  if (!value.is(Kind::number) && !value.is(Kind::string)) return std::nullopt;
  const auto number = read_number(value.text());
  if (!number) return std::nullopt;
  return number->whole;
}

/// Where a time stands. `number` counts from 1; 0: not in an array.
struct Slot {
  std::string_view key;
  std::size_t number = 0;
};
std::string to_string(const Slot& slot) {
  if (slot.number == 0) return fmt::format("'{}'", slot.key);
  return fmt::format("'{}' entry {}", slot.key, slot.number);
}

/// The time in `value`; what is wrong with it becomes a problem.
std::optional<std::int64_t> check_time(const Value& value, std::int64_t latest, const Slot& slot,
                                       Findings& findings) {
  const auto time = read_time(value);
  if (!time) {
    findings.problems.add(value.offset(), "{} is {}: it must be a Unix time in seconds",
                          to_string(slot),
                          value.is(Kind::string) ? quoted(value.text()) : describe(value.kind()));
  } else if (*time > latest) {
    const bool is_milliseconds = *time >= 100'000'000'000 && *time / 1000 <= latest;
    findings.problems.add(value.offset(), "{} is {}, further ahead than is allowed{}",
                          to_string(slot), printable(value.text(), 40),
                          is_milliseconds ? ": it looks like milliseconds, write seconds" : "");
  }
  return time;
}

}  // namespace

std::optional<std::int64_t> read_send_at(const Value& value, std::int64_t latest,
                                         Findings& findings) {
  Value single = value;
  if (value.is(Kind::array)) {  // SCH-6: an array of one
    std::size_t count = 0;
    for (const Value& entry : json::Items(value)) {
      if (count++ == 0) single = entry;
    }
    if (count == 0) return std::nullopt;
    if (count > 1) {
      findings.problems.add(value.offset(),
                            "'send_at' has {} times: use 'send_each_at' for one per recipient",
                            count);
      return std::nullopt;
    }
  }
  return check_time(single, latest, {"send_at"}, findings);
}

std::vector<std::int64_t> read_send_each_at(const Value& value, std::int64_t latest,
                                            std::size_t recipients, Findings& findings) {
  std::vector<std::int64_t> times;
  if (!value.is(Kind::array)) {
    return {check_time(value, latest, {"send_each_at"}, findings).value_or(0)};
  }
  for (const Value& entry : json::Items(value)) {
    if (recipients > 0 && times.size() == recipients) break;
    const Slot slot{"send_each_at", times.size() + 1};
    times.push_back(check_time(entry, latest, slot, findings).value_or(0));
  }
  return times;
}

}  // namespace smtpapi
