#include "net/smtp_courier.h"

#include <fmt/format.h>

#include <utility>

#include "net/smtp_content.h"

namespace smtpapi {
namespace {

// Postfix answers slowly after ten errors in a row (smtpd_soft_error_limit), and a refused
// recipient is two, as DATA then fails as well: a fresh session starts from none.
constexpr int max_failures = 4;

/// Replies to MAIL that speak of the listener's set-up and not of the message: out of step, not
/// served, or wants a login or TLS that an injection listener must not want.
bool blames_listener(int code) { return code == 502 || code == 503 || code == 530 || code == 538; }

std::size_t size_of(std::span<const std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  return size;
}

/// What is said for a parcel before its content, on a session that is between two transactions.
/// Result: the number of XFORWARD commands.
std::size_t append_envelope(std::string& out, const Parcel& parcel, const SmtpFeatures& features) {
  const std::size_t forwards = append_xforward(out, parcel, features);
  append_mail(out, parcel, features, size_of(parcel.content));
  append_rcpt(out, parcel, features);
  out += "DATA\r\n";
  return forwards;
}

Receipt receipt_for(const SmtpReply& reply) {
  Receipt out{reply.code, reply.status_code(), reply.text(), ""};
  if (reply.good()) out.queue_id = parse_queue_id(out.text);
  return out;
}

}  // namespace

/// How far one try of a parcel came.
struct SmtpCourier::Attempt {
  bool content_begun = false;      ///< from here on the server may have the message
  bool listener_at_fault = false;  ///< the error is not about this parcel
};

/// What the commands before the content were answered.
struct SmtpCourier::Answers {
  std::optional<SmtpReply> refusal;  ///< the first: it decides
  bool recipient_taken = false;
  bool wants_content = false;  ///< 354
};

SmtpCourier::SmtpCourier(Endpoint server, std::string hostname, std::stop_token abandon,
                         SmtpTimeouts timeouts)
    : server_(std::move(server)),
      hostname_(std::move(hostname)),
      abandon_(std::move(abandon)),
      timeouts_(timeouts) {}

SmtpCourier::~SmtpCourier() { hang_up(); }

void SmtpCourier::hang_up() {
  // The 221 is not waited for: nothing depends on it. Behind an envelope that was said ahead a QUIT
  // would be content.
  if (session_ && session_->said_ahead.empty()) {
    static_cast<void>(session_->stream.write("QUIT\r\n", std::chrono::seconds(1)));
  }
  session_.reset();
}

/// One reply. A 421 ends the session like a lost connection does (RFC 5321 3.8).
Result<SmtpReply> SmtpCourier::hear(std::chrono::milliseconds wait) {
  SmtpReply reply;
  for (;;) {
    const auto line = session_->stream.read_line(wait);
    if (!line) return line.error();
    const auto complete = add_reply_line(reply, *line);
    if (!complete) return complete.error();
    if (!*complete) continue;
    if (reply.code == 421) return unavailable(reply.whole());
    return reply;
  }
}

Status SmtpCourier::open() {
  const auto failed = [&](std::string_view stage, Error error) {
    session_.reset();
    return std::move(error).within(fmt::format("{} {}", stage, server_.text()));
  };
  auto stream = Stream::connect(server_, timeouts_.connect, abandon_);
  if (!stream) return failed("connect to", std::move(stream).error());
  session_.emplace(Session{std::move(*stream), {}});

  auto greeting = hear(timeouts_.greeting);
  if (!greeting) return failed("greeting of", std::move(greeting).error());
  if (!greeting->good()) return failed("greeting of", unavailable(greeting->whole()));

  const std::string hello = fmt::format("EHLO {}\r\n", hostname_);
  if (Status said = session_->stream.write(hello, timeouts_.command); !said) {
    return failed("EHLO to", std::move(said).error());
  }
  auto features = hear(timeouts_.command);
  if (!features) return failed("EHLO to", std::move(features).error());
  if (!features->good()) return failed("EHLO to", unavailable(features->whole()));
  session_->features = parse_features(features->lines);
  return ok();
}

Result<Receipt> SmtpCourier::deliver(const Parcel& parcel, const Parcel* next) {
  try {
    return try_deliver(parcel, next);
  } catch (...) {
    session_.reset();  // it may stand anywhere in a transaction
    throw;
  }
}

Result<Receipt> SmtpCourier::try_deliver(const Parcel& parcel, const Parcel* next) {
  if (Status fit = check_addresses(parcel); !fit) return fit.error();
  for (;;) {
    const bool reused = session_.has_value();
    if (!reused) {
      if (Status opened = open(); !opened) return opened.error();
    }
    if (needs_smtputf8(parcel) && !session_->features.smtputf8) {
      return invalid(fmt::format("5.6.7 {} does not offer SMTPUTF8", server_.text()));
    }

    compose_envelope(parcel);
    if (!session_->said_ahead.empty() && session_->said_ahead != commands_) {
      session_.reset();  // it waits for the content of another
      continue;
    }

    Attempt attempt;
    auto receipt = transact(parcel, next, attempt);
    if (receipt) {
      if (session_) {
        session_->failures = receipt->taken() ? 0 : session_->failures + 1;
        if (session_->failures >= max_failures) hang_up();
      }
      return receipt;
    }
    const bool was_silent = session_->stream.was_silent();
    session_.reset();
    // A session that had gone stale says nothing about this parcel: try a fresh one.
    if (reused && !attempt.content_begun && !was_silent) continue;
    if (attempt.listener_at_fault) return receipt.error();
    return Receipt{0, "", std::move(receipt).error().text, ""};
  }
}

void SmtpCourier::compose_envelope(const Parcel& parcel) {
  commands_.clear();
  verbs_.clear();
  if (session_->needs_reset) {
    commands_ += "RSET\r\n";
    verbs_.push_back(Verb::reset);
  }
  const std::size_t forwards = append_envelope(commands_, parcel, session_->features);
  verbs_.insert(verbs_.end(), forwards, Verb::forward);
  verbs_.insert(verbs_.end(), {Verb::mail, Verb::rcpt, Verb::data});
}

/// One transaction on the open session, its envelope composed. Errors: the session is of no more
/// use.
Result<Receipt> SmtpCourier::transact(const Parcel& parcel, const Parcel* next, Attempt& attempt) {
  const auto answers = open_transaction(attempt);
  if (!answers) return answers.error();
  if (answers->refusal) {
    end_refused(*answers);
    return receipt_for(*answers->refusal);
  }
  attempt.content_begun = true;
  auto reply = send_content(parcel, next);
  if (!reply) return reply.error();
  if (reply->code / 100 == 3) return unavailable("end of data: " + reply->whole());
  return receipt_for(*reply);
}

/// Says the envelope, unless that was done ahead, and listens to the answers.
Result<SmtpCourier::Answers> SmtpCourier::open_transaction(Attempt& attempt) {
  const bool pipelining = session_->features.pipelining;
  session_->needs_reset = false;
  if (pipelining && session_->said_ahead.empty()) {
    Status said = session_->stream.write(commands_, timeouts_.command);
    if (!said) return said.error();
  }
  session_->said_ahead.clear();
  Answers out;
  std::string_view unsaid = commands_;
  for (const Verb verb : verbs_) {
    if (!pipelining) {
      if (out.refusal) break;
      const std::string_view command = unsaid.substr(0, unsaid.find('\n') + 1);
      unsaid.remove_prefix(command.size());
      Status said = session_->stream.write(command, timeouts_.command);
      if (!said) return said.error();
    }
    auto reply = hear(verb == Verb::data ? timeouts_.data : timeouts_.command);
    if (!reply) return reply.error();

    if (verb == Verb::forward) continue;  // of use to the log only: the mail goes on without it
    if (verb == Verb::rcpt) out.recipient_taken = reply->good();
    if (verb == Verb::data && reply->code == 354) {
      out.wants_content = true;
      continue;
    }
    const bool expected = verb == Verb::data ? reply->code >= 400 : reply->code / 100 != 3;
    if (!expected || (verb == Verb::reset && !reply->good())) {
      return unavailable("unexpected reply: " + reply->whole());
    }
    if (reply->good()) continue;
    if (verb == Verb::mail && blames_listener(reply->code)) {
      attempt.listener_at_fault = true;
      return unavailable(fmt::format("MAIL to {}: {}", server_.text(), reply->whole()));
    }
    if (!out.refusal) out.refusal = std::move(*reply);
  }
  return out;
}

/// Leaves the session ready for the next transaction, or closed.
void SmtpCourier::end_refused(const Answers& answers) {
  session_->needs_reset = !answers.wants_content;
  if (!answers.wants_content) return;
  // 354 although nobody is to get it: an empty message ends it. Should the server believe that it
  // does have a recipient, nothing may be sent at all.
  const bool ended = !answers.recipient_taken &&
                     session_->stream.write(".\r\n", timeouts_.command) && hear(timeouts_.end);
  if (!ended) session_.reset();
}

/// Only what cannot fail on our side, and only if a refusal of the message in work would not make
/// us take a fresh session. No RSET is needed: the final dot ends the transaction whatever its
/// answer is (RFC 5321 section 4.1.1.4).
bool SmtpCourier::may_say_ahead(const Parcel& next) const {
  const SmtpFeatures& features = session_->features;
  return features.pipelining && session_->failures + 1 < max_failures && check_addresses(next) &&
         (features.smtputf8 || !needs_smtputf8(next));
}

Result<SmtpReply> SmtpCourier::send_content(const Parcel& parcel, const Parcel* next) {
  std::string& ahead = session_->said_ahead;
  if (next && may_say_ahead(*next)) append_envelope(ahead, *next, session_->features);

  SmtpContent content(parcel.content);
  for (bool more = true; more;) {
    more = content.next(spans_);
    if (!more && !ahead.empty()) spans_.push_back({ahead.data(), ahead.size()});
    if (Status sent = session_->stream.write(spans_, timeouts_.block); !sent) {
      return std::move(sent).error().within("sending the message");
    }
  }
  auto reply = hear(timeouts_.end);
  if (!reply) return std::move(reply).error().within("end of data");
  return reply;
}

}  // namespace smtpapi
