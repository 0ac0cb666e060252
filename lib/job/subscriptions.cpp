#include "job/subscriptions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/random_id.h"
#include "base/text.h"

namespace smtpapi {
namespace {

Suppression entry_of(const Link& link, std::optional<std::int64_t> group, Time time) {
  Suppression out;
  out.list = group ? SuppressionList::group : SuppressionList::global;
  out.group = group.value_or(0);
  out.address = link.recipient;
  out.created = time;
  return out;
}

Event event_of(const Link& link, std::optional<std::int64_t> group, bool join,
               const Visitor& visitor) {
  Event out;
  out.kind = join    ? EventKind::group_resubscribe
             : group ? EventKind::group_unsubscribe
                     : EventKind::unsubscribe;
  out.id = event_id(out.kind, random_id(), link.submission_id, link.index);
  out.time = visitor.time;
  out.submission_id = link.submission_id;
  out.index = link.index;
  out.recipient = link.recipient;
  out.group = group;
  if (group) {  // EVT-9
    out.ip = visitor.client;
    out.useragent = visitor.user_agent;
    out.url = visitor.url;
  }
  return out;
}

}  // namespace

Result<std::optional<Group>> Subscriptions::group_of(const Link& link) const {
  if (!link.group) return std::optional<Group>();
  auto groups = suppressions_.groups();
  if (!groups) return std::move(groups).error();
  for (Group& group : *groups) {
    if (group.id == *link.group) return std::optional(std::move(group));
  }
  return std::optional<Group>();
}

Result<Offer> Subscriptions::offer(const Link& link) const {
  auto groups = suppressions_.groups();
  if (!groups) return std::move(groups).error();
  SuppressionQuery query;
  query.address = link.recipient;
  query.limit = groups->size() + all_suppression_lists.size();
  const auto listed = suppressions_.suppressed(query);
  if (!listed) return listed.error();

  Offer out;
  std::set<std::int64_t> left;
  for (const ListedSuppression& one : *listed) {
    if (one.suppression.list == SuppressionList::group) left.insert(one.suppression.group);
    out.left_all |= one.suppression.list == SuppressionList::global;
  }
  std::set<std::int64_t> shown;
  const auto show = [&](const Group& group) {
    if (shown.insert(group.id).second) out.groups.push_back({group, !left.contains(group.id)});
  };
  const auto show_id = [&](std::int64_t id) {
    const auto found =
        std::find_if(groups->begin(), groups->end(), [&](const Group& g) { return g.id == id; });
    if (found != groups->end()) show(*found);
  };
  if (link.group) show_id(*link.group);
  for (const std::int64_t id : link.groups) show_id(id);
  if (link.groups.empty()) {
    for (const Group& group : *groups) {
      if (group.is_default) show(group);
    }
  }
  return out;
}

Result<std::size_t> Subscriptions::leave(const Link& link, std::span<const std::int64_t> groups,
                                         const Visitor& visitor) const {
  return change(link, groups, false, visitor);
}

Result<std::size_t> Subscriptions::join(const Link& link, std::span<const std::int64_t> groups,
                                        const Visitor& visitor) const {
  if (!groups.empty()) return change(link, groups, true, visitor);
  SuppressionQuery query;
  query.list = SuppressionList::global;
  query.address = link.recipient;
  auto removed = suppressions_.unsuppress(query);
  if (removed && *removed > 0) {
    log_info("subscribed again to=<{}>, list=global, submission={}, copy={}, client={}",
             printable(link.recipient), link.submission_id, link.index, visitor.client);
  }
  return removed;
}

Result<std::size_t> Subscriptions::change(const Link& link, std::span<const std::int64_t> groups,
                                          bool join, const Visitor& visitor) const {
  std::vector<Suppression> entries;
  std::vector<Event> events;
  std::string lists;
  const auto add = [&](std::optional<std::int64_t> group) {
    entries.push_back(entry_of(link, group, visitor.time));
    events.push_back(event_of(link, group, join, visitor));
    if (!lists.empty()) lists += ' ';
    lists += group ? "group " + std::to_string(*group) : "global";
  };
  for (const std::int64_t group : groups) add(group);
  if (groups.empty()) add(std::nullopt);
  auto changed = suppressions_.change_subscription(entries, join, events);
  if (changed) {
    log_info("{} to=<{}>, list={}, changed={}, submission={}, copy={}, client={}",
             join ? "subscribed again" : "unsubscribed", printable(link.recipient), lists, *changed,
             link.submission_id, link.index, visitor.client);
  }
  return changed;
}

}  // namespace smtpapi
