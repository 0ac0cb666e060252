#include "milter/session.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "milter/decision_log.h"
#include "smtpapi/header_text.h"

namespace smtpapi {
namespace {

/// A message up to here costs no look at the memory budget: it is part of what a session costs.
constexpr std::size_t free_octets = 64u << 10;
/// What an MTA's SIZE may make us reserve beyond the header.
constexpr std::size_t reserve_slack = 4096;

const char* const not_available = "X-SMTPAPI processing is not available, please try again later";

/// The address of MAIL or RCPT without <> and source route (RFC 5321 section 4.1.1.3).
std::string_view without_brackets(std::string_view address) {
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>')
    address = address.substr(1, address.size() - 2);
  if (!address.empty() && address[0] == '@')
    if (const auto colon = address.find(':'); colon != std::string_view::npos)
      address.remove_prefix(colon + 1);
  return address;
}

/// Those of `parameters` that begin with one of `names`, separated by blanks.
std::string select(std::span<const std::string_view> parameters,
                   std::initializer_list<std::string_view> names) {
  std::string out;
  for (const std::string_view parameter : parameters) {
    const bool wanted = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return starts_with_ignoring_case(parameter, name);
    });
    if (wanted) out.append(out.empty() ? "" : " ").append(parameter);
  }
  return out;
}

/// How the message came, as a Received field has it (RFC 3848). Whether the client said EHLO is
/// only known when it used something that needs it.
std::string protocol(bool has_parameters, bool authenticated, bool tls) {
  if (!has_parameters && !authenticated && !tls) return "";
  return std::string("ESMTP") + (tls ? "S" : "") + (authenticated ? "A" : "");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  // A name that is none would end the header for us though not for the MTA (RFC 5322 section 2.2).
  name = trim(name);
  if (name.empty()) name = "?";
  for (const char c : name) out.push_back(c > ' ' && c < '\x7F' && c != ':' ? c : '?');
  out.push_back(':');
  while (!value.empty()) {
    const auto end = value.find('\n');
    std::string_view line = value.substr(0, end);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    out += line;
    if (end == std::string_view::npos) break;
    value.remove_prefix(end + 1);
    out += "\r\n";
    if (value.empty() || !is_blank(value[0])) out.push_back(' ');
  }
  out += "\r\n";
}

}  // namespace

Session::Session(const CurrentService& service, Quota& quota) : current_(service), quota_(quota) {}

void Session::connect(std::string_view name, std::string address, std::string_view daemon_name) {
  client_ = {};
  failed_ = false;
  forget_message();
  if (!name.empty() && name[0] != '[') client_.name = name;
  client_.address = std::move(address);
  client_.daemon_name = daemon_name;
}

void Session::helo(std::string_view name) { client_.helo = name; }

void Session::mail_from(std::span<const std::string_view> arguments, std::string_view login,
                        bool tls) {
  forget_message();
  stage_ = Stage::envelope;
  service_ = current_.load();
  const std::string_view address = arguments.empty() ? std::string_view() : arguments[0];
  const auto parameters = arguments.subspan(arguments.empty() ? 0 : 1);

  envelope_.client = client_;
  envelope_.client.login = login;
  envelope_.client.protocol = protocol(!parameters.empty(), !login.empty(), tls);
  envelope_.reverse_path = without_brackets(address);
  envelope_.parameters = select(parameters, {"RET=", "ENVID="});
  for (const std::string_view parameter : parameters) {
    if (equals_ignoring_case(parameter, "SMTPUTF8")) envelope_.smtputf8 = true;
    if (equals_ignoring_case(parameter, "BODY=8BITMIME")) envelope_.eight_bit = true;
    if (starts_with_ignoring_case(parameter, "SIZE="))
      announced_size_ =
          static_cast<std::size_t>(std::max(0ll, to_integer(parameter.substr(5)).value_or(0)));
  }
}

void Session::rcpt_to(std::span<const std::string_view> arguments) {
  if (stage_ != Stage::envelope || arguments.empty()) return;
  envelope_.recipients.push_back({std::string(without_brackets(arguments[0])),
                                  select(arguments.subspan(1), {"NOTIFY=", "ORCPT="}),
                                  std::string(arguments[0])});
}

void Session::header(std::string_view name, std::string_view value) {
  if (stage_ == Stage::envelope) stage_ = Stage::header;
  if (stage_ != Stage::header) return;
  const bool ours = is_header_of_ours(name);
  if (ours) has_header_of_ours_ = true;
  if (trouble_ || message_failed_) return;
  // Above header-bytes there is a notice or a reply that says so; what exceeds it by far, in many
  // fields, is not even kept.
  const std::size_t size = name.size() + value.size();
  const Limits& limits = service_->limits();
  if (ours && octets_of_ours_ + size > 2 * limits.header_bytes)
    return give_up({"552", "5.3.4", "the X-SMTPAPI header is too large"});
  const std::size_t before = octets_.size();
  if (!ours && before - octets_of_ours_ + size > limits.message_bytes)
    return give_up({"552", "5.3.4", "the header is too large"});
  if (before + size > free_octets && !charge_.raise_to(before + size))
    return give_up({"452", "4.3.1", "too many large messages at one time, please try again later"});
  append_field(octets_, name, value);
  ++fields_;
  if (ours) octets_of_ours_ += octets_.size() - before;
}

