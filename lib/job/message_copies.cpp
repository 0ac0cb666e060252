#include "job/message_copies.h"

#include <algorithm>

#include "event/suppression.h"

namespace smtpapi {
namespace {

/// The queue notes that a copy went out some time after the MTA logged it.
constexpr seconds noted_late(120);

std::vector<const CopyPlace*> of_last_submission(const std::vector<CopyPlace>& copies, Time time) {
  const CopyPlace* last = nullptr;
  for (const CopyPlace& copy : copies)
    if (copy.since <= time + noted_late && (!last || copy.since >= last->since)) last = &copy;
  std::vector<const CopyPlace*> out;
  for (const CopyPlace& copy : copies)
    if (last && copy.submission_id == last->submission_id) out.push_back(&copy);
  return out;
}

}  // namespace

void MessageCopies::add(CopyPlace copy) {
  Message& message = messages_[copy.queue_id];
  // Only what was passed on is added beside what is there.
  if (!message.copies.empty() && copy.passed_on_to == copy.queue_id &&
      std::any_of(message.copies.begin(), message.copies.end(),
                  [&](const CopyPlace& other) { return other.copy_id == copy.copy_id; }))
    return;
  message.was_used_again |=
      !message.copies.empty() && message.copies.front().submission_id != copy.submission_id;
  message.copies.push_back(std::move(copy));
}

std::vector<const CopyPlace*> MessageCopies::with_address(Message& message,
                                                          std::string_view address) {
  for (; message.indexed < message.copies.size(); ++message.indexed) {
    const std::string key = suppression_key(message.copies[message.indexed].recipient);
    const std::size_t at = key.rfind('@');
    if (at != key.npos) message.by_address.emplace(key.substr(0, at), message.indexed);
    message.by_address.emplace(key, message.indexed);
  }
  std::vector<std::size_t> places;
  const auto [begin, end] = message.by_address.equal_range(suppression_key(address));
  for (auto found = begin; found != end; ++found) places.push_back(found->second);
  std::sort(places.begin(), places.end());
  std::vector<const CopyPlace*> out;
  for (const std::size_t place : places) out.push_back(&message.copies[place]);
  return out;
}

std::vector<const CopyPlace*> MessageCopies::meant(const DeliveryReport& report) {
  std::vector<const CopyPlace*> all;
  const auto found = messages_.find(report.queue_id);
  if (found == messages_.end()) return all;
  Message& message = found->second;
  if (message.was_used_again) {
    all = of_last_submission(message.copies, report.time);
  } else if (message.copies.size() == 1 || report.recipient.empty()) {
    for (const CopyPlace& copy : message.copies) all.push_back(&copy);
  }
  if (all.size() == 1 || report.recipient.empty()) return all;
  for (const std::string* address : {&report.recipient, &report.orig_recipient}) {
    if (address->empty()) continue;
    std::vector<const CopyPlace*> named = with_address(message, *address);
    if (message.was_used_again)
      std::erase_if(named, [&](const CopyPlace* copy) {
        return std::find(all.begin(), all.end(), copy) == all.end();
      });
    if (!named.empty()) return named;
  }
  return {};
}

}  // namespace smtpapi
