#include "job/bounce.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace smtpapi {
namespace {

/// Nothing when it is forgotten.
Result<std::optional<Copy>> find(const ReturnPath& path, Store& store) {
  CopyQuery query;
  query.submission_id = path.submission_id;
  query.index = path.index;
  const auto copies = store.list(query);
  if (!copies) return copies.error();
  const CopyKind kind = path.is_blind ? CopyKind::bcc : CopyKind::normal;
  const auto found = std::find_if(copies->begin(), copies->end(),
                                  [&](const Copy& copy) { return copy.kind == kind; });
  return found == copies->end() ? std::optional<Copy>() : std::optional(*found);
}

Event event_of(const Copy& copy, EventKind kind, Time now) {
  Event event;
  event.kind = kind;
  event.time = now;
  event.submission_id = copy.submission_id;
  event.index = copy.index;
  event.recipient = copy.recipient;
  // As for the lines of the log: what both tell of is one event.
  event.id = event_id(kind, "", copy.submission_id, copy.index);
  return event;
}

}  // namespace

bool is_worth_keeping(const ReturnedMail& mail) {
  return mail.kind == ReturnedMail::Kind::failed || mail.kind == ReturnedMail::Kind::complaint;
}

Result<std::string> keep_returned(const ReturnPath& path, const ReturnedMail& mail,
                                  const BounceClasses& classes, Store& store, Time now) {
  if (!is_worth_keeping(mail)) return std::string("nothing to keep");
  const auto copy = find(path, store);
  if (!copy) return copy.error();
  if (!*copy) return std::string("the copy is forgotten");

  const bool is_complaint = mail.kind == ReturnedMail::Kind::complaint;
  Event event = event_of(**copy, is_complaint ? EventKind::spam_report : EventKind::bounce, now);
  Suppression entry;
  entry.address = (*copy)->recipient;
  entry.created = now;
  std::string what = "spamreport";
  if (is_complaint) {
    entry.list = SuppressionList::spam_reports;
    entry.ip = mail.source_ip;
  } else {
    const auto history = store.history(path.submission_id, path.index);
    if (!history) return history.error();
    BounceVerdict verdict = classes.verdict(mail.status, mail.reply_code, mail.text);
    if (mail.has_given_up) {
      verdict.type = "expired";
      verdict.list = SuppressionList::blocks;
    }
    event.reason = entry.reason = mail.text;
    event.status = entry.status = mail.status;
    event.bounce_type = verdict.type;
    event.classification = verdict.classification;
    if (history->is_finished) event.attempt = after_delivery;
    entry.list = verdict.list;
    what = fmt::format("bounce type={}, status={}", verdict.type,
                       mail.status.empty() ? "none" : mail.status);
  }

  ReportStep step;
  step.suppressions = {&entry, 1};
  if (!path.is_blind) step.events = {&event, 1};
  const auto added = store.keep(step);
  if (!added) return added.error();
  return fmt::format("{}to=<{}>, {}", *added == 0 && !path.is_blind ? "known before: " : "",
                     (*copy)->recipient, what);
}

}  // namespace smtpapi
