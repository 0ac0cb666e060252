// What the commands about events share: which events, and how one is written down.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "job/event_labels.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/json_writer.h"
#include "store/events.h"

namespace smtpapi::ctl {

constexpr Option event_recipient_option = {"--recipient", "ADDRESS", "events of this address"};
constexpr Option event_submission_option = {"--submission", "ID", "events of this submission"};
constexpr Option queue_id_option = {"--queue-id", "ID",
                                    "of the message the MTA calls so, as it was\n"
                                    "handed in or as it was sent on"};
constexpr Option event_option = {
    .name = "--event",
    .value = "KIND",
    .help =
        "processed, dropped, delivered, deferred, bounce,\nopen, click, spamreport, "
        "unsubscribe,\ngroup_unsubscribe, group_resubscribe; may be\nrepeated",
    .may_repeat = true};
constexpr Option category_option = {"--category", "NAME", "of messages with this category"};
constexpr Option unique_arg_option = {
    .name = "--unique-arg",
    .value = "NAME=VALUE",
    .help = "of copies with this unique argument; may be\nrepeated, then all must fit",
    .may_repeat = true};
constexpr Option since_option = {"--since", "TIME",
                                 "from then on: 2h for two hours ago,\n2026-11-21, "
                                 "2026-11-21T09:30:00Z, Unix seconds"};
constexpr Option before_option = {"--before", "TIME", "earlier than that"};

/// Which events are meant.
struct EventFilter {
  EventQuery query;
  std::string category;               ///< "" any
  std::vector<TextPair> unique_args;  ///< all of them, as substituted for the copy (UA-3)

  bool needs_labels() const { return !category.empty() || !unique_args.empty(); }
  /// Whether the labels of a copy fit. `labels` may be null: the submission is forgotten.
  bool fits(const EventLabels* labels, std::size_t index) const;
};
/// Errors: invalid.
Result<EventFilter> read_event_filter(const Arguments& arguments, Time now);

/// Labels of the submissions that were asked for, a few at a time in memory.
class LabelCache {
 public:
  explicit LabelCache(Events& events) : events_(events) {}
  /// Null when the submission is forgotten. Errors: as Store.
  Result<std::shared_ptr<const EventLabels>> get(const std::string& submission_id);

 private:
  static constexpr std::size_t limit = 32u << 20;  ///< octets, roughly
  Events& events_;
  std::unordered_map<std::string, std::shared_ptr<const EventLabels>> kept_;
  std::size_t weight_ = 0;
};

/// One object, in the words of the webhook where it has some (EVT-9, EVT-10).
void write_event(JsonWriter& json, const NumberedEvent& numbered, const EventLabels* labels);
/// What there is to say of it for people, "" if nothing.
std::string event_details(const Event& event);

}  // namespace smtpapi::ctl
