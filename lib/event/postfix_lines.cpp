// Lines of Postfix (DS-1).
#include <algorithm>

#include "event/log_words.h"

namespace smtpapi {
namespace {

using Kind = DeliveryReport::Kind;

/// The answer in "host mx[192.0.2.1] said: 550 ... (in reply to RCPT TO command)".
std::string_view answer_in(std::string_view text) {
  if (text.starts_with("host ")) {
    for (const std::string_view word : {" said: ", " refused to talk to me: "}) {
      const std::size_t at = text.find(word);
      if (at == text.npos) continue;
      text.remove_prefix(at + word.size());
      const std::size_t tail = text.rfind(" (in reply to ");
      if (tail != text.npos) text = text.substr(0, tail);
      break;
    }
  }
  return text.substr(0, longest_answer);
}

std::optional<Kind> kind_of_postfix(std::string_view status) {
  if (status == "sent") return Kind::delivered;
  if (status == "deferred" || status == "SOFTBOUNCE") return Kind::deferred;
  if (status == "bounced") return Kind::failed;
  if (status == "expired") return Kind::expired;
  return std::nullopt;  // deliverable, undeliverable: only asked
}

}  // namespace

void DeliveryReports::read_postfix(const LogLine& line, std::string_view service,
                                   std::vector<DeliveryReport>& reports) {
  std::string_view rest = line.message;
  constexpr std::string_view established = " TLS connection established to ";
  if (service == "smtp" || service == "lmtp") {
    const std::size_t at = rest.find(established);
    if (at != rest.npos && at < 30) {
      rest.remove_prefix(at + established.size());
      return note_encryption(line, rest.substr(0, rest.find(": ")));
    }
  }
  const auto queue_id = take_queue_id(rest);
  if (!queue_id) return;
  if (service == "smtpd") {
    if (rest.starts_with("client=")) note_message(*queue_id);
    return;
  }
  DeliveryReport report;
  report.time = line.time;
  report.queue_id = *queue_id;
  if (service == "pickup") {  // "NEW: uid=102 from=<...> orig_id=OLD"
    constexpr std::string_view origin = "> orig_id=";
    const std::size_t at = rest.rfind(origin);
    if (!rest.starts_with("uid=") || at == rest.npos) return;
    const std::string_view old = rest.substr(at + origin.size());
    if (old.empty() || queue_id_in(old) != old) return;
    report.kind = Kind::renamed;
    report.queue_id = old;
    report.passed_on_to = *queue_id;
    reports.push_back(std::move(report));
    return;
  }
  if (service == "postsuper") {
    if (rest != "removed") return;
    report.kind = Kind::deleted;
    reports.push_back(std::move(report));
    return;
  }
  if (rest.starts_with("from=<")) {  // qmgr
    rest.remove_prefix(6);
    if (!take_address(rest)) return;
    if (!rest.starts_with(", status=expired") && !rest.starts_with(", status=force-expired"))
      return;
    report.kind = Kind::expired;
    reports.push_back(std::move(report));
    return;
  }
  if (!rest.starts_with("to=<")) return;
  rest.remove_prefix(4);
  const auto recipient = take_address(rest);
  if (!recipient || !rest.starts_with(", ")) return;
  rest.remove_prefix(2);
  report.recipient = *recipient;
  if (rest.starts_with("orig_to=<")) {
    rest.remove_prefix(9);
    const auto original = take_address(rest);
    if (!original || !rest.starts_with(", ")) return;
    rest.remove_prefix(2);
    report.orig_recipient = *original;
  }
  const std::string_view relay = take_value(rest, "relay=");
  const std::string_view dsn = take_value(rest, "dsn=");
  if (!rest.starts_with("status=")) return;
  rest.remove_prefix(7);
  const std::size_t word = std::min(rest.find_first_of(" ,"), rest.size());
  const auto kind = kind_of_postfix(rest.substr(0, word));
  if (!kind) return;
  rest.remove_prefix(word);
  const std::size_t open = rest.find('('), close = rest.rfind(')');
  const bool has_text = open != rest.npos && open <= 2 && close != rest.npos && close > open;
  const std::string_view answer =
      has_text ? answer_in(rest.substr(open + 1, close - open - 1)) : std::string_view();
  report.kind = *kind;
  report.mark = mark_of(line);
  if (is_status_code(dsn)) report.status = dsn;
  constexpr std::string_view forwarded = "forwarded as ";
  if (*kind == Kind::delivered) {
    report.passed_on_to = service == "local" && answer.starts_with(forwarded)
                              ? std::string(queue_id_in(answer.substr(forwarded.size())))
                              : next_queue_id(answer);
  }
  if (relay != "none") {
    report.relay = relay;
    report.relay_ip = ip_of(relay);
  }
  report.text = answer;
  report.reply_code = reply_code_of(answer);
  if (relay.find('[') != relay.npos) report.tls = is_encrypted(line, relay);
  report.is_own_service = std::count(line.program.begin(), line.program.end(), '/') > 1;
  reports.push_back(std::move(report));
}

}  // namespace smtpapi
