// Store: the events of copies that never reached the MTA.
#include "event/bounce_class.h"
#include "event/smtp_answer.h"
#include "store/sql_store.h"
#include "store/sql_words.h"

namespace smtpapi {
namespace {

Event event_of(const Copy& copy, EventKind kind, Time now) {
  Event event;
  event.kind = kind;
  event.time = now;
  event.submission_id = copy.submission_id;
  event.index = copy.index;
  event.recipient = copy.recipient;
  event.reason = copy.reply;
  event.id = event_id(kind, "", copy.submission_id, copy.index);
  return event;
}

}  // namespace

Status tell_end(Database& db, const Outcome& outcome, Time now) {
  const bool has_failed = outcome.kind == Outcome::Kind::failed;
  if (!has_failed && outcome.kind != Outcome::Kind::dropped) return ok();
  Copy copy;
  const auto asked = db.query("SELECT " + std::string(copy_columns) +
                                  " FROM copy c JOIN submission s ON s.id = c.submission WHERE "
                                  "c.id = $1",
                              {outcome.copy_id}, [&](const Row& row) { copy = read_copy(row); });
  if (!asked) return asked.error();
  if (copy.kind == CopyKind::notice) return ok();
  if (!has_failed) {
    if (copy.kind != CopyKind::normal) return ok();
    const auto told = insert_event(db, event_of(copy, EventKind::dropped, now));
    return told ? ok() : Status(told.error());
  }

  Event bounce = event_of(copy, EventKind::bounce, now);
  const SmtpAnswer answer = read_answer(copy.reply);
  bounce.status = answer.status_code;
  const BounceVerdict verdict =
      outcome.verdict ? *outcome.verdict
                      : classify_bounce(answer.status_code, answer.reply_code, copy.reply);
  // What was put off until it was too late; or what could not even be offered.
  const bool has_expired = !answer.is_for_good();
  bounce.bounce_type = has_expired ? "expired" : verdict.type;
  bounce.classification = verdict.classification;
  if (copy.kind == CopyKind::normal) {
    if (const auto told = insert_event(db, bounce); !told) return told.error();
  }
  if (answer.reply_code == 0) return ok();  // nobody refused the address
  const Suppression entry = {.list = has_expired ? SuppressionList::blocks : verdict.list,
                             .address = copy.recipient,
                             .created = now,
                             .reason = copy.reply,
                             .status = answer.status_code,
                             .ip = ""};
  if (const auto listed = insert_suppression(db, entry); !listed) return listed.error();
  return ok();
}

}  // namespace smtpapi
