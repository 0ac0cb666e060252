// The courier that speaks SMTP: one session, kept for many messages, everything that may be said in
// one breath said in one write (LIB-29, LIB-30): a message costs one turn on the line when the next
// is known.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "net/courier.h"
#include "net/endpoint.h"
#include "net/smtp_commands.h"
#include "net/smtp_reply.h"
#include "net/stream.h"

namespace smtpapi {

/// How long the server may take for what, RFC 5321 section 4.5.3.2. The defaults are its minimums.
struct SmtpTimeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(30);
  std::chrono::milliseconds greeting = std::chrono::minutes(5);
  std::chrono::milliseconds command = std::chrono::minutes(5);  ///< EHLO, MAIL, RCPT, RSET
  std::chrono::milliseconds data = std::chrono::minutes(2);     ///< the 354
  std::chrono::milliseconds block = std::chrono::minutes(3);    ///< taking in a block of content
  std::chrono::milliseconds end = std::chrono::minutes(10);     ///< the reply to the final dot
};

class SmtpCourier final : public Courier {
 public:
  /// `hostname`: what EHLO says. `abandon`: cuts all waiting short, for a program that must end.
  SmtpCourier(Endpoint server, std::string hostname, std::stop_token abandon = {},
              SmtpTimeouts timeouts = {});
  ~SmtpCourier() override;

  /// With PIPELINING the envelope of `next` goes out behind the final dot of `parcel`, in the same
  /// write. Behind its DATA nothing may follow (RFC 2920 section 3.1), so one message is said ahead
  /// at most. If it is never delivered its session is closed without a word: a 354 may be under
  /// way, and whatever is said behind that would be content.
  Result<Receipt> deliver(const Parcel& parcel, const Parcel* next = nullptr) override;
  void hang_up() override;

 private:
  struct Session {
    Stream stream;
    SmtpFeatures features;
    bool needs_reset = false;     ///< a transaction is half open
    int failures = 0;             ///< since the last message that was taken
    std::string said_ahead = {};  ///< the envelope whose replies have not been listened for
  };
  enum class Verb { reset, forward, mail, rcpt, data };
  struct Attempt;
  struct Answers;

  Status open();
  Result<Receipt> try_deliver(const Parcel& parcel, const Parcel* next);
  void compose_envelope(const Parcel& parcel);
  Result<Receipt> transact(const Parcel& parcel, const Parcel* next, Attempt& attempt);
  Result<Answers> open_transaction(Attempt& attempt);
  void end_refused(const Answers& answers);
  Result<SmtpReply> send_content(const Parcel& parcel, const Parcel* next);
  bool may_say_ahead(const Parcel& next) const;
  Result<SmtpReply> hear(std::chrono::milliseconds wait);

  Endpoint server_;
  std::string hostname_;
  std::stop_token abandon_;
  SmtpTimeouts timeouts_;
  std::optional<Session> session_;
  // Kept for their capacity.
  std::string commands_;  ///< of the envelope in work
  std::vector<Verb> verbs_;
  std::vector<iovec> spans_;
};

}  // namespace smtpapi
