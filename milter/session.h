// One connection of the MTA in our words: collects each message, has it decided, says what to
// answer. Knows no libmilter, so a whole conversation is tested without a socket.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "job/intake.h"
#include "milter/changes.h"
#include "milter/memory_budget.h"
#include "milter/turnstile.h"

namespace smtpapi {

/// What messages are decided by. Replaced as a whole when the settings are read again; a message
/// under way keeps the one it began with.
class Service {
 public:
  Service(IntakeSettings settings, Store& store, const Clock& clock)
      : settings_(std::move(settings)), intake_(settings_, &store, clock) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const Limits& limits() const { return settings_.limits; }
  const Intake& intake() const { return intake_; }

 private:
  const IntakeSettings settings_;
  const Intake intake_;
};
using CurrentService = std::atomic<std::shared_ptr<const Service>>;

/// What all sessions share of the memory.
struct Quota {
  explicit Quota(std::size_t octets) : messages(octets) {}

  MemoryBudget messages;  ///< milter.memory-bytes
  /// Deciding about a message takes a few times its size, so large ones wait for each other.
  Turnstile decisions{64u << 20};
};

/// What the MTA is told at the end of a step.
enum class Answer { go_on, skip_body, accept, discard, reject, tempfail };

/// "552 5.3.4 text"
struct Reply {
  const char* code = "451";
  const char* status = "4.3.0";
  std::string text;  ///< as it is; whoever sends it makes it fit (LM-27)
};

/// The last word on one message.
struct Ending {
  Answer answer = Answer::tempfail;
  Reply reply;        ///< of reject and tempfail
  Changes changes;    ///< of accept, to be made before it
  Decision decision;  ///< what `changes` looks into
  MemoryCharge charge;
  Turnstile::Turn turn;
};

/// The steps of the milter protocol, in its order (LM-20). One thread at a time, not always the
/// same (LM-3). Any step may throw; then fail() must be called.
class Session {
 public:
  Session(const CurrentService& service, Quota& quota);

  /// `name`: by reverse DNS, or "[address]" when there is none. `address`: "" when it is not known.
  void connect(std::string_view name, std::string address, std::string_view daemon_name);
  void helo(std::string_view name);
  /// A new message; what was left of an earlier one is forgotten. `arguments` of MAIL: the address
  /// with or without <> (LM-22), then ESMTP parameters.
  void mail_from(std::span<const std::string_view> arguments, std::string_view login, bool tls);
  void rcpt_to(std::span<const std::string_view> arguments);
  /// `value` byte for byte, its leading blank included (LM-17), with LF folds (LM-23).
  void header(std::string_view name, std::string_view value);
  /// accept: nothing is to be done, the message is over. go_on: the body is wanted.
  Answer end_of_header(std::string_view queue_id);
  /// skip_body: no more of it is needed.
  Answer body(std::string_view chunk);
  Ending end_of_message();
  void abort();

  /// A step threw: this message, or every message when it was no step of one, gets tempfail.
  void fail() noexcept;
  /// Why a step that has a reply of its own ended in tempfail.
  const Reply& reply() const { return reply_; }
  const std::string& queue_id() const { return envelope_.queue_id; }

 private:
  enum class Stage { idle, envelope, header, body, skipped_body };

  bool collect(std::string_view text);
  void give_up(Reply reply);
  void forget_message();
  Answer refuse(Reply reply);

  const CurrentService& current_;
  Quota& quota_;
  Client client_;
  bool failed_ = false;  ///< for good

  // The message under way.
  Stage stage_ = Stage::idle;
  std::shared_ptr<const Service> service_;
  Envelope envelope_;
  std::string octets_;  ///< fields and body, CRLF
  std::size_t fields_ = 0;
  std::size_t octets_of_ours_ = 0;  ///< of the X-SMTPAPI fields among them
  std::size_t announced_size_ = 0;  ///< SIZE of MAIL
  bool has_header_of_ours_ = false;
  bool message_failed_ = false;
  std::optional<Reply> trouble_;  ///< why it cannot be taken, if we have to do with it at all
  Reply reply_;
  MemoryCharge charge_;
};

}  // namespace smtpapi
