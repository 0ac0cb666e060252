#include "milter/changes.h"

#include <map>

#include "base/text.h"

namespace smtpapi {
namespace {

/// A field value as the MTA takes it: LF folds, each followed by white space, and no other control
/// that could end a line (LM-31).
std::string mta_value(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\0' || c == '\r') continue;
    out.push_back(c);
    if (c == '\n' && (i + 1 == value.size() || !is_blank(value[i + 1]))) out.push_back(' ');
  }
  return out;
}

/// The position of each field among those of its name, from 1.
std::vector<int> positions(const Message& message) {
  std::map<std::string, int, std::less<>> counts;
  std::vector<int> out;
  out.reserve(message.fields().size());
  for (const Field& field : message.fields())
    out.push_back(++counts[to_lower(message.name(field))]);
  return out;
}

/// The recipients to delete. One that stands in the envelope a second time, as one that stays, is
/// left in: Postfix deletes every equal one (LM-34), and a message without recipients is gone
/// (LM-35). The MTA delivers to the two once.
std::vector<std::string> deletable(const Decision& decision, const Envelope& envelope) {
  std::map<std::string, std::size_t> staying;
  for (const EnvelopeRecipient& recipient : envelope.recipients)
    ++staying[to_lower(recipient.as_given)];
  for (const std::string& recipient : decision.recipients_out) --staying[to_lower(recipient)];
  std::vector<std::string> out;
  for (const std::string& recipient : decision.recipients_out)
    if (staying[to_lower(recipient)] == 0) out.push_back(recipient);
  return out;
}

}  // namespace

Changes changes_of(const Decision& decision, const Message& shown, const Envelope& envelope) {
  Changes out;
  if (decision.verdict != Verdict::rewrite && decision.verdict != Verdict::strip) return out;
  const RenderedCopy& copy = decision.rewritten;

  const std::vector<int> position = positions(shown);
  const auto change = [&](const FieldEdit& edit) {
    return Changes::FieldChange{std::string(shown.name(shown.fields()[edit.field])),
                                position[edit.field], std::nullopt};
  };
  for (const FieldEdit& edit : copy.edits) {
    if (edit.removed) continue;
    out.fields.push_back(change(edit));
    out.fields.back().value = mta_value(edit.value);
  }
  for (auto edit = copy.edits.rbegin(); edit != copy.edits.rend(); ++edit)
    if (edit->removed) out.fields.push_back(change(*edit));
  for (const auto& [name, value] : copy.added) out.added.emplace_back(name, mta_value(value));

  if (decision.verdict == Verdict::strip) return out;
  if (decision.reverse_path) out.reverse_path = "<" + *decision.reverse_path + ">";
  out.recipients_out = deletable(decision, envelope);
  for (const std::string& recipient : decision.recipients_in)
    out.recipients_in.push_back("<" + recipient + ">");
  if (copy.body_changed) {
    out.body_changed = true;
    out.body = copy.body;
  }
  return out;
}

}  // namespace smtpapi
