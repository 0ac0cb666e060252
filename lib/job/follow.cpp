#include "job/follow.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::array<seconds, 4> asked_after = {seconds(1), seconds(5), seconds(30), seconds(120)};
constexpr std::size_t most_waiting = 100'000;
constexpr std::size_t most_in_a_step = 5'000;
constexpr seconds place_kept_after(10);                       ///< where nothing else is written
constexpr seconds longest_deferral = std::chrono::hours(72);  ///< SUPP-6

using Kind = DeliveryReport::Kind;

/// Which of the copies in a message a line about `report.recipient` means. An alias changes the
/// recipient; but what becomes of the only copy in a message is that copy's, whatever the address.
std::vector<const CopyPlace*> meant(const DeliveryReport& report,
                                    const std::vector<CopyPlace>& copies) {
  std::vector<const CopyPlace*> found;
  for (const std::string* address : {&report.recipient, &report.orig_recipient}) {
    if (address->empty()) continue;
    const std::string key = suppression_key(*address);
    const bool is_bare = key.find('@') == key.npos;  // a local user's
    for (const CopyPlace& copy : copies) {
      const std::string other = suppression_key(copy.recipient);
      if (other == key || (is_bare && other.substr(0, other.rfind('@')) == key))
        found.push_back(&copy);
    }
    if (!found.empty()) return found;
  }
  if (copies.size() == 1 || report.recipient.empty())
    for (const CopyPlace& copy : copies) found.push_back(&copy);
  return found;
}

Event event_of(const DeliveryReport& report, const CopyPlace& copy, EventKind kind,
               std::string_view mark) {
  Event event;
  event.kind = kind;
  event.time = report.time;
  event.submission_id = copy.submission_id;
  event.index = copy.index;
  event.recipient = copy.recipient;
  event.id = event_id(kind, mark, copy.submission_id, copy.index);
  return event;
}

Suppression entry_of(const CopyPlace& copy, SuppressionList list, const DeliveryReport& report,
                     std::string reason, std::string status) {
  return {.list = list,
          .address = copy.recipient,
          .created = report.time,
          .reason = std::move(reason),
          .status = std::move(status),
          .ip = ""};
}

/// The reply code in front of `text`.
int reply_code(std::string_view text) {
  const auto number = to_integer(text.substr(0, 3));
  return number && *number >= 200 && *number < 600 ? static_cast<int>(*number) : 0;
}

}  // namespace

struct Follower::Harvest {
  std::vector<Event> events;
  std::vector<Suppression> suppressions;
  std::map<std::pair<std::string, std::size_t>, CopyHistory> histories;  ///< as they become
  std::set<std::pair<std::string, std::size_t>> finished;                ///< by this step
};

Status Follower::start() {
  const auto place = reports_.bookmark("log:" + source_.name());
  if (!place) return place.error();
  source_.go_to(*place);
  place_ = kept_place_ = place->value_or("");
  has_started_ = true;
  return ok();
}

std::size_t Follower::pending() const {
  std::size_t count = 0;
  for (const auto& queue : waiting_) count += queue.size();
  return count;
}

std::vector<Follower::Item> Follower::take_due(Time now, std::size_t most) {
  std::vector<Item> items;
  for (std::size_t tries = 0; tries < waiting_.size(); ++tries) {
    auto& queue = waiting_[tries];
    while (!queue.empty() && items.size() < most &&
           queue.front().seen + asked_after[tries] <= now) {
      items.push_back(std::move(queue.front()));
      queue.pop_front();
    }
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.order < b.order; });
  return items;
}

Result<Follower::CopiesOf> Follower::look_up(const std::vector<Item>& items) {
  std::set<std::string, std::less<>> ids;
  for (const Item& item : items) ids.insert(item.report.queue_id);
  auto places = reports_.copies_in(std::vector<std::string>(ids.begin(), ids.end()));
  if (!places) return std::move(places).error();
  CopiesOf copies;
  for (CopyPlace& place : *places) copies[place.queue_id].push_back(std::move(place));
  return copies;
}

