#include "job/sample_events.h"

#include "base/random_id.h"

namespace smtpapi {
namespace {

Event sample(EventKind kind, Time now, const std::string& submission_id) {
  Event event;
  event.id = event_id(kind, "test", submission_id, 0);
  event.kind = kind;
  event.time = now;
  event.submission_id = submission_id;
  event.recipient = "ann@example.com";
  event.ip = "192.0.2.7";
  event.useragent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  event.url = "https://example.com/";
  event.link = 0;
  event.reason = kind == EventKind::dropped ? "Bounced Address" : "550 5.1.1 No such user here";
  event.response = kind == EventKind::deferred ? "450 4.2.0 Try again later" : "250 2.0.0 OK";
  event.status = "5.1.1";
  event.bounce_type = "bounce";
  event.classification = "Invalid Address";
  event.attempt = 1;
  event.tls = true;
  if (kind == EventKind::group_unsubscribe || kind == EventKind::group_resubscribe) event.group = 1;
  return event;
}

}  // namespace

std::string sample_post(EventKinds kinds, Time now, const WebhookFormat& format) {
  EventContext context;
  context.message_id = "<test@example.com>";
  context.category = {"test"};
  context.category_is_array = true;
  context.unique_args = {{"test", "yes"}};
  const std::string submission_id = random_id();
  std::string body;
  for (const EventKind kind : event_kinds) {
    if (!(kinds & kind_bit(kind))) continue;
    body += body.empty() ? post_begin : post_separator;
    append_event_json(body, sample(kind, now, submission_id), context, format);
  }
  if (!body.empty()) body += post_end;
  return body;
}

}  // namespace smtpapi