Answer Session::end_of_header(std::string_view queue_id) {
  if (stage_ == Stage::envelope) stage_ = Stage::header;  // a message without any field
  if (stage_ != Stage::header || failed_ || message_failed_)
    return refuse({"451", "4.3.0", not_available});
  envelope_.queue_id = queue_id.empty() ? "NOQUEUE" : queue_id;

  const auto interest = service_->intake().interest(envelope_.client, has_header_of_ours_);
  if (interest == Intake::Interest::none) {
    log_debug("{}: passed", envelope_.queue_id);
    forget_message();
    return Answer::accept;
  }
  if (trouble_ || interest == Intake::Interest::header) {
    stage_ = Stage::skipped_body;
    return Answer::go_on;
  }
  stage_ = Stage::body;
  octets_.reserve(octets_.size() + std::min(announced_size_, service_->limits().message_bytes) +
                  reserve_slack);
  octets_ += "\r\n";
  return Answer::go_on;
}

Answer Session::body(std::string_view chunk) {
  if (stage_ == Stage::body && !collect(chunk)) stage_ = Stage::skipped_body;
  return stage_ == Stage::body ? Answer::go_on : Answer::skip_body;
}

/// False when the message may not grow by `chunk`.
bool Session::collect(std::string_view chunk) {
  const std::size_t size = octets_.size() + chunk.size();
  if (const std::size_t most = service_->limits().message_bytes; size - octets_of_ours_ > most) {
    give_up({"552", "5.3.4", fmt::format("the message is larger than {} octets", most)});
    return false;
  }
  if (size > free_octets && !charge_.raise_to(size)) {
    give_up({"452", "4.3.1", "too many large messages at one time, please try again later"});
    return false;
  }
  octets_ += chunk;
  return true;
}

/// Nothing more is kept of the message; `reply` is its answer at the end.
void Session::give_up(Reply reply) {
  trouble_ = std::move(reply);
  octets_ = {};
  charge_ = {};
}

Ending Session::end_of_message() {
  Ending ending;
  ending.reply = {"451", "4.3.0", not_available};
  if (failed_ || message_failed_ || (stage_ != Stage::body && stage_ != Stage::skipped_body)) {
    forget_message();
    return ending;
  }
  if (trouble_) {
    ending.reply = *std::move(trouble_);
    ending.answer = ending.reply.code[0] == '5' ? Answer::reject : Answer::tempfail;
    log_info("{}: refused: {} {} {}", envelope_.queue_id, ending.reply.code, ending.reply.status,
             ending.reply.text);
    forget_message();
    return ending;
  }

  Intaken in;
  in.message = std::make_shared<const Message>(std::move(octets_));
  in.envelope = std::move(envelope_);
  ending.charge = std::move(charge_);
  const auto service = std::move(service_);
  const std::size_t shown = fields_;
  forget_message();

  if (in.message->fields().size() != shown) {
    // Deleting fields by number would hit the wrong ones.
    log_error("{}: the MTA showed {} header fields, {} were found", in.envelope.queue_id, shown,
              in.message->fields().size());
    return ending;
  }
  ending.turn = quota_.decisions.enter(in.message->octets().size());
  log_debug("{}: deciding about {} octets", in.envelope.queue_id, in.message->octets().size());
  Result<Decision> decision = service->intake().take(in);
  if (!decision) {
    log_error("{}: {}", in.envelope.queue_id, decision.error().text);
    return ending;
  }
  log_decision(*decision, in.envelope);

  ending.decision = *std::move(decision);
  switch (ending.decision.verdict) {
    case Verdict::pass:
    case Verdict::rewrite:
    case Verdict::strip:
      ending.answer = Answer::accept;
      ending.changes = changes_of(ending.decision, *in.message, in.envelope);
      break;
    case Verdict::hold:
    case Verdict::bounce:
      ending.answer = Answer::discard;
      break;
    case Verdict::reject:
      ending.answer = Answer::reject;
      ending.reply = {"550", "5.6.0", ending.decision.reply};
      break;
  }
  return ending;
}

void Session::abort() { forget_message(); }

void Session::fail() noexcept { (stage_ == Stage::idle ? failed_ : message_failed_) = true; }

Answer Session::refuse(Reply reply) {
  reply_ = std::move(reply);
  forget_message();
  return Answer::tempfail;
}

void Session::forget_message() {
  stage_ = Stage::idle;
  service_.reset();
  envelope_ = {};
  if (octets_.capacity() > free_octets)
    octets_ = {};
  else
    octets_.clear();
  fields_ = octets_of_ours_ = announced_size_ = 0;
  has_header_of_ours_ = message_failed_ = false;
  trouble_.reset();
  charge_ = MemoryCharge(quota_.messages);
}

}  // namespace smtpapi
