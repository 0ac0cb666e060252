#include "job/event_post.h"

namespace smtpapi {

Result<bool> EventPost::add(const NumberedEvent& event) {
  const auto context = contexts_.of(event.event.submission_id, event.event.index);
  if (!context) return context.error();
  const std::size_t before = body_.size();
  body_ += events_ == 0 ? post_begin : post_separator;
  append_event_json(body_, event.event, *context, format_);
  const bool fits = body_.size() + post_end.size() <= octets_;
  if (!fits) is_full_ = true;
  if (!fits && events_ > 0) {
    body_.resize(before);
    return false;
  }
  if (events_++ == 0) first_ = event.number;
  last_ = event.number;
  return true;
}

std::string EventPost::take() {
  std::string body = std::move(body_);
  if (events_ > 0) body += post_end;
  body_.clear();
  events_ = 0;
  first_ = last_ = 0;
  is_full_ = false;
  return body;
}

}  // namespace smtpapi
