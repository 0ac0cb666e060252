// The MTA's side of the milter protocol (TE-2): 4 octets of length, 1 of command, data. Commands
// and bits are those of libmilter/mfdef.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpapi {

struct MilterPacket {
  char command = 0;
  std::string data;  ///< may hold NULs, which end strings in the protocol
};

/// What a filter answered to one message.
struct MilterOutcome {
  char reply = 0;    ///< the last word: SMFIR_ACCEPT, ..., at the end of header, in the body or at
                     ///< the end of message
  std::string text;  ///< of SMFIR_REPLYCODE: "550 5.6.0 ..."
  std::vector<MilterPacket> changes;  ///< what came before it, in order
  bool ended_at_header = false;
  std::size_t body_chunks = 0;  ///< that were sent until the filter had enough
};

/// A message as a client gave it to the MTA.
struct MilterMessage {
  std::vector<std::string> mail = {"<app@example.org>"};  ///< arguments of MAIL
  std::vector<std::vector<std::string>> rcpt = {{"<sink@example.org>"}};
  std::vector<std::pair<std::string, std::string>> fields;  ///< values with their leading blank
  std::string body;
  std::string queue_id = "4XyZ12";
  std::string login;  ///< macro {auth_authen}
};

/// A message that has been through a filter, as `renumbers` says that the MTA counts.
struct FilteredMessage {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> recipients;
  std::string body;
};
enum class Numbering {
  as_shown,         ///< Sendmail: an index counts what the filter was shown
  after_deletions,  ///< Postfix: fields move up when one is deleted (LM-29)
};
FilteredMessage apply_changes(const MilterMessage& message,
                              const std::vector<MilterPacket>& changes, Numbering numbering);

/// One connection to a filter on a UNIX socket. Every call throws std::runtime_error when the
/// filter hangs up or says nothing for 30 s.
class MilterClient {
 public:
  explicit MilterClient(const std::string& path);
  ~MilterClient();
  MilterClient(const MilterClient&) = delete;
  MilterClient& operator=(const MilterClient&) = delete;

  /// What the filter asked for. Returns its answer's command: SMFIC_OPTNEG unless it refused.
  char negotiate(std::uint32_t actions = 0x1FF, std::uint32_t steps = 0x1FFFFF);
  std::uint32_t actions() const { return actions_; }
  std::uint32_t steps() const { return steps_; }
  /// Stage (SMFIM_*) and the macros it asked for.
  const std::vector<std::pair<std::uint32_t, std::string>>& macro_lists() const { return lists_; }

  /// `family`: SMFIA_INET, SMFIA_INET6, SMFIA_UNIX or SMFIA_UNKNOWN.
  void connect(const std::string& name, char family, const std::string& address,
               const std::string& daemon_name = "MTA");
  void helo(const std::string& name);
  void mail(const std::vector<std::string>& arguments, const std::string& login = "");
  void rcpt(const std::vector<std::string>& arguments);
  void header(const std::string& name, const std::string& value);
  MilterPacket end_of_header(const std::string& queue_id = "4XyZ12");
  MilterPacket body(std::string_view chunk);
  /// Sends the end of message and does not wait.
  void send_end_of_message();
  MilterOutcome read_outcome();
  void abort();  ///< no reply
  void quit();

  /// A whole message, as an MTA sends it: in chunks of 65,535 octets, no more than wanted.
  MilterOutcome deliver(const MilterMessage& message);

  void send(char command, std::string_view data = {});
  MilterPacket read();
  bool is_hung_up();  ///< waits for it

 private:
  void step(char command, std::string_view data, std::uint32_t no_reply_bit);
  void macros(char command, const std::vector<std::pair<std::string, std::string>>& values);

  int fd_ = -1;
  std::uint32_t actions_ = 0, steps_ = 0;
  std::vector<std::pair<std::uint32_t, std::string>> lists_;
};

}  // namespace smtpapi
