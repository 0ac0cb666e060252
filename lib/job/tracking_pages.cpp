// The pages of the tracking endpoint: unsubscribing, subscribing again, preferences.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/tracking.h"
#include "job/tracking_client.h"
#include "job/tracking_visit.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_user_agent = 512;

/// Whether it is the POST of RFC 8058 section 3.2.
bool is_one_click(const FormFields& form) {
  return std::any_of(form.begin(), form.end(), [](const auto& field) {
    return equals_ignoring_case(field.first, "List-Unsubscribe") &&
           equals_ignoring_case(trim(field.second), "One-Click");
  });
}

/// The numbers under `name`.
std::vector<std::int64_t> numbers(const FormFields& form, std::string_view name) {
  std::vector<std::int64_t> out;
  for (const auto& [key, value] : form) {
    if (key != name) continue;
    if (const auto number = to_integer(value)) out.push_back(*number);
  }
  return out;
}

bool holds(const std::vector<std::int64_t>& list, std::int64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

PageValues values_for(const Link& link, const std::optional<Group>& group) {
  PageValues out;
  out.texts["address"] = link.recipient;
  if (group) out.texts["group"] = group->name;
  out.lists[group ? "in_group" : "from_all"] = {PageValues()};
  return out;
}

}  // namespace

std::string TrackingEndpoint::Visit::client() const {
  return client_address(request.peer, request.forwarded_for, setup->proxies);
}

Visitor TrackingEndpoint::Visit::visitor(Time now) const {
  return {now, client(), request.user_agent.substr(0, max_user_agent),
          setup->url + request.path + "?" + request.query};
}

HttpResponse TrackingEndpoint::Visit::page(unsigned status, PageName name,
                                           const PageValues& values) const {
  HttpResponse out;
  out.status = status;
  out.fields = {{"Content-Type", "text/html; charset=utf-8"},
                {"Cache-Control", "no-store"},
                {"Vary", "Accept-Language"},
                {"Content-Security-Policy",
                 "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action "
                 "'self'; base-uri 'none'; frame-ancestors 'none'"},
                {"Referrer-Policy", "no-referrer"},
                {"X-Content-Type-Options", "nosniff"},
                {"X-Frame-Options", "DENY"},
                {"X-Robots-Tag", "noindex, nofollow"}};
  out.body = setup->pages.render(name, request.accept_language, values);
  return out;
}

HttpResponse TrackingEndpoint::unavailable_page(const Visit& visit, std::string_view why) {
  log_error("answered 503: {}", why);
  HttpResponse out = visit.page(503, PageName::unavailable);
  out.fields.emplace_back("Retry-After", "120");
  return out;
}

HttpResponse TrackingEndpoint::leave_or_join(const Visit& visit) {
  const bool is_post = visit.request.method == "POST";
  if (is_post) {
    const auto form = parse_form(visit.request.content_type, visit.request.body);
    const auto action = form ? find_field(*form, "action") : std::nullopt;
    if (form && (is_one_click(*form) || action == "unsubscribe")) return change(visit, false);
    if (action == "resubscribe") return change(visit, true);
  } else if (visit.setup->unsubscribe_on_get && visit.request.method == "GET") {
    return change(visit, false);
  }
  const auto group = subscriptions_.group_of(visit.link);
  if (!group) return unavailable_page(visit, group.error().text);
  // A POST that asks for nothing we know must not look as if it had been obeyed.
  return visit.page(is_post ? 400 : 200, PageName::unsubscribe, values_for(visit.link, *group));
}

HttpResponse TrackingEndpoint::change(const Visit& visit, bool join) {
  const auto group = subscriptions_.group_of(visit.link);
  if (!group) return unavailable_page(visit, group.error().text);
  std::vector<std::int64_t> ids;
  if (*group) ids.push_back((*group)->id);
  const Visitor visitor = visit.visitor(clock_.now());
  const auto changed = join ? subscriptions_.join(visit.link, ids, visitor)
                            : subscriptions_.leave(visit.link, ids, visitor);
  if (!changed) return unavailable_page(visit, changed.error().text);
  return visit.page(200, join ? PageName::resubscribed : PageName::unsubscribed,
                    values_for(visit.link, *group));
}

HttpResponse TrackingEndpoint::preferences(const Visit& visit) {
  if (visit.request.method != "POST") return show_preferences(visit, false);
  const auto form = parse_form(visit.request.content_type, visit.request.body);
  return save_preferences(visit, form.value_or(FormFields()));
}

HttpResponse TrackingEndpoint::save_preferences(const Visit& visit, const FormFields& form) {
  const auto action = find_field(form, "action");
  const Visitor visitor = visit.visitor(clock_.now());
  std::vector<std::int64_t> leaving, joining;
  if (action == "leave-all") {
    const auto done = subscriptions_.leave(visit.link, {}, visitor);
    if (!done) return unavailable_page(visit, done.error().text);
    return show_preferences(visit, false);
  }
  if (action == "join-all") {
    const auto done = subscriptions_.join(visit.link, {}, visitor);
    if (!done) return unavailable_page(visit, done.error().text);
    return show_preferences(visit, true);
  }
  if (action != "save") return plain_response(400);

  const auto offer = subscriptions_.offer(visit.link);
  if (!offer) return unavailable_page(visit, offer.error().text);
  // Only what the page showed: a group that is offered since then was not left by being absent.
  const auto shown = numbers(form, "shown");
  const auto wanted = numbers(form, "group");
  for (const OfferedGroup& one : offer->groups) {
    if (!holds(shown, one.group.id) || holds(wanted, one.group.id) == one.subscribed) continue;
    (one.subscribed ? leaving : joining).push_back(one.group.id);
  }
  if (!leaving.empty()) {
    const auto left = subscriptions_.leave(visit.link, leaving, visitor);
    if (!left) return unavailable_page(visit, left.error().text);
  }
  if (!joining.empty()) {
    const auto joined = subscriptions_.join(visit.link, joining, visitor);
    if (!joined) return unavailable_page(visit, joined.error().text);
  }
  return show_preferences(visit, true);
}

HttpResponse TrackingEndpoint::show_preferences(const Visit& visit, bool saved) {
  const auto offer = subscriptions_.offer(visit.link);
  if (!offer) return unavailable_page(visit, offer.error().text);
  PageValues values;
  values.texts["address"] = visit.link.recipient;
  if (saved) values.lists["saved"] = {PageValues()};
  values.lists[offer->left_all ? "left_all" : "not_left_all"] = {PageValues()};
  auto& groups = values.lists["groups"];
  for (const OfferedGroup& one : offer->groups) {
    PageValues entry;
    entry.texts["id"] = std::to_string(one.group.id);
    entry.texts["group"] = one.group.name;
    entry.texts["description"] = one.group.description;
    if (one.subscribed) entry.lists["checked"] = {PageValues()};
    groups.push_back(std::move(entry));
  }
  return visit.page(200, PageName::preferences, values);
}

}  // namespace smtpapi
