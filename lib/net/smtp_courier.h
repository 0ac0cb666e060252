// The courier that speaks SMTP: one session, kept for many messages, everything that may be said in
// one breath said in one write (LIB-29, LIB-30).
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

  Result<Receipt> deliver(const Parcel& parcel) override;
  void hang_up() override;

 private:
  struct Session {
    Stream stream;
    SmtpFeatures features;
    bool needs_reset = false;  ///< a transaction is half open
    int failures = 0;          ///< since the last message that was taken
  };
  enum class Verb { reset, forward, mail, rcpt, data };
  struct Attempt;
  struct Answers;

  Status open();
  Result<Receipt> transact(const Parcel& parcel, Attempt& attempt);
  Result<Answers> open_transaction(const Parcel& parcel, Attempt& attempt);
  void end_refused(const Answers& answers);
  Result<SmtpReply> send_content(const Parcel& parcel);
  Result<SmtpReply> hear(std::chrono::milliseconds wait);

  Endpoint server_;
  std::string hostname_;
  std::stop_token abandon_;
  SmtpTimeouts timeouts_;
  std::optional<Session> session_;
  std::string commands_;  // kept for their capacity
  std::vector<Verb> verbs_;
  std::vector<iovec> spans_;
};

}  // namespace smtpapi
