#include "job/intake.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/date.h"
#include "base/random_id.h"
#include "base/text.h"
#include "job/accounts.h"
#include "job/notice.h"
#include "plan/suppressed.h"
#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

constexpr std::size_t max_remarks = 100;
/// Comparing copies stops being worth it when this many octets would have to be rendered.
constexpr std::size_t compare_budget = 64u << 20;

void append_remarks(std::vector<Remark>& all, std::vector<Remark> more) {
  for (Remark& remark : more) all.push_back(std::move(remark));
}

void cap_remarks(std::vector<Remark>& remarks) {
  if (remarks.size() <= max_remarks) return;
  const std::size_t more = remarks.size() - max_remarks;
  remarks.resize(max_remarks);
  remarks.push_back({{}, fmt::format("and {} more", more)});
}

/// What a message must have before copies of it go out (PIPE-8, RI-3).
std::vector<std::pair<std::string, std::string>> missing_fields(const Message& message,
                                                                const std::string& hostname,
                                                                Time now) {
  std::vector<std::pair<std::string, std::string>> added;
  if (!message.find("Date")) added.emplace_back("Date", " " + format_date(now));
  if (!message.find("Message-ID")) {
    added.emplace_back("Message-ID", fmt::format(" <{}@{}>", random_id(), hostname));
  }
  return added;
}

/// That of the message or, where it was missing, the one that it gets.
std::string message_id_of(const Message& message,
                          const std::vector<std::pair<std::string, std::string>>& added) {
  if (std::string own = message_id_of(message); !own.empty()) return own;
  for (const auto& [name, value] : added) {
    if (name == "Message-ID") return unfold(value);
  }
  return "";
}

/// The message as it is kept: without the fields of ours, with those that were missing.
std::string kept_octets(const Message& message,
                        const std::vector<std::pair<std::string, std::string>>& added) {
  const std::string_view octets = message.octets();
  std::string out;
  out.reserve(octets.size() + 200);
  std::size_t done = 0;
  for (const Field& field : message.fields()) {
    if (!is_header_of_ours(message.name(field))) continue;
    out += octets.substr(done, field.begin - done);
    done = field.end;
  }
  out += octets.substr(done, message.fields_end() - done);
  for (const auto& [name, value] : added) out += name + ":" + value + "\r\n";
  if (message.body_begin() == message.fields_end()) out += "\r\n";
  out += octets.substr(message.fields_end());
  return out;
}

/// RI-11: a message with our Received field was released here and has met its account settings.
bool was_released_here(const Message& message, const std::string& hostname) {
  const std::string mark = fmt::format("by {} (smtpapi-milter)", hostname);
  return std::any_of(message.fields().begin(), message.fields().end(), [&](const Field& field) {
    return equals_ignoring_case(message.name(field), "Received") &&
           unfold(message.value(field)).find(mark) != std::string::npos;
  });
}

/// ERR-3: one for each intended recipient, the entries of `to` or else the RCPT addresses.
std::vector<Drop> refused_recipients(const Document& document, const Envelope& envelope) {
  std::vector<Drop> drops;
  const auto refuse = [&](std::string recipient) {
    drops.push_back({drops.size(), std::move(recipient), "Invalid SMTPAPI header"});
  };
  for (const std::string& entry : document.to) {
    const Result<Mailbox> mailbox = parse_mailbox(entry, envelope.smtputf8);
    refuse(mailbox ? mailbox->address : entry);
  }
  if (document.to.empty()) {
    for (const EnvelopeRecipient& recipient : envelope.recipients) refuse(recipient.address);
  }
  return drops;
}

bool same_copy(const RenderedCopy& a, const RenderedCopy& b) {
  return a.head == b.head && a.size() == b.size() && a.octets() == b.octets();
}

/// Whether every copy is the octets of `first`, the rendering of the first delivery.
bool all_copies_equal(const Renderer& renderer, const std::vector<Delivery>& deliveries,
                      const RenderedCopy& first) {
  if (renderer.same_for_all(deliveries.size())) return true;
  if (first.size() > compare_budget / deliveries.size()) return false;
  RenderedCopy copy;
  return std::all_of(deliveries.begin() + 1, deliveries.end(), [&](const Delivery& delivery) {
    return renderer.render(delivery, copy) && same_copy(first, copy);
  });
}

}  // namespace

std::string message_id_of(const Message& message) {
  const Field* const field = message.find("Message-ID");
  return field ? unfold(message.value(*field)) : std::string();
}

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view names[] = {"pass", "rewrite", "hold", "bounce", "reject", "strip"};
  return names[static_cast<int>(verdict)];
}

Intake::Interest Intake::interest(const Client& client, bool has_header_of_ours) const {
  if (!has_header_of_ours && settings_.scope == Scope::header) return Interest::none;
  if (settings_.trust.trusts(client)) return Interest::whole;
  return has_header_of_ours ? Interest::header : Interest::none;
}

