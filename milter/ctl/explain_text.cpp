#include "milter/ctl/explain_text.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mail/encoded_word.h"
#include "milter/ctl/changed_lines.h"
#include "milter/ctl/excerpt.h"
#include "milter/ctl/output.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t label_width = 10;
constexpr std::size_t most_changed_lines = 3;

std::string in_words(const Intaken& in, const Decision& decision) {
  switch (decision.verdict) {
    case Verdict::pass:
      return "the message has no X-SMTPAPI header and goes on untouched";
    case Verdict::rewrite:
      return "the message is changed in place and goes on";
    case Verdict::hold:
      return "each recipient gets a copy of their own; the message itself goes no further";
    case Verdict::bounce:
      return in.envelope.reverse_path.empty()
                 ? "the header is bad: nobody receives the message, and the null sender no notice"
                 : "the header is bad: nobody receives the message, the sender gets a notice";
    case Verdict::reject:
      return "the header is bad; the client is told: 550 5.6.0 " + decision.reply;
    case Verdict::strip:
      return "the sender is not trusted: the header is removed, the message goes on";
  }
  return {};
}

void write_remarks(std::ostream& out, const Intaken& in, const std::vector<Remark>& remarks,
                   std::string_view one, std::string_view many) {
  if (remarks.empty()) return;
  const auto lines = header_lines(*in.message);
  fmt::print(out, "\n{}:\n", counted(remarks.size(), one, many));
  for (const Remark& remark : remarks) {
    fmt::print(out, "  {}\n{}", wrapped(shown(to_string(remark), 1000), 4),
               excerpt(lines, remark.place));
  }
}

/// One fact of a copy; further lines below the first.
void write_fact(std::ostream& out, std::string_view label, std::string_view text) {
  fmt::print(out, "    {:<{}}{}\n", label, label_width, text);
}

std::string field_text(const Message& message, std::string_view name) {
  const Field* field = message.find(name);
  return field ? shown(decode_encoded_words(unfold(message.value(*field))), 60) : std::string();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + shown(text, 60);
  return out;
}

class Writer {
 public:
  Writer(std::ostream& out, const Intaken& in, const Decision& decision, Time now)
      : out_(out),
        decision_(decision),
        now_(now),
        changed_(*in.message),
        original_(*in.message),
        reverse_path_(in.envelope.reverse_path) {}

  void write(const ExplainedCopy& copy) {
    fmt::print(out_, "\n  {}{}\n", shown(copy.recipient, 320),
               copy.kind == CopyKind::bcc ? "  (blind copy)" : "");
    if (copy.is_dropped) return write_fact(out_, "dropped", shown(copy.reason));
    write_fact(out_, "due",
               copy.due == Time()
                   ? "at once"
                   : local_time(copy.due) + " (" + relative_time(copy.due, now_) + ")");
    if (copy.reverse_path != reverse_path_) write_fact(out_, "from", shown(copy.reverse_path, 320));
    std::string octets;
    for (const std::string_view piece : copy.message) octets += piece;
    const Message message(std::move(octets));
    for (const std::string_view name : {"To", "Subject"}) {
      const std::string text = field_text(message, name);
      if (name == "Subject" || text != field_text(original_, name)) write_fact(out_, name, text);
    }
    write_changes(message);
    if (decision_.document) write_fact_if_any("category", joined(decision_.document->category));
    std::vector<std::string> arguments;
    for (const auto& [name, value] : copy.unique_args) arguments.push_back(name + "=" + value);
    write_fact_if_any("arguments", joined(arguments));
  }

 private:
  void write_fact_if_any(std::string_view label, const std::string& text) {
    if (!text.empty()) write_fact(out_, label, wrapped(text, 4 + label_width));
  }

  void write_changes(const Message& message) {
    const auto changes = changed_.of(message, most_changed_lines);
    std::string_view label = "text";
    for (const std::string& line : changes.lines) {
      write_fact(out_, label, shown(line, 60));
      label = "";
    }
    if (changes.more) write_fact(out_, "", "[more]");
  }

  std::ostream& out_;
  const Decision& decision_;
  const Time now_;
  const ChangedLines changed_;
  const Message& original_;
  const std::string& reverse_path_;  ///< the client's
};

}  // namespace

Status write_explanation(std::ostream& out, const Intaken& in, const Decision& decision,
                         const ExplainNotes& notes, Time now) {
  fmt::print(out, "{}: {}\n", to_string(decision.verdict),
             wrapped(shown(in_words(in, decision), 1000), to_string(decision.verdict).size() + 2));
  fmt::print(out, "from {}{}\n",
             in.envelope.reverse_path.empty() ? "<>" : shown(in.envelope.reverse_path, 320),
             notes.from_is_assumed ? " (taken from the message; see --from)" : "");
  write_remarks(out, in, decision.problems, "problem", "problems");
  write_remarks(out, in, decision.warnings, "warning", "warnings");

  const Explanation explanation(in, decision, notes.return_paths);
  const bool is_refused =
      decision.verdict == Verdict::bounce || decision.verdict == Verdict::reject;
  if (explanation.size() == 0) {
    fmt::print(out, "\nno recipients{}\n",
               notes.recipients_are_assumed ? ": the message names none; see --rcpt" : "");
    return ok();
  }
  fmt::print(out, "\n{}{}:\n",
             is_refused ? counted(explanation.size(), "recipient", "recipients")
                        : counted(explanation.size(), "copy", "copies"),
             notes.recipients_are_assumed && !(decision.document && !decision.document->to.empty())
                 ? " (recipients taken from the message; see --rcpt)"
                 : "");
  Writer writer(out, in, decision, now);
  ExplainedCopy copy;
  const std::size_t shown_copies = std::min(explanation.size(), notes.most_copies);
  for (std::size_t i = 0; i < shown_copies; ++i) {
    if (Status done = explanation.copy(i, copy); !done) return done;
    writer.write(copy);
  }
  if (shown_copies < explanation.size()) {
    fmt::print(out, "\nand {} more; --all shows them\n",
               grouped(explanation.size() - shown_copies));
  }
  return ok();
}

}  // namespace smtpapi::ctl
