#include "job/follow.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::array<seconds, 4> asked_after = {seconds(1), seconds(5), seconds(30), seconds(120)};
constexpr std::size_t most_waiting = 100'000;
constexpr std::size_t most_in_a_step = 5'000;
/// A message that was passed on may be logged shortly before the line that says so.
constexpr std::size_t most_once_more = 32;
constexpr int longest_chain = 4;         ///< of messages passed on within one step
constexpr seconds place_kept_after(10);  ///< where nothing else is written
constexpr seconds longest_deferral = std::chrono::hours(72);  ///< SUPP-6

using Kind = DeliveryReport::Kind;

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
  std::vector<PassedOn> passed_on;
  std::map<std::int64_t, std::string> queue_ids;  ///< where those are now, by copy

  bool is_empty() const { return events.empty() && suppressions.empty() && passed_on.empty(); }
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

Result<MessageCopies> Follower::look_up(const std::vector<Item>& items) {
  std::set<std::string, std::less<>> ids;
  for (const Item& item : items) ids.insert(item.report.queue_id);
  auto places = reports_.copies_in(std::vector<std::string>(ids.begin(), ids.end()));
  if (!places) return std::move(places).error();
  MessageCopies copies;
  for (CopyPlace& place : *places) copies.add(std::move(place));
  return copies;
}

/// Not to another host that happens to answer with a queue ID that is known here.
bool Follower::passes_on(const DeliveryReport& report) const {
  if (report.passed_on_to.empty()) return false;
  return report.relay_ip.empty() || sending_from_(report.relay_ip) == report.relay_ip;
}

void Follower::pass_on(const std::vector<Item>& items, MessageCopies& copies,
                       Harvest& harvest) const {
  std::vector<const DeliveryReport*> left;
  for (const Item& item : items)
    if (passes_on(item.report)) left.push_back(&item.report);
  for (int round = 0; round < longest_chain && !left.empty(); ++round) {
    std::erase_if(left, [&](const DeliveryReport* report) {
      if (!copies.has(report->queue_id)) return false;
      std::vector<CopyPlace> further;
      for (const CopyPlace* copy : copies.meant(*report)) further.push_back(*copy);
      for (CopyPlace& copy : further) {
        harvest.passed_on.push_back({copy.copy_id, report->passed_on_to, report->time});
        harvest.queue_ids[copy.copy_id] = report->passed_on_to;
        copy.queue_id = copy.passed_on_to = report->passed_on_to;
        copy.since = report->time;
        copies.add(std::move(copy));
      }
      return true;
    });
  }
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
  if (copy.kind == CopyKind::notice || passes_on(report)) return ok();
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
  // The whole message ended: of those of its copies that are still in it and whose end is not
  // known.
  const auto now_in = harvest.queue_ids.find(copy.copy_id);
  const std::string& queue_id =
      now_in != harvest.queue_ids.end() ? now_in->second : copy.passed_on_to;
  if (!queue_id.empty() && queue_id != report.queue_id) return ok();
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

/// Of all that is asked about again, and `other`.
const Follower::Item* Follower::oldest(const Item* other) const {
  const Item* oldest = other;
  const auto look_at = [&](const Item& item) {
    if (!oldest || item.order < oldest->order) oldest = &item;
  };
  for (const auto& queue : waiting_)
    if (!queue.empty()) look_at(queue.front());
  if (!once_more_.empty()) look_at(once_more_.front());
  return oldest;
}

Status Follower::take_in(Time now) {
  auto read = source_.read(now);
  if (!read) return std::move(read).error();
  piece_ = *std::move(read);
  unsettled_ = take_due(now, most_in_a_step);
  for (Item& item : unsettled_) item.is_final = ++item.tries == asked_after.size();
  for (Item& item : once_more_) item.was_asked_twice = true;
  std::move(once_more_.begin(), once_more_.end(), std::back_inserter(unsettled_));
  once_more_.clear();
  std::sort(unsettled_.begin(), unsettled_.end(),
            [](const Item& a, const Item& b) { return a.order < b.order; });
  unsettled_.reserve(unsettled_.size() + piece_->reports.size());
  for (LoggedReport& logged : piece_->reports) {
    Item& item = unsettled_.emplace_back();
    item.is_final = !is_patient_ && logged.report.time + asked_after.back() < now;
    item.was_asked_twice = !item.is_final;
    item.report = std::move(logged.report);
    item.place = std::move(logged.place);
    item.order = order_++;
    item.seen = now;
  }
  return ok();
}

Status Follower::settle(Time now) {
  auto copies = look_up(unsettled_);
  if (!copies) return copies.error();
  Harvest harvest;
  pass_on(unsettled_, *copies, harvest);
  std::vector<Item*> unknown, dropped;
  for (Item& item : unsettled_) {
    if (!copies->has(item.report.queue_id)) {
      if (!item.is_final) unknown.push_back(&item);
      if (item.is_final && !item.was_asked_twice) dropped.push_back(&item);
      continue;
    }
    for (const CopyPlace* copy : copies->meant(item.report))
      if (Status told = tell_copy(item.report, *copy, harvest); !told) return told;
  }
  if (dropped.size() > most_once_more)
    dropped.erase(dropped.begin(), dropped.end() - most_once_more);
  if (!harvest.is_empty()) {
    // The place is kept with them: that of the oldest line still waited for, or behind all.
    const Item* first = unknown.empty() ? nullptr : unknown.front();
    if (!dropped.empty() && (!first || dropped.front()->order < first->order))
      first = dropped.front();
    first = oldest(first);
    const std::string place = first ? first->place : piece_->place.empty() ? place_ : piece_->place;
    if (Status kept = keep(harvest, place, now); !kept) return kept;
  }
  for (Item* item : dropped) once_more_.push_back(std::move(*item));
  for (Item* item : unknown) hold_back(std::move(*item));
  unsettled_.clear();
  return ok();
}

Status Follower::keep(const Harvest& harvest, const std::string& place, Time now) {
  const std::string name = place.empty() ? "" : "log:" + source_.name();
  const auto kept =
      reports_.keep({harvest.events, harvest.suppressions, name, place, harvest.passed_on});
  if (!kept) return kept.error();
  kept_place_ = place;
  kept_ = now;
  return ok();
}

Result<bool> Follower::step(Time now) {
  if (!has_started_)
    if (Status started = start(); !started) return std::move(started).error();
  if (!piece_)
    if (Status taken = take_in(now); !taken) return std::move(taken).error();
  if (!unsettled_.empty()) {
    if (Status settled = settle(now); !settled) {
      is_patient_ = true;
      return std::move(settled).error();
    }
  }
  const bool is_all = piece_->is_all;
  if (!piece_->place.empty()) place_ = piece_->place;
  piece_.reset();
  if (is_all) is_patient_ = false;

  const Item* const first = oldest(nullptr);
  const std::string place = first ? first->place : place_;
  if (place != kept_place_ && !place.empty() && now - kept_ >= place_kept_after)
    if (Status kept = keep({}, place, now); !kept) return std::move(kept).error();
  return !is_all || !once_more_.empty();
}

}  // namespace smtpapi
