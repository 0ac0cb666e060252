#include "milter/ctl/event_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "milter/ctl/moment.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

Result<EventKind> read_kind(std::string_view text) {
  if (const auto kind = event_kind(to_lower(trim(text)))) return *kind;
  std::vector<std::string_view> names;
  for (const EventKind kind : event_kinds) names.push_back(to_string(kind));
  return invalid(fmt::format("--event: '{}' is none of {}{}", printable(text, 60),
                             fmt::join(names, ", "), did_you_mean(text, names)));
}

/// Ours, and the MTA's, which are letters and digits.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [](char c) {
    const char low = to_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

bool EventFilter::fits(const EventLabels* labels, std::size_t index) const {
  if (!needs_labels()) return true;
  if (!labels) return false;
  const auto& categories = labels->categories();
  if (!category.empty() &&
      std::find(categories.begin(), categories.end(), category) == categories.end())
    return false;
  if (unique_args.empty()) return true;
  const auto args = labels->unique_args(index);
  return std::all_of(unique_args.begin(), unique_args.end(), [&](const TextPair& wanted) {
    return std::find(args.begin(), args.end(), wanted) != args.end();
  });
}

Result<EventFilter> read_event_filter(const Arguments& arguments, Time now) {
  EventFilter filter;
  filter.query.recipient = arguments.value("--recipient").value_or("");
  filter.category = arguments.value("--category").value_or("");
  for (const std::string_view name : {"--recipient", "--category"})
    if (arguments.value(name) == "") return invalid(fmt::format("{}: it is empty", name));
  for (const auto& [name, id] : {std::pair("--submission", &filter.query.submission_id),
                                 std::pair("--queue-id", &filter.query.queue_id)}) {
    *id = arguments.value(name).value_or("");
    if (arguments.has(name) && !is_id(*id))
      return invalid(fmt::format("{}: '{}' is no id", name, printable(*id, 60)));
  }
  for (const std::string& words : arguments.values("--event")) {
    for (const std::string_view word : split(words, ',')) {
      const auto kind = read_kind(word);
      if (!kind) return kind.error();
      filter.query.kinds.push_back(*kind);
    }
  }
  for (const std::string& text : arguments.values("--unique-arg")) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid(fmt::format("--unique-arg: '{}' is not NAME=VALUE", printable(text, 60)));
    filter.unique_args.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [name, bound] :
       {std::pair("--since", &filter.query.from), std::pair("--before", &filter.query.before)}) {
    const auto text = arguments.value(name);
    if (!text) continue;
    auto time = read_moment(*text, now);
    if (!time) return std::move(time).error().within(name);
    *bound = *time;
  }
  return filter;
}

Result<std::shared_ptr<const EventLabels>> LabelCache::get(const std::string& submission_id) {
  if (const auto found = kept_.find(submission_id); found != kept_.end()) return found->second;
  std::shared_ptr<const EventLabels> labels;
  const Status asked = events_.headers({&submission_id, 1}, [&](auto, Time received, auto header) {
    labels = EventLabels::read(header, received);
  });
  if (!asked) return asked.error();
  if (weight_ > limit) {
    kept_.clear();
    weight_ = 0;
  }
  weight_ += 200 + (labels ? labels->weight() : 0);
  kept_.emplace(submission_id, labels);
  return labels;
}

void write_event(JsonWriter& json, const NumberedEvent& numbered, const EventLabels* labels) {
  const Event& event = numbered.event;
  const auto text = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.member(name, value);
  };
  json.begin_object();
  json.member("number", numbered.number);
  json.member("event", to_string(event.kind));
  json.member("timestamp", to_unix(event.time));
  json.member("email", event.recipient);
  json.member("submission", event.submission_id);
  json.member("index", event.index);
  json.member("sg_event_id", event.id);
  text("type", event.bounce_type);
  text("status", event.status);
  text("reason", event.reason);
  text("response", event.response);
  text("bounce_classification", event.classification);
  if (event.kind == EventKind::deferred) json.member("attempt", event.attempt);
  if (event.tls) json.member("tls", *event.tls);
  text("ip", event.ip);
  text("useragent", event.useragent);
  text("url", event.url);
  if (event.link) {
    json.key("url_offset");
    json.begin_object();
    json.member("index", *event.link);
    json.member("type", to_string(event.link_type));
    json.end_object();
  }
  if (event.group) json.member("asm_group_id", *event.group);
  text("machine", event.machine);
  if (labels) {
    json.strings("category", labels->categories());
    json.key("unique_args");
    json.begin_object();
    for (const auto& [name, value] : labels->unique_args(event.index)) json.member(name, value);
    json.end_object();
  }
  json.end_object();
}

std::string event_details(const Event& event) {
  std::string out;
  const auto add = [&](std::string_view text, std::size_t limit) {
    if (!text.empty()) out += (out.empty() ? "" : " ") + shown(text, limit);
  };
  add(event.bounce_type, 20);
  // A server's text mostly begins with the code.
  if (event.reason.find(event.status) == std::string::npos) add(event.status, 20);
  add(event.reason, 160);
  if (event.response != event.reason) add(event.response, 160);
  if (!event.classification.empty()) add("(" + event.classification + ")", 60);
  if (event.kind == EventKind::deferred && event.attempt > 0)
    add(fmt::format("(attempt {})", event.attempt), 40);
  if (!event.machine.empty()) add("by a machine: " + event.machine, 80);
  add(event.url, 160);
  if (event.group) add(fmt::format("group {}", *event.group), 40);
  return out;
}

}  // namespace smtpapi::ctl
