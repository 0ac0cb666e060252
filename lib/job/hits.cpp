#include "job/hits.h"

#include "base/random_id.h"
#include "job/machine_signs.h"

namespace smtpapi {
namespace {

constexpr const char* many_links = "several links within a second";
constexpr const char* followed_trap = "followed a hidden link";

std::size_t size_of(const Hit& hit) {
  return 400 + hit.link.url.size() + hit.link.recipient.size() + hit.user_agent.size() +
         8 * hit.link.groups.size();
}

bool is_same_link(const Link& a, const Link& b) { return a.place == b.place && a.type == b.type; }

Event to_event(Hit&& hit, std::string machine) {
  Event out;
  out.kind = hit.link.kind == LinkKind::open ? EventKind::open : EventKind::click;
  out.id = event_id(out.kind, random_id(), hit.link.submission_id, hit.link.index);
  out.time = hit.time;
  out.submission_id = std::move(hit.link.submission_id);
  out.index = hit.link.index;
  out.recipient = std::move(hit.link.recipient);
  out.ip = std::move(hit.client);
  out.useragent = std::move(hit.user_agent);
  out.group = hit.link.group;
  out.machine = std::move(machine);
  if (out.kind == EventKind::click) {
    out.url = std::move(hit.link.url);
    out.link = hit.link.place;
    out.link_type = hit.link.type;
  }
  return out;
}

}  // namespace

template <class Look>
void Hits::look_back(const CopyName& name, Moment now, Moment age, Look look) {
  const auto found = by_copy_.find(name);
  if (found == by_copy_.end()) return;
  std::size_t looks = 0;
  for (auto number = found->second.rbegin(); number != found->second.rend(); ++number) {
    const Held& held = held_[static_cast<std::size_t>(*number - held_.front().number)];
    if (now - held.at > age || ++looks > max_looks) return;
    look(held);
  }
}

void Hits::add(Hit hit, Moment now) {
  CopyName name{hit.link.submission_id, hit.link.index};
  if (hit.link.kind == LinkKind::trap) return spring_trap(name, hit.client, now);

  const std::uint64_t number = numbers_++;
  const auto trap = trapped_.find({name, hit.client});
  if (trap != trapped_.end() && now - trap->second < trap_lasts) {
    verdicts_[number] = followed_trap;
  } else if (hit.link.kind == LinkKind::click && is_burst(name, hit, now)) {
    verdicts_[number] = many_links;
  }
  by_copy_[std::move(name)].push_back(number);
  octets_ += size_of(hit);
  held_.push_back({std::move(hit), now, number});
  while (octets_ > max_octets_) {
    forget_front();
    ++dropped_;
  }
}

/// Whether a click belongs to a burst; if so, marks what else does.
bool Hits::is_burst(const CopyName& name, const Hit& hit, Moment now) {
  bool several = false;
  look_back(name, now, burst, [&](const Held& other) {
    if (other.hit.link.kind != LinkKind::click) return;
    const auto verdict = verdicts_.find(other.number);
    several |= !is_same_link(other.hit.link, hit.link) ||
               (verdict != verdicts_.end() && verdict->second == many_links);
  });
  if (!several) return false;
  look_back(name, now, burst, [&](const Held& other) {
    const bool is_part = other.hit.link.kind == LinkKind::click || other.hit.client == hit.client;
    if (is_part) verdicts_.try_emplace(other.number, many_links);
  });
  return true;
}

void Hits::spring_trap(const CopyName& name, const std::string& client, Moment now) {
  std::erase_if(trapped_, [&](const auto& entry) { return now - entry.second >= trap_lasts; });
  if (trapped_.size() >= max_trapped) trapped_.clear();
  trapped_[{name, client}] = now;
  look_back(name, now, hold, [&](const Held& other) {
    if (other.hit.client == client) verdicts_[other.number] = followed_trap;
  });
}

std::vector<Event> Hits::take(Moment now, std::size_t limit) {
  std::vector<Event> out;
  while (!held_.empty() && out.size() < limit && held_.front().at + hold <= now) {
    Held& front = held_.front();
    std::string machine;
    if (const auto verdict = verdicts_.find(front.number); verdict != verdicts_.end()) {
      machine = verdict->second;
    }
    if (machine.empty()) machine = prefetch_sign(front.hit.purpose);
    if (machine.empty()) machine = machine_sign(front.hit.user_agent, front.hit.client);
    Hit hit = front.hit;
    forget_front();
    out.push_back(to_event(std::move(hit), std::move(machine)));
  }
  return out;
}

void Hits::forget_front() {
  const Held& front = held_.front();
  const auto found = by_copy_.find({front.hit.link.submission_id, front.hit.link.index});
  found->second.pop_front();  // the oldest of its copy
  if (found->second.empty()) by_copy_.erase(found);
  verdicts_.erase(front.number);
  octets_ -= size_of(front.hit);
  held_.pop_front();
}

}  // namespace smtpapi