Result<CopyHistory*> Follower::history(const CopyPlace& copy, Harvest& harvest) {
  const auto key = std::pair(copy.submission_id, copy.index);
  const auto known = harvest.histories.find(key);
  if (known != harvest.histories.end()) return &known->second;
  auto history = reports_.history(copy.submission_id, copy.index);
  if (!history) return std::move(history).error();
  return &harvest.histories.emplace(key, *std::move(history)).first->second;
}

Status Follower::tell_copy(const DeliveryReport& report, const CopyPlace& copy, Harvest& harvest) {
  if (copy.kind == CopyKind::notice) return ok();
  // A blind copy shares its row with the recipient message that it copies: it has no events of its
  // own, but its address may end on a list.
  const bool has_events = copy.kind == CopyKind::normal;
  const std::string ip =
      report.is_own_service || !has_events ? std::string() : sending_from_(report.relay_ip);
  if (report.kind == Kind::delivered) {
    if (!has_events) return ok();
    Event event = event_of(report, copy, EventKind::delivered, "");
    event.ip = ip;
    event.response = report.text;
    event.tls = report.tls;
    harvest.finished.emplace(copy.submission_id, copy.index);
    harvest.events.push_back(std::move(event));
    return ok();
  }
  if (report.kind == Kind::failed) {
    const BounceVerdict verdict = classes_.verdict(report.status, report.reply_code, report.text);
    harvest.suppressions.push_back(
        entry_of(copy, verdict.list, report, report.text, report.status));
    if (!has_events) return ok();
    Event event = event_of(report, copy, EventKind::bounce, "");
    event.ip = ip;
    event.reason = report.text;
    event.status = report.status;
    event.tls = report.tls;
    event.bounce_type = verdict.type;
    event.classification = verdict.classification;
    harvest.finished.emplace(copy.submission_id, copy.index);
    harvest.events.push_back(std::move(event));
    return ok();
  }
  if (!has_events) return ok();

  const auto asked = history(copy, harvest);
  if (!asked) return asked.error();
  CopyHistory& past = **asked;
  if (report.kind == Kind::deferred) {
    Event event = event_of(report, copy, EventKind::deferred, report.mark);
    if (std::find(past.deferral_ids.begin(), past.deferral_ids.end(), event.id) !=
        past.deferral_ids.end())
      return ok();  // read again
    past.deferral_ids.push_back(event.id);
    if (!past.first_deferral) past.first_deferral = report.time;
    past.status = report.status;
    past.response = report.text;
    event.ip = ip;
    event.response = report.text;
    event.status = report.status;
    event.attempt = static_cast<int>(past.deferral_ids.size());
    harvest.events.push_back(std::move(event));
    if (report.time - *past.first_deferral >= longest_deferral)  // SUPP-6
      harvest.suppressions.push_back(
          entry_of(copy, SuppressionList::blocks, report, report.text, report.status));
    return ok();
  }
  // The whole message ended: of those of its copies whose end is not known yet.
  if (past.is_finished || !harvest.finished.emplace(copy.submission_id, copy.index).second)
    return ok();
  Event event = event_of(report, copy, EventKind::bounce, "");
  if (report.kind == Kind::deleted) {
    event.bounce_type = "blocked";
    event.classification = "Unclassified";
    event.reason = "deleted from the mail queue";
    harvest.events.push_back(std::move(event));
    return ok();
  }
  event.reason = !past.response.empty() ? past.response : report.text;
  event.status = !past.status.empty() ? past.status : report.status;
  event.bounce_type = "expired";
  event.classification =
      classes_.verdict(event.status, reply_code(event.reason), event.reason).classification;
  harvest.suppressions.push_back(
      entry_of(copy, SuppressionList::blocks, report, event.reason, event.status));
  harvest.events.push_back(std::move(event));
  return ok();
}

