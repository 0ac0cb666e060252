#include "job/prepared_copy.h"

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

/// Buffers of a message larger than this are not kept for the next submission.
constexpr std::size_t kept_buffers = 1u << 20;

}  // namespace

Status PreparedCopy::make(const Copy& copy, const CompiledSubmission& compiled) {
  const Submission& submission = compiled.submission;
  copy_ = copy;
  if (rendered_for_ != submission.id) {
    if (rendered_.size() > kept_buffers) rendered_ = RenderedCopy();
    rendered_for_ = submission.id;
  }
  const auto delivery = compiled.delivery(copy_);
  if (!delivery) return delivery.error();
  if (Status rendered = compiled.renderer.render(*delivery, rendered_); !rendered) return rendered;

  received_ = compiled.received.before_index;
  received_ += std::to_string(copy_.index);
  received_ += compiled.received.behind_index;
  content_.clear();
  content_.push_back(received_);
  content_.push_back(rendered_.head);
  content_.insert(content_.end(), rendered_.body.begin(), rendered_.body.end());

  parcel_ = Parcel();
  reverse_path_ = compiled.reverse_path(copy_);
  parcel_.reverse_path = reverse_path_;
  if (copy_.kind != CopyKind::notice) parcel_.mail_parameters = submission.mail_parameters;
  parcel_.recipient = copy_.recipient;
  parcel_.rcpt_parameters = copy_.parameters;
  parcel_.smtputf8 = submission.smtputf8;
  parcel_.eight_bit =
      submission.eight_bit || !std::all_of(content_.begin(), content_.end(), is_ascii);
  parcel_.orig_queue_id = submission.queue_id;
  parcel_.client_name = submission.client.name;
  parcel_.client_address = submission.client.address;
  parcel_.content = content_;
  return ok();
}

}  // namespace smtpapi
