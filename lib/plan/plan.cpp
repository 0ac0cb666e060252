#include "plan/plan.h"

#include <fmt/format.h>

#include "base/text.h"

namespace smtpapi {
namespace {

/// The due time of recipient `index`: 0 when it has come (SCH-5, SCH-6).
Time due_time(const Document& document, std::size_t index, Time now) {
  std::int64_t at = document.send_at.value_or(0);
  if (index < document.send_each_at.size()) at = document.send_each_at[index];
  return at > to_unix(now) ? from_unix(at) : Time();
}

/// `to` alone says who receives it (TO-2, TO-3). A bad entry keeps its index (TO-8).
void plan_entries(const Document& document, bool smtputf8, Plan& plan) {
  for (std::size_t i = 0; i < document.to.size(); ++i) {
    Result<Mailbox> mailbox = parse_mailbox(document.to[i], smtputf8);
    if (!mailbox) {
      plan.warnings.push_back({{},
                               fmt::format("'to' entry {} (\"{}\") gets nothing: {}", i + 1,
                                           printable(document.to[i], 80), mailbox.error().text)});
      plan.drops.push_back({i, document.to[i], "Invalid"});
      continue;
    }
    Delivery delivery;
    delivery.index = i;
    delivery.recipient = mailbox->address;
    delivery.replaces_to = true;
    delivery.mailbox = *std::move(mailbox);
    plan.deliveries.push_back(std::move(delivery));
  }
}

void plan_envelope(const Envelope& envelope, Plan& plan) {
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    Delivery delivery;
    delivery.index = i;
    delivery.recipient = envelope.recipients[i].address;
    delivery.parameters = envelope.recipients[i].parameters;
    plan.deliveries.push_back(std::move(delivery));
  }
}

/// A blind copy behind each recipient message (BCC-1 to BCC-3).
void add_blind_copies(const FilterSettings& settings, bool smtputf8, Plan& plan) {
  const Result<Mailbox> blind = parse_mailbox(settings.value("email"), smtputf8);
  if (!blind) {
    plan.warnings.push_back({{}, "filter bcc sends no copy: its 'email': " + blind.error().text});
    return;
  }
  std::vector<Delivery> all;
  all.reserve(plan.deliveries.size() * 2);
  for (Delivery& delivery : plan.deliveries) {
    all.push_back(std::move(delivery));
    if (equals_ignoring_case(all.back().recipient, blind->address)) continue;
    Delivery copy = all.back();
    copy.kind = CopyKind::bcc;
    copy.recipient = blind->address;
    copy.parameters.clear();
    all.push_back(std::move(copy));
  }
  plan.deliveries = std::move(all);
}

}  // namespace

Filters resolve_filters(const Filters& header, const Filters& account) {
  Filters resolved;
  for (const auto& [name, settings] : header) {
    if (settings.enabled) resolved.emplace(name, settings);
  }
  for (const auto& [name, settings] : account) {
    const bool message_only = name.starts_with("bypass_");  // BYP-2
    if (settings.enabled && !message_only && !header.contains(name))
      resolved.emplace(name, settings);
  }
  return resolved;
}

Plan make_plan(const Document& document, const Envelope& envelope, const Filters& account,
               Time now) {
  Plan plan;
  plan.filters = resolve_filters(document.filters, account);
  if (document.to.empty()) {
    plan_envelope(envelope, plan);
  } else {
    plan_entries(document, envelope.smtputf8, plan);
  }

  const std::size_t recipients =
      document.to.empty() ? envelope.recipients.size() : document.to.size();
  if (!document.send_each_at.empty() && document.send_each_at.size() < recipients) {
    plan.problems.push_back(
        {{},
         fmt::format("'send_each_at' has {} times for {} recipients: give one for each (SCH-2)",
                     document.send_each_at.size(), recipients)});
  }
  for (Delivery& delivery : plan.deliveries) {
    delivery.due = due_time(document, delivery.index, now);
    if (delivery.due != Time()) plan.scheduled = true;
  }
  if (const auto bcc = plan.filters.find("bcc"); bcc != plan.filters.end()) {
    add_blind_copies(bcc->second, envelope.smtputf8, plan);
  }
  return plan;
}

}  // namespace smtpapi