/// Removes the fields of ours and leaves all else as it is.
void Intake::strip(const Message& message, Decision& decision) {
  decision.verdict = Verdict::strip;
  for (std::size_t i = 0; i < message.fields().size(); ++i) {
    if (is_header_of_ours(message.name(message.fields()[i]))) {
      decision.rewritten.edits.push_back({i, true, {}});
    }
  }
  decision.rewritten.head = kept_octets(message, {});
  decision.rewritten.head.resize(decision.rewritten.head.size() - message.body().size());
  decision.rewritten.body = {message.body()};
}

void Intake::refuse(const Intaken& in, const Document& document, Decision& decision) const {
  decision.plan.deliveries.clear();
  decision.plan.drops = refused_recipients(document, in.envelope);
  if (settings_.error_mode == ErrorMode::reject) {
    decision.verdict = Verdict::reject;
    decision.reply = "X-SMTPAPI header: " + to_string(decision.problems.front());
    if (decision.problems.size() > 1) {
      decision.reply += fmt::format(" (and {} more)", decision.problems.size() - 1);
    }
    return;
  }
  decision.verdict = Verdict::bounce;
  if (in.envelope.reverse_path.empty()) return;  // ERR-2
  NoticeFacts facts;
  facts.hostname = settings_.hostname;
  facts.postmaster = settings_.postmaster;
  facts.recipient = in.envelope.reverse_path;
  facts.id = decision.submission_id;
  facts.queue_id = in.envelope.queue_id;
  facts.now = clock_.now();
  decision.notice = make_header_notice(facts, decision.problems,
                                       in.message->octets().substr(0, in.message->fields_end()));
}

/// In place when the result is one message now, or several that are the same octets, and the MTA
/// can be told so by changing its recipients. Renders the first copy, which shows it.
bool Intake::rewrite_in_place(const Intaken& in, Decision& decision) const {
  const std::vector<Delivery>& deliveries = decision.plan.deliveries;
  if (deliveries.empty() || !decision.plan.drops.empty() || decision.plan.scheduled) return false;
  if (!decision.document->ip_pool.empty()) return false;  // another listener: POOL-2
  const auto originals = static_cast<std::size_t>(
      std::count_if(deliveries.begin(), deliveries.end(),
                    [](const Delivery& d) { return d.kind == CopyKind::normal; }));
  const bool has_blind_copies = originals < deliveries.size();
  const bool uses_to = deliveries.front().replaces_to;
  // Each recipient message shows its own To; and the MTA would send equal blind copies once.
  if (originals > 1 && (uses_to || has_blind_copies)) return false;
  // BCC-2: the links of a blind copy are its own.
  if (has_blind_copies && decision.renderer->has_links()) return false;
  const bool has_return_path = settings_.links.return_paths && !in.envelope.reverse_path.empty();
  if (has_return_path && deliveries.size() > 1) return false;  // PIPE-7: to each its own

  if (!decision.renderer->render(deliveries.front(), decision.rewritten)) return false;
  if (originals > 1 && !all_copies_equal(*decision.renderer, deliveries, decision.rewritten)) {
    return false;
  }
  if (uses_to) {
    bool is_already_there = false;
    for (const EnvelopeRecipient& recipient : in.envelope.recipients) {
      if (!is_already_there && recipient.address == deliveries.front().recipient) {
        is_already_there = true;
      } else {
        decision.recipients_out.push_back(recipient.as_given);
      }
    }
    if (!is_already_there) decision.recipients_in.push_back(deliveries.front().recipient);
  }
  if (has_blind_copies) decision.recipients_in.push_back(deliveries.back().recipient);
  if (has_return_path) {
    decision.reverse_path = settings_.links.return_paths->address(
        {decision.submission_id, deliveries.front().index, false});
  }
  return true;
}

Status Intake::drop_suppressed_recipients(const Filters& account, Decision& decision) const {
  if (!store_) return ok();
  const auto listings =
      store_->listings(suppression_keys(decision.plan), decision.document->asm_group_id);
  if (!listings) return listings.error();
  drop_suppressed(decision.plan, SuppressionRules(decision.plan.filters, account), *listings);
  return ok();
}