Status Follower::tell(const Item& item, const std::vector<CopyPlace>& copies, Harvest& harvest) {
  for (const CopyPlace* copy : meant(item.report, copies))
    if (Status told = tell_copy(item.report, *copy, harvest); !told) return told;
  return ok();
}

void Follower::hold_back(Item item) {
  if (pending() >= most_waiting) {
    for (std::size_t tries = waiting_.size(); tries-- > 0;) {
      if (waiting_[tries].empty()) continue;
      waiting_[tries].pop_front();
      break;
    }
  }
  auto& queue = waiting_[item.tries];
  queue.push_back(std::move(item));
}

void Follower::put_off(std::vector<Item> items) {
  for (Item& item : items) hold_back(std::move(item));
}

std::string Follower::place_to_keep() const {
  const Item* oldest = nullptr;
  for (const auto& queue : waiting_)
    if (!queue.empty() && (!oldest || queue.front().order < oldest->order)) oldest = &queue.front();
  return oldest ? oldest->place : place_;
}

Result<bool> Follower::step(Time now) {
  if (!has_started_)
    if (Status started = start(); !started) return std::move(started).error();
  if (unsettled_.empty() && !piece_) {
    auto read = source_.read(now);
    if (!read) return std::move(read).error();
    piece_ = *std::move(read);
    unsettled_ = take_due(now, most_in_a_step);
    for (Item& item : unsettled_) item.is_final = ++item.tries == asked_after.size();
    for (LoggedReport& logged : piece_->reports) {
      Item item;
      item.is_final = !is_patient_ && logged.report.time + asked_after.back() < now;
      item.report = std::move(logged.report);
      item.place = std::move(logged.place);
      item.order = order_++;
      item.seen = now;
      unsettled_.push_back(std::move(item));
    }
  }

  Harvest harvest;
  std::vector<Item> unknown;
  if (!unsettled_.empty()) {
    const auto fail = [&](const Error& error) {
      is_patient_ = true;
      return error;
    };
    const auto copies = look_up(unsettled_);
    if (!copies) return fail(copies.error());
    std::vector<const Item*> put_off_items;
    for (const Item& item : unsettled_) {
      const auto found = copies->find(item.report.queue_id);
      if (found == copies->end()) {
        if (!item.is_final) put_off_items.push_back(&item);
      } else if (Status told = tell(item, found->second, harvest); !told) {
        return fail(told.error());
      }
    }
    if (!harvest.events.empty() || !harvest.suppressions.empty()) {
      // The place is kept with them: that of the oldest line still waited for, or behind all.
      const Item* oldest = put_off_items.empty() ? nullptr : put_off_items.front();
      for (const auto& queue : waiting_)
        if (!queue.empty() && (!oldest || queue.front().order < oldest->order))
          oldest = &queue.front();
      const std::string& behind = piece_->place.empty() ? place_ : piece_->place;
      const std::string place = oldest ? oldest->place : behind;
      const std::string name = "log:" + source_.name();
      const auto kept = reports_.keep(
          {harvest.events, harvest.suppressions, place.empty() ? std::string_view() : name, place});
      if (!kept) return fail(kept.error());
      kept_place_ = place;
      kept_ = now;
    }
    for (const Item* item : put_off_items) unknown.push_back(*item);
  }
  unsettled_.clear();
  put_off(std::move(unknown));
  const bool is_all = piece_->is_all;
  if (!piece_->place.empty()) place_ = piece_->place;
  piece_.reset();
  if (is_all) is_patient_ = false;

  std::string place = place_to_keep();
  if (place != kept_place_ && !place.empty() && now - kept_ >= place_kept_after) {
    const auto kept = reports_.keep({{}, {}, "log:" + source_.name(), place});
    if (!kept) return kept.error();
    kept_place_ = std::move(place);
    kept_ = now;
  }
  return !is_all;
}

}  // namespace smtpapi
