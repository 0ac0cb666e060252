#include "job/tracking.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "job/tracking_client.h"
#include "job/tracking_visit.h"
#include "track/urls.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_user_agent = 512;

/// A transparent pixel: 43 octets, GIF89a.
constexpr char pixel[] =
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF\x21\xF9\x04\x01\x00\x00\x00\x00\x2C"
    "\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3B";
static_assert(sizeof pixel - 1 == 43);

HttpResponse pixel_response() {
  HttpResponse out;
  out.fields = {{"Content-Type", "image/gif"}, {"Cache-Control", "no-store"}};
  out.body.assign(pixel, sizeof pixel - 1);
  return out;
}

HttpResponse method_refused(const char* allowed) {
  HttpResponse out = plain_response(405);
  out.fields.emplace_back("Allow", allowed);
  return out;
}

/// The token of a query: parameter upn. Nothing is copied where nothing is encoded, as in links
/// that came through whole.
std::string token_of(std::string_view query) {
  constexpr std::string_view name = "upn=";
  if (query.starts_with(name) && query.find_first_of("&%+") == std::string_view::npos) {
    return std::string(query.substr(name.size()));
  }
  const FormFields fields = parse_url_form(query);
  return std::string(find_field(fields, "upn").value_or(""));
}

bool needs_store(LinkKind kind) {
  return kind == LinkKind::unsubscribe || kind == LinkKind::group_unsubscribe ||
         kind == LinkKind::preferences;
}

}  // namespace

TrackingEndpoint::TrackingEndpoint(std::shared_ptr<const TrackingSetup> setup,
                                   Suppressions& suppressions, Record record, const Clock& clock)
    : setup_(std::move(setup)),
      subscriptions_(suppressions),
      record_(std::move(record)),
      clock_(clock) {}

std::shared_ptr<const TrackingSetup> TrackingEndpoint::setup() const {
  const std::lock_guard lock(mutex_);
  return setup_;
}

void TrackingEndpoint::replace(std::shared_ptr<const TrackingSetup> setup) {
  const std::lock_guard lock(mutex_);
  setup_.swap(setup);
}

bool TrackingEndpoint::is_proxy(const std::string& address) const {
  return is_trusted_proxy(address, setup()->proxies);
}

std::optional<HttpResponse> TrackingEndpoint::answer_at_once(const HttpRequest& request) {
  Visit visit{request, setup(), {}};
  const auto kind = kind_of(request.path);
  if (kind) return answer_link(visit, *kind);
  if (request.path == "/robots.txt") {
    HttpResponse out;
    out.fields = {{"Content-Type", "text/plain"}};
    out.body = "User-agent: *\nDisallow: /\n";
    return out;
  }
  return visit.page(404, PageName::not_found);
}

std::optional<HttpResponse> TrackingEndpoint::answer_link(Visit& visit, LinkKind kind) {
  auto link = visit.setup->keys.open(token_of(visit.request.query), kind);
  if (kind == LinkKind::open) {
    if (visit.request.method == "POST") return method_refused("GET, HEAD");
    if (link && visit.request.method == "GET") {
      visit.link = *std::move(link);
      record(visit);
    }
    return pixel_response();
  }
  if (!link) return visit.page(404, PageName::not_found);
  visit.link = *std::move(link);
  if (needs_store(kind)) return std::nullopt;
  if (visit.request.method == "POST") return method_refused("GET, HEAD");
  if (kind == LinkKind::click) return redirect(visit);
  record(visit);  // a trap, whatever the method
  return visit.page(404, PageName::not_found);
}

HttpResponse TrackingEndpoint::redirect(Visit& visit) {
  HttpResponse out;
  out.status = 302;
  out.fields = {{"Location", visit.link.url},
                {"Cache-Control", "no-store"},
                {"X-Robots-Tag", "noindex, nofollow"}};
  // No token of ours has one; an answer that the server would refuse is no click either.
  if (!is_field_value(visit.link.url)) return visit.page(404, PageName::not_found);
  if (visit.request.method == "GET") record(visit);
  return out;
}

void TrackingEndpoint::record(const Visit& visit) {
  Hit hit;
  hit.link = visit.link;
  hit.time = clock_.now();
  hit.client = visit.client();
  hit.user_agent = visit.request.user_agent.substr(0, max_user_agent);
  hit.purpose = visit.request.purpose.substr(0, 40);
  if (is_logged(LogLevel::debug)) {
    log_debug("{} submission={}, copy={}, client={}",
              hit.link.kind == LinkKind::open    ? "open"
              : hit.link.kind == LinkKind::click ? "click"
                                                 : "trap",
              hit.link.submission_id, hit.link.index, hit.client);
  }
  record_(std::move(hit));
}

HttpResponse TrackingEndpoint::answer(const HttpRequest& request) {
  Visit visit{request, setup(), {}};
  const auto kind = kind_of(request.path);
  auto link = kind ? visit.setup->keys.open(token_of(request.query), *kind) : std::nullopt;
  if (!link) return visit.page(404, PageName::not_found);
  visit.link = *std::move(link);
  return *kind == LinkKind::preferences ? preferences(visit) : leave_or_join(visit);
}

HttpResponse TrackingEndpoint::answer_busy(const HttpRequest& request) {
  return unavailable_page(Visit{request, setup(), {}}, "too many requests wait for the store");
}

}  // namespace smtpapi
