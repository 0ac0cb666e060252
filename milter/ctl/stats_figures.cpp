#include "milter/ctl/stats_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "job/event_labels.h"
#include "milter/ctl/moment.h"

namespace smtpapi::ctl {
namespace {

constexpr std::int64_t numbers_at_a_time = 20'000;
constexpr std::size_t most_submissions = 200'000;  ///< whose categories are kept in mind

constexpr std::size_t Figures::*members[] = {&Figures::processed,
                                             &Figures::dropped,
                                             &Figures::delivered,
                                             &Figures::deferred,
                                             &Figures::bounces,
                                             &Figures::blocks,
                                             &Figures::expired,
                                             &Figures::opens,
                                             &Figures::clicks,
                                             &Figures::unique_opens,
                                             &Figures::unique_clicks,
                                             &Figures::machine_opens,
                                             &Figures::machine_clicks,
                                             &Figures::spam_reports,
                                             &Figures::unsubscribes,
                                             &Figures::group_unsubscribes,
                                             &Figures::group_resubscribes};

std::size_t& member_for(Figures& figures, const EventCount& count) {
  switch (count.kind) {
    case EventKind::processed:
      return figures.processed;
    case EventKind::dropped:
      return figures.dropped;
    case EventKind::delivered:
      return figures.delivered;
    case EventKind::deferred:
      return figures.deferred;
    case EventKind::bounce:
      if (count.bounce_type == "blocked") return figures.blocks;
      return count.bounce_type == "expired" ? figures.expired : figures.bounces;
    case EventKind::open:
      return count.is_machine ? figures.machine_opens : figures.opens;
    case EventKind::click:
      return count.is_machine ? figures.machine_clicks : figures.clicks;
    case EventKind::spam_report:
      return figures.spam_reports;
    case EventKind::unsubscribe:
      return figures.unsubscribes;
    case EventKind::group_unsubscribe:
      return figures.group_unsubscribes;
    case EventKind::group_resubscribe:
      return figures.group_resubscribes;
  }
  return figures.processed;
}

}  // namespace

void Figures::add(const EventCount& count) { member_for(*this, count) += count.count; }

Figures& Figures::operator+=(const Figures& other) {
  for (const auto member : members) this->*member += other.*member;
  return *this;
}

std::uint32_t FigureTable::place_of(const std::string& name) {
  if (const auto found = places_.find(name); found != places_.end()) return found->second;
  if (names_.size() == max_categories) names_.emplace_back("(others)");
  if (names_.size() > max_categories) return max_categories;
  const auto place = static_cast<std::uint32_t>(names_.size());
  names_.push_back(name);
  places_.emplace(name, place);
  return place;
}

/// Days begin at a quarter of an hour in every time zone of today.
const std::string& FigureTable::day_of(Time time) {
  const std::int64_t quarter = to_unix(time) / 900;
  auto [found, is_new] = days_.try_emplace(quarter);
  if (is_new) found->second = local_day(from_unix(quarter * 900));
  return found->second;
}

/// Categories of the submissions of `counts` that are not in mind.
Status FigureTable::learn(Events& events, const EventCounts& counts) {
  if (of_submission_.size() > most_submissions) of_submission_.clear();
  std::vector<std::string> unknown;
  for (const EventCount& count : counts.counts)
    if (of_submission_.try_emplace(count.submission_id).second)
      unknown.push_back(count.submission_id);
  return events.headers(unknown, [&](std::string_view id, Time received, std::string_view header) {
    Categories places;
    // Most headers name none and need not be read.
    const bool may_have_some = header.find("category") != std::string_view::npos ||
                               header.find('\\') != std::string_view::npos ||
                               header.find("=?") != std::string_view::npos;
    if (may_have_some) {
      const auto labels = EventLabels::read(header, received);
      for (const std::string& name : labels->categories()) places.push_back(place_of(name));
    }
    of_submission_[std::string(id)] = std::move(places);
  });
}

template <class Add>
void FigureTable::add(const std::string& submission_id, Time time, Add add) {
  const auto found = of_submission_.find(submission_id);
  if (found == of_submission_.end()) return;
  const Categories& places = found->second;
  const auto is_wanted = [&](std::uint32_t place) { return names_[place] == wanted_; };
  if (!wanted_.empty() && std::none_of(places.begin(), places.end(), is_wanted)) return;
  const std::string& day = day_of(time);
  add(total_[day]);
  for (const std::uint32_t place : places)
    if (wanted_.empty() || is_wanted(place)) add(by_category_[names_[place]][day]);
}

Status FigureTable::collect(Events& events, std::optional<Time> from, std::optional<Time> before) {
  const auto range = events.event_numbers(from, before);
  if (!range) return range.error();
  if (range->last == 0) return ok();
  for (std::int64_t first = range->first; first <= range->last; first += numbers_at_a_time) {
    const std::int64_t last = std::min(range->last, first + numbers_at_a_time - 1);
    const auto counted = events.count_events({first, last}, from, before);
    if (!counted) return counted.error();
    if (Status learnt = learn(events, *counted); !learnt) return learnt;
    for (const EventCount& count : counted->counts)
      add(count.submission_id, count.quarter, [&](Figures& figures) { figures.add(count); });
    for (const EngagedCopy& copy : counted->engaged) {
      const std::string name =
          fmt::format("{} {} {}", copy.submission_id, copy.index, static_cast<int>(copy.kind));
      if (!engaged_.insert(std::hash<std::string>()(name)).second) continue;
      const auto member =
          copy.kind == EventKind::open ? &Figures::unique_opens : &Figures::unique_clicks;
      add(copy.submission_id, copy.first, [&](Figures& figures) { ++(figures.*member); });
    }
  }
  return ok();
}

}  // namespace smtpapi::ctl
