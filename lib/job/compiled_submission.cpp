#include "job/compiled_submission.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "mail/address.h"
#include "plan/plan.h"
#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"

namespace smtpapi {

std::shared_ptr<const CompiledSubmission> compile_submission(Submission submission,
                                                             const Limits& limits,
                                                             std::string_view hostname,
                                                             const LinkSettings& links) {
  Limits unlimited;
  unlimited.recipients = 0;
  unlimited.header_bytes = std::numeric_limits<std::size_t>::max();
  unlimited.substitution_bytes = 0;
  unlimited.unique_args_bytes = 0;
  ParsedHeader parsed =
      parse_header(HeaderText::from_value(submission.header), unlimited, submission.received);
  const ParsedFilters account = parse_account_settings(submission.settings);
  const Filters filters = resolve_filters(parsed.document.filters, account.filters);

  const std::size_t weight = 3 * submission.message->size() + 6 * submission.header.size() + 4096;
  auto document = std::make_shared<const Document>(std::move(parsed.document));
  auto message = std::make_shared<const Message>(std::string(*submission.message));
  std::vector<Remark> told_at_intake;
  Renderer renderer =
      Renderer::compile(std::move(message), document, filters,
                        {limits.message_bytes, {}, links, submission.id}, told_at_intake);
  SuppressionRules suppression(filters, account.filters);
  ReceivedField received = make_received(submission, hostname);
  // Mail that asked for nothing only passes through: it stays the client's.
  const bool is_touched = !submission.header.empty() || !submission.settings.empty();
  submission.message.reset();
  submission.header = {};
  submission.settings = {};
  return std::make_shared<const CompiledSubmission>(CompiledSubmission{
      std::move(submission), std::move(document), std::move(renderer), std::move(received),
      std::move(suppression), weight, is_touched ? links.return_paths : nullptr});
}

std::string CompiledSubmission::reverse_path(const Copy& copy) const {
  if (copy.kind == CopyKind::notice) return {};
  if (!return_paths || submission.reverse_path.empty()) return submission.reverse_path;
  return return_paths->address({submission.id, copy.index, copy.kind == CopyKind::bcc})
      .value_or(submission.reverse_path);
}

Result<Delivery> CompiledSubmission::delivery(const Copy& copy) const {
  Delivery out;
  out.index = copy.index;
  out.kind = copy.kind;
  out.recipient = copy.recipient;
  out.due = copy.due;
  out.parameters = copy.parameters;
  if (document->to.empty()) return out;
  if (copy.index >= document->to.size()) {
    return invalid(fmt::format("'to' has no entry {}", copy.index));
  }
  auto mailbox = parse_mailbox(document->to[copy.index], submission.smtputf8);
  if (!mailbox) return std::move(mailbox).error().within("'to'");
  out.replaces_to = true;
  out.mailbox = *std::move(mailbox);
  return out;
}

}  // namespace smtpapi
