#include "event/delivery_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t most_processes = 10'000;
constexpr std::size_t most_recipients = 1'000;  ///< in one line of Sendmail
constexpr std::size_t most_messages = 65'536;
constexpr std::size_t longest_text = 2'000;

using Kind = DeliveryReport::Kind;

std::uint64_t hash(std::string_view text) {  // FNV-1a
  std::uint64_t value = 14695981039346656037u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return value;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// What `text` begins with, if it looks like a queue ID.
std::string_view queue_id_in(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_alphanumeric(text[end])) ++end;
  return end < 5 || end > 40 ? std::string_view() : text.substr(0, end);
}

/// Takes "QID: " off.
std::optional<std::string_view> take_queue_id(std::string_view& message) {
  const std::string_view id = queue_id_in(message);
  if (id.empty() || !message.substr(id.size()).starts_with(": ")) return std::nullopt;
  message.remove_prefix(id.size() + 2);
  return id;
}

/// Behind "<": the address in front of the ">" that closes it. A ">" in a quoted local part is the
/// address's own: Postfix writes such quotes (info_log_address_format).
std::optional<std::string_view> take_address(std::string_view& rest) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (is_quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      is_quoted = !is_quoted;
    } else if (rest[i] == '>' && !is_quoted) {
      const std::string_view address = rest.substr(0, i);
      rest.remove_prefix(i + 1);
      return address;
    }
  }
  return std::nullopt;
}

/// The value of "NAME=" up to the next ", ", from the front of `rest`: a key found there cannot
/// come out of an answer that stands behind it.
std::string_view take_value(std::string_view& rest, std::string_view name) {
  std::string_view at = rest;
  while (!at.empty()) {
    const std::size_t end = at.find(", ");
    const std::string_view item = at.substr(0, end);
    const std::string_view behind = end == at.npos ? std::string_view() : at.substr(end + 2);
    if (item.starts_with(name)) {
      rest = behind;
      return item.substr(name.size());
    }
    at = behind;
  }
  return {};
}

/// "192.0.2.1" of "mx.example.org[192.0.2.1]:25" and of "mx.example.org. [192.0.2.1]".
std::string ip_of(std::string_view relay) {
  const std::size_t open = relay.rfind('['), close = relay.rfind(']');
  if (open == relay.npos || close == relay.npos || close < open) return {};
  std::string_view ip = relay.substr(open + 1, close - open - 1);
  if (ip.starts_with("IPv6:")) ip.remove_prefix(5);
  const bool fits = std::all_of(ip.begin(), ip.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':' || c == '%';
  });
  const bool is_address = ip.find_first_of(".:") != ip.npos;
  return fits && is_address ? std::string(ip) : std::string();
}

int reply_code_of(std::string_view text) {
  if (text.size() < 3 || text[0] < '2' || text[0] > '5') return 0;
  if (text.size() > 3 && text[3] != ' ' && text[3] != '-') return 0;
  for (const char c : text.substr(0, 3))
    if (c < '0' || c > '9') return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

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
  return text.substr(0, longest_text);
}

bool is_status_code(std::string_view text) {
  return text.size() >= 5 && text.size() <= 9 && text[1] == '.' && text[0] >= '2' && text[0] <= '5';
}

std::optional<Kind> kind_of_postfix(std::string_view status) {
  if (status == "sent") return Kind::delivered;
  if (status == "deferred" || status == "SOFTBOUNCE") return Kind::deferred;
  if (status == "bounced") return Kind::failed;
  if (status == "expired") return Kind::expired;
  return std::nullopt;  // deliverable, undeliverable: only asked
}

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

/// The same whenever and from wherever the line is read.
std::string mark_of(const LogLine& line) {
  return fmt::format("{}x{:08x}", to_unix(line.time), hash(line.message) & 0xffffffffu);
}

std::string copied(std::string_view text) { return std::string(text); }

}  // namespace

void DeliveryReports::note_encryption(const LogLine& line, std::string_view relay) {
  if (encrypted_.empty()) encrypted_.resize(most_processes);
  encrypted_[hash(line.process) % most_processes] = {copied(line.process), copied(relay)};
}

std::optional<bool> DeliveryReports::is_encrypted(const LogLine& line,
                                                  std::string_view relay) const {
  // Without a word of TLS the MTA does not log it, so nothing is known.
  if (encrypted_.empty() || relay.find('[') == relay.npos) return std::nullopt;
  const Encrypted& known = encrypted_[hash(line.process) % most_processes];
  return known.process == line.process && known.relay == relay;
}

void DeliveryReports::note_message(std::string_view queue_id) {
  if (messages_.empty()) messages_.resize(most_messages);
  const std::uint64_t key = hash(queue_id);
  messages_[key % most_messages] = key;
}

bool DeliveryReports::has_message(std::string_view queue_id) const {
  const std::uint64_t key = hash(queue_id);
  return !messages_.empty() && messages_[key % most_messages] == key;
}

/// Who took a message names it in the answer (RI-8); it goes on in this log if it came in here.
std::string DeliveryReports::next_queue_id(std::string_view answer) const {
  constexpr std::string_view postfix = "queued as ", sendmail = " Message accepted for delivery";
  if (messages_.empty()) return {};
  std::string_view id;
  if (const std::size_t at = answer.rfind(postfix); at != answer.npos) {
    id = queue_id_in(answer.substr(at + postfix.size()));
  } else if (answer.ends_with(sendmail)) {
    answer.remove_suffix(sendmail.size());
    id = queue_id_in(answer.substr(answer.rfind(' ') + 1));
  }
  return id.empty() || !has_message(id) ? std::string() : copied(id);
}

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
                              ? copied(queue_id_in(answer.substr(forwarded.size())))
                              : next_queue_id(answer);
  }
  if (relay != "none") {
    report.relay = relay;
    report.relay_ip = ip_of(relay);
  }
  report.text = answer;
  report.reply_code = reply_code_of(answer);
  report.tls = is_encrypted(line, relay);
  report.is_own_service = std::count(line.program.begin(), line.program.end(), '/') > 1;
  reports.push_back(std::move(report));
}

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
    report.text = rest.substr(dsn.size()).substr(0, longest_text);
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
  const std::string_view name = trim(relay.substr(0, relay.find('[')));
  std::optional<bool> tls;
  if (!encrypted_.empty() && !relay.empty()) {
    const Encrypted& known = encrypted_[hash(line.process) % most_processes];
    tls = known.process == line.process && known.relay == name;
  }
  for (const std::string_view recipient : recipients) {
    DeliveryReport report;
    report.kind = *kind;
    report.time = line.time;
    report.queue_id = *queue_id;
    report.recipient = recipient;
    if (is_status_code(dsn)) report.status = dsn;
    report.text = stat.substr(0, longest_text);
    report.reply_code = reply_code_of(report.text);
    report.relay = relay;
    report.relay_ip = ip_of(relay);
    report.tls = tls;
    report.mark = mark_of(line);
    if (*kind == Kind::delivered) report.passed_on_to = next_queue_id(report.text);
    reports.push_back(std::move(report));
  }
}

void DeliveryReports::read(const LogLine& line, std::vector<DeliveryReport>& reports) {
  const std::size_t slash = line.program.rfind('/');
  if (slash == line.program.npos) return read_sendmail(line, reports);
  read_postfix(line, line.program.substr(slash + 1), reports);
}

}  // namespace smtpapi
