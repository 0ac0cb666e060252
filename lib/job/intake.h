// A message came in: pass it, rewrite it in place, keep copies of it, or say what is wrong.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "job/trust.h"
#include "mail/envelope.h"
#include "mail/message.h"
#include "plan/plan.h"
#include "render/renderer.h"
#include "smtpapi/document.h"
#include "smtpapi/limits.h"
#include "store/store.h"

namespace smtpapi {

enum class Verdict {
  pass,     ///< goes on untouched
  rewrite,  ///< goes on changed: Decision::rewritten, recipients_out, recipients_in
  hold,     ///< copies are kept; the original is discarded
  bounce,   ///< the header is bad: nobody receives it, the sender gets a notice (ERR-1)
  reject,   ///< the header is bad: answer Decision::reply
  strip,    ///< untrusted sender: the header goes, the message goes on
};
std::string_view to_string(Verdict verdict);

enum class ErrorMode { bounce, reject };  ///< error.mode
enum class Scope { header, all };         ///< milter.scope

struct IntakeSettings {
  Limits limits;
  Scope scope = Scope::header;
  ErrorMode error_mode = ErrorMode::bounce;
  std::string hostname;    ///< of this machine, for Message-ID and notices
  std::string postmaster;  ///< From of notices
  Trust trust;
  std::string account_settings;    ///< text of account.settings, "" if none
  std::string by_login;            ///< folder with NAME.json, "" if none
  std::vector<std::string> pools;  ///< names that inject.pools knows
  LinkSettings links;
};

/// A message with its envelope. `trusted` overrides Trust (intake run by hand, explain).
struct Intaken {
  Envelope envelope;
  std::shared_ptr<const Message> message;  ///< CRLF
  std::optional<bool> trusted;
  /// Somebody can be told how to change the message. Otherwise what would be rewritten is held.
  bool can_be_rewritten = true;
};

struct Decision {
  Verdict verdict = Verdict::pass;
  std::vector<Remark> problems;
  std::vector<Remark> warnings;
  Plan plan;                               ///< of rewrite and hold; of bounce and reject the drops
  std::shared_ptr<const Message> message;  ///< rewrite, hold: what copies are made from
  std::shared_ptr<const Renderer> renderer;
  std::shared_ptr<const Document> document;
  std::string header;                                      ///< text of the fields of ours, unfolded
  std::string settings;                                    ///< the account's, as its file has them
  std::vector<std::pair<std::string, std::string>> added;  ///< fields that were missing
  RenderedCopy rewritten;  ///< rewrite, strip: edits refer to the message that came
  std::optional<std::string> reverse_path;  ///< rewrite: instead of the client's (PIPE-7)
  std::vector<std::string> recipients_out;  ///< rewrite: `as_given` of those to delete
  std::vector<std::string> recipients_in;   ///< rewrite: addresses to add
  std::string reply;                        ///< reject: text behind "550 5.6.0"
  std::string submission_id;                ///< rewrite, hold, bounce, reject: events are of it
  std::optional<std::string> notice;        ///< bounce: the notice's octets; none for null senders
};

/// The value of its Message-ID field, with <>, unfolded; "" if it has none.
std::string message_id_of(const Message& message);

/// Thread-safe. Holds references only.
class Intake {
 public:
  /// `store` may be null for explain: nobody is on a suppression list then.
  Intake(const IntakeSettings& settings, Store* store, const Clock& clock)
      : settings_(settings), store_(store), clock_(clock) {}

  /// What will be needed of a message, told from its header alone.
  enum class Interest {
    none,    ///< verdict pass, whatever the body is
    header,  ///< verdict strip: the body is not looked at
    whole,
  };
  Interest interest(const Client& client, bool has_header_of_ours) const;

  /// Pure but for reading account files and suppression lists. Errors: unavailable (an account file
  /// cannot be read, or the store).
  Result<Decision> decide(const Intaken& in) const;

  /// decide(), and for hold and bounce keeps the copies: on ok they are durable. So is the record
  /// of what is rewritten or rejected, by which their events find it. `unique_key` as in
  /// Store::hold. Errors: unavailable; nothing is kept then.
  Result<Decision> take(const Intaken& in, std::string_view unique_key = {}) const;

 private:
  static void strip(const Message& message, Decision& decision);
  void refuse(const Intaken& in, const Document& document, Decision& decision) const;
  bool rewrite_in_place(const Intaken& in, Decision& decision) const;
  Status drop_suppressed_recipients(const Filters& account, Decision& decision) const;

  const IntakeSettings& settings_;
  Store* store_;
  const Clock& clock_;
};

}  // namespace smtpapi
