// Lines of Sendmail (DS-3).
#include <algorithm>

#include "base/text.h"
#include "event/log_words.h"

namespace smtpapi {
namespace {

using Kind = DeliveryReport::Kind;

constexpr std::size_t most_recipients = 1'000;  ///< in one line

bool is_timeout(std::string_view words) {
  return words.starts_with("Cannot send message for") || words.starts_with("Message timed out");
}

/// Nothing for "queued" and the like, which decide nothing.
std::optional<Kind> kind_of_sendmail(std::string_view stat, std::string_view dsn) {
  const bool has_failed = dsn.starts_with("4") || dsn.starts_with("5");
  if (stat.starts_with("Sent") && !has_failed) return Kind::delivered;
  if (stat.starts_with("queued") || stat.starts_with("aliased") || stat.starts_with("Please try"))
    return std::nullopt;
  if (is_timeout(stat)) return Kind::expired;
  if (stat.starts_with("Deferred") || dsn.starts_with("4")) return Kind::deferred;
  if (dsn.starts_with("5")) return Kind::failed;
  if (stat.starts_with("User unknown") || stat.starts_with("Host unknown") ||
      stat.starts_with("Service unavailable") || stat.starts_with("Data format error"))
    return Kind::failed;
  return std::nullopt;
}

}  // namespace

/// "split: maxrcpts=2, rcpts=5, count=2, ids=NEW; NEW", "NEW: clone: owner=...", "NEW: DSN: Cannot
/// send message for 5 days": recipients of one message go their ways in others, or are given up.
void DeliveryReports::read_other_sendmail(const LogLine& line, std::string_view queue_id,
                                          std::string_view rest,
                                          std::vector<DeliveryReport>& reports) {
  DeliveryReport report;
  report.time = line.time;
  report.queue_id = queue_id;
  report.kind = Kind::renamed;
  if (rest.starts_with("split: ")) {
    const std::size_t list = rest.rfind('=');
    for (const std::string_view id : split(rest.substr(list + 1), ';')) {
      report.passed_on_to = queue_id_in(trim(id));
      if (!report.passed_on_to.empty()) reports.push_back(report);
    }
    return;
  }
  constexpr std::string_view dsn = "DSN: ";
  const auto other = take_queue_id(rest);
  if (!other) return;
  if (rest.starts_with("clone: owner=")) {
    report.passed_on_to = *other;
    reports.push_back(std::move(report));
  } else if (rest.starts_with(dsn) && is_timeout(rest.substr(dsn.size()))) {
    report.kind = Kind::expired;
    report.text = rest.substr(dsn.size()).substr(0, longest_answer);
    reports.push_back(std::move(report));
  }
}

void DeliveryReports::read_sendmail(const LogLine& line, std::vector<DeliveryReport>& reports) {
  std::string_view rest = line.message;
  // "STARTTLS=client, relay=mx.example.org., version=TLSv1.3, ..."
  constexpr std::string_view starttls = "STARTTLS=client, relay=";
  if (rest.starts_with(starttls)) {
    rest.remove_prefix(starttls.size());
    return note_encryption(line, rest.substr(0, rest.find(',')));
  }
  const auto queue_id = take_queue_id(rest);
  if (!queue_id) return;
  if (rest.starts_with("from=")) return note_message(*queue_id);
  if (!rest.starts_with("to=")) return read_other_sendmail(line, *queue_id, rest, reports);
  rest.remove_prefix(3);
  std::vector<std::string_view> recipients;
  for (;;) {
    if (recipients.size() == most_recipients) return;
    if (rest.starts_with("<")) {
      rest.remove_prefix(1);
      const auto address = take_address(rest);
      if (!address) return;
      recipients.push_back(*address);
    } else {
      const std::size_t end = std::min(rest.find(','), rest.size());
      recipients.push_back(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (!rest.starts_with(",")) return;
    rest.remove_prefix(1);
    if (!rest.starts_with(" ")) continue;
    rest.remove_prefix(1);
    break;
  }
  // All before "reply=" is Sendmail's own but the relay's name. What an answer contains behind it
  // cannot turn a failure into a delivery, for "dsn=" stands in front.
  const std::string_view relay = take_value(rest, "relay=");
  const std::string_view dsn = take_value(rest, "dsn=");
  std::string_view stat = rest, reply;
  if (stat.starts_with("reply=")) {
    const std::size_t end = std::min(stat.find(", stat="), stat.size());
    reply = stat.substr(6, end - 6);
    stat.remove_prefix(std::min(end + 2, stat.size()));
  }
  if (!stat.starts_with("stat=")) return;
  stat.remove_prefix(5);
  const auto kind = kind_of_sendmail(stat, dsn);
  if (!kind) return;
  if (*kind == Kind::delivered && stat.starts_with("Sent (") && stat.ends_with(")")) {
    stat = stat.substr(6, stat.size() - 7);
  } else if (!reply.empty()) {
    stat = reply;
  } else if (stat.starts_with("Deferred: ")) {
    stat.remove_prefix(10);
  }
  const std::string_view name = trim(relay.substr(0, relay.rfind('[')));
  std::optional<bool> tls;
  if (!relay.empty()) tls = is_encrypted(line, name);
  for (const std::string_view recipient : recipients) {
    DeliveryReport report;
    report.kind = *kind;
    report.time = line.time;
    report.queue_id = *queue_id;
    report.recipient = recipient;
    if (is_status_code(dsn)) report.status = dsn;
    report.text = stat.substr(0, longest_answer);
    report.reply_code = reply_code_of(report.text);
    report.relay = relay;
    report.relay_ip = ip_of(relay);
    report.tls = tls;
    report.mark = mark_of(line);
    if (*kind == Kind::delivered) report.passed_on_to = next_queue_id(report.text);
    reports.push_back(std::move(report));
  }
}

}  // namespace smtpapi
