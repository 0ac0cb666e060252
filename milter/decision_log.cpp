#include "milter/decision_log.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace smtpapi {
namespace {

constexpr std::size_t most_warnings = 10;

std::string due_text(const Plan& plan) {
  if (plan.deliveries.empty()) return "never";
  const auto first =
      std::min_element(plan.deliveries.begin(), plan.deliveries.end(),
                       [](const Delivery& a, const Delivery& b) { return a.due < b.due; });
  return first->due == Time() ? "now" : std::to_string(to_unix(first->due));
}

std::string problems_text(const Decision& decision) {
  return fmt::format("problems={}, first: {}", decision.problems.size(),
                     to_string(decision.problems.front()));
}

/// What happened, in a clause. `kept`: " submission=ID" when copies were kept, else "".
std::string clause(const Decision& decision, const Envelope& envelope, const std::string& kept) {
  switch (decision.verdict) {
    case Verdict::pass:
      return "passed" + kept;
    case Verdict::rewrite:
      return fmt::format("rewritten{}, recipients={}", kept, decision.plan.deliveries.size());
    case Verdict::hold:
      return fmt::format("held{}, copies={}, dropped={}, due={}", kept,
                         decision.plan.deliveries.size(), decision.plan.drops.size(),
                         due_text(decision.plan));
    case Verdict::bounce:
      return fmt::format("bounced{}, notice={}, {}", kept,
                         decision.notice ? "<" + envelope.reverse_path + ">" : "none",
                         problems_text(decision));
    case Verdict::reject:
      return "rejected, " + problems_text(decision);
    case Verdict::strip:
      return fmt::format(
          "stripped{}: client {} is not trusted", kept,
          envelope.client.address.empty() ? "(address unknown)" : envelope.client.address);
  }
  return {};
}

}  // namespace

void log_decision(const Decision& decision, const Envelope& envelope) {
  const std::string& id = envelope.queue_id;
  const std::string kept =
      decision.submission_id.empty() ? "" : " submission=" + decision.submission_id;
  const bool untouched = decision.verdict == Verdict::pass && kept.empty();
  const LogLevel level = untouched ? LogLevel::debug : LogLevel::info;
  if (is_logged(level)) write_log(level, id + ": " + clause(decision, envelope, kept));

  const auto shown = std::min(decision.warnings.size(), most_warnings);
  for (std::size_t i = 0; i < shown; ++i)
    log_warning("{}: {}", id, to_string(decision.warnings[i]));
  if (decision.warnings.size() > shown)
    log_warning("{}: and {} warnings more", id, decision.warnings.size() - shown);
}

}  // namespace smtpapi
