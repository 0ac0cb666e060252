#include "job/explain.h"

namespace smtpapi {

Explanation::Explanation(const Intaken& in, const Decision& decision,
                         const ReturnPaths* return_paths)
    : in_(in), decision_(decision), return_paths_(return_paths) {
  if (decision.verdict == Verdict::pass || decision.verdict == Verdict::strip) {
    for (std::size_t i = 0; i < in.envelope.recipients.size(); ++i)
      order_.push_back({Source::recipient, i});
    return;
  }
  const std::vector<Delivery>& deliveries = decision.plan.deliveries;
  const std::vector<Drop>& drops = decision.plan.drops;
  order_.reserve(deliveries.size() + drops.size());
  std::size_t drop = 0;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    for (; drop < drops.size() && drops[drop].index < deliveries[i].index; ++drop)
      order_.push_back({Source::drop, drop});
    order_.push_back({Source::delivery, i});
  }
  for (; drop < drops.size(); ++drop) order_.push_back({Source::drop, drop});
}

Status Explanation::copy(std::size_t i, ExplainedCopy& out) const {
  const Entry entry = order_[i];
  out.kind = CopyKind::normal;
  out.reverse_path = in_.envelope.reverse_path;
  out.due = Time();
  out.is_dropped = entry.source == Source::drop;
  out.reason.clear();
  out.message.clear();
  out.unique_args.clear();

  if (entry.source == Source::recipient) {
    out.index = entry.at;
    out.recipient = in_.envelope.recipients[entry.at].address;
    if (decision_.verdict == Verdict::pass) {
      out.message = {in_.message->octets()};
    } else {
      out.message = {decision_.rewritten.head};
      out.message.insert(out.message.end(), decision_.rewritten.body.begin(),
                         decision_.rewritten.body.end());
    }
    return ok();
  }

  if (entry.source == Source::drop) {
    const Drop& drop = decision_.plan.drops[entry.at];
    out.index = drop.index;
    out.recipient = drop.recipient;
    out.reason = drop.reason;
  } else {
    const Delivery& delivery = decision_.plan.deliveries[entry.at];
    out.index = delivery.index;
    out.kind = delivery.kind;
    out.recipient = delivery.recipient;
    out.due = delivery.due;
    // As CompiledSubmission::reverse_path().
    if (return_paths_ && !out.reverse_path.empty())
      out.reverse_path =
          return_paths_
              ->address({decision_.submission_id, delivery.index, delivery.kind == CopyKind::bcc})
              .value_or(out.reverse_path);
    if (Status done = decision_.renderer->render(delivery, out.rendered); !done) return done;
    out.message = {out.rendered.head};
    out.message.insert(out.message.end(), out.rendered.body.begin(), out.rendered.body.end());
  }
  if (decision_.renderer) out.unique_args = decision_.renderer->unique_args(out.index);
  return ok();
}

}  // namespace smtpapi
