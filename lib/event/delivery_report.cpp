#include "event/delivery_report.h"

#include "event/log_words.h"

namespace smtpapi {
namespace {

constexpr std::size_t most_processes = 10'000;
constexpr std::size_t most_messages = 65'536;

}  // namespace

void DeliveryReports::note_encryption(const LogLine& line, std::string_view relay) {
  if (encrypted_.empty()) encrypted_.resize(most_processes);
  encrypted_[hash_of(line.process) % most_processes] = {std::string(line.process),
                                                        std::string(relay)};
}

std::optional<bool> DeliveryReports::is_encrypted(const LogLine& line,
                                                  std::string_view relay) const {
  // Without a word of TLS the MTA does not log it, so nothing is known.
  if (encrypted_.empty()) return std::nullopt;
  const Encrypted& known = encrypted_[hash_of(line.process) % most_processes];
  return known.process == line.process && known.relay == relay;
}

void DeliveryReports::note_message(std::string_view queue_id) {
  if (messages_.empty()) messages_.resize(most_messages);
  const std::uint64_t key = hash_of(queue_id);
  messages_[key % most_messages] = key;
}

bool DeliveryReports::has_message(std::string_view queue_id) const {
  const std::uint64_t key = hash_of(queue_id);
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
  return id.empty() || !has_message(id) ? std::string() : std::string(id);
}

void DeliveryReports::read(const LogLine& line, std::vector<DeliveryReport>& reports) {
  const std::size_t slash = line.program.rfind('/');
  if (slash == line.program.npos) return read_sendmail(line, reports);
  read_postfix(line, line.program.substr(slash + 1), reports);
}

}  // namespace smtpapi
