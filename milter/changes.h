// What is changed of a message that goes on, in the terms of the milter protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "job/intake.h"

namespace smtpapi {

/// In the order in which they are to be made: fields, added, reverse path, recipients out, in, and
/// the body last, all of it at once (LM-32).
struct Changes {
  struct FieldChange {
    std::string name;
    int index = 1;                     ///< among the fields of that name, case ignored (LM-29)
    std::optional<std::string> value;  ///< nothing: the field is deleted
  };
  std::vector<FieldChange> fields;  ///< deletions last, from the highest index down (LM-29)
  std::vector<std::pair<std::string, std::string>> added;  ///< name, value
  std::optional<std::string> reverse_path;                 ///< in <>
  std::vector<std::string> recipients_out;                 ///< as RCPT gave them (LM-34)
  std::vector<std::string> recipients_in;                  ///< in <>
  bool body_changed = false;
  std::vector<std::string_view> body;  ///< pieces that live as long as the decision; CRLF
};

/// The changes of a rewrite or strip; none for other verdicts. `shown`: the message as the MTA
/// showed it. Values begin with their blank (LM-17) and fold with LF and a blank (LM-31).
Changes changes_of(const Decision& decision, const Message& shown, const Envelope& envelope);

}  // namespace smtpapi