Result<Decision> Intake::decide(const Intaken& in) const {
  Decision decision;
  const Message& message = *in.message;
  ExtractedHeader header = extract_header(message);
  const bool trusted = in.trusted.value_or(settings_.trust.trusts(in.envelope.client));
  if (!trusted) {
    if (header.present) strip(message, decision);
    return decision;
  }
  if (!header.present &&
      (settings_.scope == Scope::header || was_released_here(message, settings_.hostname))) {
    return decision;
  }

  const Time now = clock_.now();
  ParsedHeader parsed =
      parse_header(header.text, settings_.limits, now, in.envelope.recipients.size());
  decision.problems = std::move(header.problems);
  decision.warnings = std::move(header.warnings);
  append_remarks(decision.problems, std::move(parsed.problems));
  append_remarks(decision.warnings, std::move(parsed.warnings));

  Result<AccountSettings> account =
      account_settings(settings_.account_settings, settings_.by_login, in.envelope.client.login);
  if (!account) return std::move(account).error();
  decision.settings = std::move(account->text);
  decision.header = header.text.text();

  std::string& pool = parsed.document.ip_pool;
  if (!pool.empty() &&
      std::find(settings_.pools.begin(), settings_.pools.end(), pool) == settings_.pools.end()) {
    decision.warnings.push_back({{},
                                 fmt::format("'ip_pool' \"{}\" is not set up here: the default "
                                             "listener is used (POOL-2)",
                                             printable(pool, 64))});
    pool.clear();
  }
  auto document = std::make_shared<const Document>(std::move(parsed.document));
  decision.document = document;
  decision.plan = make_plan(*document, in.envelope, account->filters, now);
  append_remarks(decision.problems, std::move(decision.plan.problems));
  append_remarks(decision.warnings, std::move(decision.plan.warnings));

  if (decision.problems.empty()) {
    if (Status done = drop_suppressed_recipients(account->filters, decision); !done)
      return std::move(done).error();
    decision.message = in.message;
    decision.submission_id = random_id();
    decision.added = missing_fields(message, settings_.hostname, now);
    RenderSettings render_settings;
    render_settings.message_bytes = settings_.limits.message_bytes;
    render_settings.added = decision.added;
    render_settings.links = settings_.links;
    render_settings.submission_id = decision.submission_id;
    decision.renderer = std::make_shared<const Renderer>(Renderer::compile(
        in.message, document, decision.plan.filters, render_settings, decision.warnings));
    for (const Delivery& delivery : decision.plan.deliveries) {
      if (delivery.kind != CopyKind::normal) continue;
      const Status fits = decision.renderer->check(delivery);
      if (fits) continue;
      decision.problems.push_back(
          {{},
           fmt::format("recipient {} ({}): {}", delivery.index + 1,
                       printable(delivery.recipient, 80), fits.error().text)});
      break;  // what is too large for one is likely too large for all
    }
  }
  cap_remarks(decision.problems);
  cap_remarks(decision.warnings);

  if (!decision.problems.empty()) {
    decision.submission_id = random_id();
    refuse(in, *document, decision);
  } else if (!rewrite_in_place(in, decision)) {
    decision.verdict = Verdict::hold;
  } else if (header.present || decision.rewritten.body_changed || decision.renderer->has_links()) {
    decision.verdict = in.can_be_rewritten ? Verdict::rewrite : Verdict::hold;
  } else {
    decision.verdict = Verdict::pass;  // PIPE-1: no account setting touches it
  }
  return decision;
}

Result<Decision> Intake::take(const Intaken& in, std::string_view unique_key) const {
  Result<Decision> result = decide(in);
  if (!result) return result;
  Decision& decision = *result;
  // What goes on in place is recorded too: its events are told by it (EVT-8).
  const bool in_place = decision.verdict == Verdict::rewrite;
  const bool is_refused =
      decision.verdict == Verdict::bounce || decision.verdict == Verdict::reject;
  if (!in_place && decision.verdict != Verdict::hold && !is_refused) return result;

  Submission submission;
  submission.id = decision.submission_id;
  submission.received = clock_.now();
  submission.queue_id = in.envelope.queue_id;
  submission.client = in.envelope.client;
  submission.smtputf8 = in.envelope.smtputf8;
  submission.message_id = message_id_of(*in.message, decision.added);
  std::vector<NewCopy> copies;
  if (!is_refused) {
    submission.reverse_path = in.envelope.reverse_path;
    submission.mail_parameters = in.envelope.parameters;
    submission.eight_bit = in.envelope.eight_bit;
    submission.header = decision.header;
    submission.settings = decision.settings;
    submission.pool = decision.document->ip_pool;
    if (decision.plan.scheduled) submission.batch_id = decision.document->batch_id;  // SCH-11
    if (!in_place) {
      submission.message =
          std::make_shared<const std::string>(kept_octets(*in.message, decision.added));
    }
    copies.reserve(decision.plan.deliveries.size() + decision.plan.drops.size());
    for (const Delivery& d : decision.plan.deliveries) {
      copies.push_back({d.index, d.kind, d.recipient, d.parameters, d.due, {}});
      if (in_place) copies.back().queue_id = in.envelope.queue_id;
    }
  } else if (decision.verdict == Verdict::reject) {
    submission.header = decision.header;  // labels the events (ERR-3); nothing else comes of it
  } else {
    submission.message = std::make_shared<const std::string>(decision.notice.value_or(""));
    if (decision.notice) {
      copies.push_back({0, CopyKind::notice, in.envelope.reverse_path, {}, Time(), {}});
    }
  }
  for (const Drop& drop : decision.plan.drops) {
    copies.push_back({drop.index, CopyKind::normal, drop.recipient, {}, Time(), drop.reason});
  }
  Result<std::string> kept = store_->hold(submission, copies, unique_key);
  if (!kept) return std::move(kept).error();
  decision.submission_id = *std::move(kept);
  return result;
}

}  // namespace smtpapi
