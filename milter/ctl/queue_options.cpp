#include "milter/ctl/queue_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array states = {CopyState::waiting,   CopyState::sent,    CopyState::failed,
                               CopyState::cancelled, CopyState::expired, CopyState::dropped};

Result<CopyState> read_state(std::string_view text) {
  std::vector<std::string_view> names;
  for (const CopyState state : states) {
    if (equals_ignoring_case(text, to_string(state))) return state;
    names.push_back(to_string(state));
  }
  return invalid(fmt::format("--state: '{}' is none of {}{}", printable(text, 60),
                             fmt::join(names, ", "), did_you_mean(text, names)));
}

/// Ids of submissions and of batches are of one alphabet (SCH-11).
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' ||
           c == '_';
  });
}

}  // namespace

Result<CopyQuery> read_query(const Arguments& arguments) {
  CopyQuery query;
  query.recipient = arguments.value("--recipient").value_or("");
  query.submission_id = arguments.value("--submission").value_or("");
  query.batch_id = arguments.value("--batch").value_or("");
  for (const std::string_view name : {"--submission", "--batch"}) {
    const auto id = arguments.value(name);
    if (id && !is_id(*id))
      return invalid(fmt::format("{}: '{}' is no id", name, printable(*id, 60)));
  }
  if (arguments.has("--recipient") && query.recipient.empty())
    return invalid("--recipient: ADDRESS is empty");
  if (const auto text = arguments.value("--state")) {
    const auto state = read_state(*text);
    if (!state) return state.error();
    query.state = *state;
  }
  return query;
}

bool is_everything(const CopyQuery& query) {
  return query.recipient.empty() && query.submission_id.empty() && query.batch_id.empty() &&
         !query.state && query.id == 0;
}

Result<CopyQuery> read_id(std::string_view operand) {
  constexpr std::size_t submission_id_size = 22;
  CopyQuery query;
  if (operand.size() == submission_id_size && is_id(operand)) {
    query.submission_id = operand;
    return query;
  }
  const auto number = to_integer(operand);
  if (!number || *number < 1)
    return invalid(
        fmt::format("'{}' is neither a copy's number nor a submission's id of 22 characters",
                    printable(operand, 60)));
  query.id = *number;
  return query;
}

std::string_view state_in_words(const Copy& copy) {
  if (copy.state == CopyState::waiting && copy.cancelling) return "cancelling";
  if (copy.state == CopyState::waiting && copy.paused) return "paused";
  return to_string(copy.state);
}

void write_copy(JsonWriter& json, const Copy& copy) {
  constexpr std::string_view kinds[] = {"normal", "bcc", "notice"};
  json.begin_object();
  json.member("id", copy.id);
  json.member("submission", copy.submission_id);
  json.member("index", copy.index);
  json.member("kind", kinds[static_cast<int>(copy.kind)]);
  json.member("recipient", copy.recipient);
  json.member("state", to_string(copy.state));
  json.member("paused", copy.paused);
  json.member("cancelling", copy.cancelling);
  json.member("due", to_unix(copy.due));
  json.member("next", to_unix(copy.next));
  json.member("attempts", copy.attempts);
  json.member("queue_id", copy.queue_id);
  json.member("reply", copy.reply);
  json.end_object();
}

}  // namespace smtpapi::ctl
