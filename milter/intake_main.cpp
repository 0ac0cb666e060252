// smtpapi-intake(8): takes one message from standard input, for Postfix's pipe(8) or by hand.
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/log.h"
#include "base/random_id.h"
#include "base/text.h"
#include "milter/daemon.h"
#include "milter/decision_log.h"
#include "milter/job_name.h"
#include "milter/recipient_order.h"
#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr std::string_view value_options[] = {"--from", "--queue-id", "--login", "--client"};

// A mistake in the MTA's configuration or in ours must not bounce mail: the MTA tries again until
// somebody has mended it. Only a message that is wrong itself ends with another status.
constexpr Program program = {
    .name = "smtpapi-intake",
    .summary = "Takes one message from standard input and gives its X-SMTPAPI header its meaning.",
    .usage = "[OPTION]... -- RECIPIENT...",
    .own_help =
        "      --from ADDRESS         envelope sender; '' or <> is the null sender\n"
        "      --queue-id ID          the MTA's name for the message\n"
        "      --login NAME           SASL login of the client, '' if none\n"
        "      --client ADDRESS       IP address of the client, '' if not known\n",
    .takes_value = value_options,
    .kind = ProgramKind::per_message,
    .on_bad_settings = EX_TEMPFAIL,
    .on_exception = EX_TEMPFAIL,
};

// What is printed begins with a status code (RFC 3463), which pipe(8) believes.
int try_again(std::string_view text) {
  fmt::print(stderr, "4.3.0 {}: {}\n", program.name, text);
  log_error("{}", text);
  return EX_TEMPFAIL;
}
int refuse(std::string_view status_code, std::string_view text) {
  fmt::print(stderr, "{} {}\n", status_code, text);
  return EX_DATAERR;
}

// --- the command line ---

/// What was said about the message. An option that is absent differs from one with an empty value.
struct Said {
  std::optional<std::string> from, queue_id, login, client;
  std::vector<std::string> recipients;
};

Result<Said> read_arguments(const std::vector<std::string>& words) {
  Said said;
  const std::pair<std::string_view, std::optional<std::string>*> options[] = {
      {"--from", &said.from},
      {"--queue-id", &said.queue_id},
      {"--login", &said.login},
      {"--client", &said.client}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      said.recipients.insert(said.recipients.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (words[i].empty() || words[i][0] != '-') {
      said.recipients.push_back(words[i]);
      continue;
    }
    const auto equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    std::optional<std::string>* target = nullptr;
    for (const auto& [option, place] : options)
      if (name == option) target = place;
    if (!target) return invalid("unknown option '" + printable(words[i]) + "'");
    if (*target) return invalid("option " + name + " is given twice");
    if (equals == std::string::npos && i + 1 == words.size())
      return invalid("option " + name + " needs a value");
    *target = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
  }
  if (!said.from) return invalid("--from is missing");
  if (said.recipients.empty()) return invalid("no recipient is given");
  return said;
}

std::string without_brackets(std::string address) {
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>')
    return address.substr(1, address.size() - 2);
  return address;
}

Envelope envelope_of(const Said& said) {
  Envelope envelope;
  envelope.queue_id = said.queue_id.value_or("");
  envelope.reverse_path = without_brackets(*said.from);
  // pipe(8) says so unless it was told null_sender=.
  if (envelope.reverse_path == "MAILER-DAEMON") envelope.reverse_path.clear();
  envelope.client.address = said.client.value_or("");
  envelope.client.login = said.login.value_or("");
  envelope.smtputf8 = !is_ascii(envelope.reverse_path);
  for (const std::string& recipient : said.recipients) {
    envelope.recipients.push_back({without_brackets(recipient), {}, recipient});
    envelope.smtputf8 |= !is_ascii(recipient);
  }
  return envelope;
}

// --- the message ---

/// Standard input, or nothing when it holds more than `limit` octets.
Result<std::optional<std::string>> read_message(std::size_t limit) {
  std::string text;
  std::size_t size = 0;
  for (;;) {
    if (text.size() < size + 65536) text.resize(std::max(size + 65536, 2 * size));
    const ssize_t got = read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unavailable(fmt::format("standard input: {}", strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) return std::optional<std::string>();
  }
  text.resize(size);
  // The mbox envelope that some mailers put in front (pipe(8)'s flag F).
  if (text.starts_with("From ")) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return std::optional(to_crlf(std::move(text)));
}

std::size_t octets_of_ours(const Message& message) {
  std::size_t octets = 0;
  for (const Field& field : message.fields())
    if (is_header_of_ours(message.name(field))) octets += field.end - field.begin;
  return octets;
}

// --- the decision ---

/// What the header has to do with the recipients of the envelope.
struct Recipients {
  bool matter = true;  ///< false: `to` tells who gets it, or nobody gets it
  bool order_matters = false;
};

Recipients recipients_of(const Intaken& in, const IntakeSettings& settings, Time now) {
  if (!in.trusted.value_or(settings.trust.trusts(in.envelope.client))) return {};
  const ExtractedHeader header = extract_header(*in.message);
  if (!header.present) return {};
  const ParsedHeader parsed =
      parse_header(header.text, settings.limits, now, in.envelope.recipients.size());
  if (!header.problems.empty() || !parsed.problems.empty()) return {false, false};
  return {parsed.document.to.empty(),
          depends_on_order(parsed.document, in.envelope.recipients.size())};
}

/// What belongs to one recipient must not reach another one.
int refuse_order(const std::string& id) {
  log_info("{}: refused: the order of its recipients is not known, and it has no 'to'", id);
  return refuse("5.6.0",
                "X-SMTPAPI header: its values belong to several recipients, but on this way their "
                "order is not known: name them in 'to'");
}

/// The decision was to let the message go on, without fields of ours if need be. There is no MTA
/// behind us, so it is kept as it is to become, for smtpapi-queue to inject.
Status keep(const Intaken& in, Decision& decision, std::string_view unique_key, Store& store,
            Time now) {
  Submission submission;
  submission.id = random_id();
  submission.received = now;
  submission.queue_id = in.envelope.queue_id;
  submission.reverse_path = in.envelope.reverse_path;
  submission.smtputf8 = in.envelope.smtputf8;
  submission.eight_bit = in.envelope.eight_bit;
  submission.message_id = message_id_of(*in.message);
  submission.client = in.envelope.client;
  submission.message = std::make_shared<const std::string>(decision.verdict == Verdict::pass
                                                               ? std::string(in.message->octets())
                                                               : decision.rewritten.octets());
  std::vector<NewCopy> copies;
  for (const EnvelopeRecipient& recipient : in.envelope.recipients) {
    copies.push_back(
        {copies.size(), CopyKind::normal, recipient.address, recipient.parameters, Time(), {}});
  }
  auto kept = store.hold(submission, copies, unique_key);
  if (!kept) return std::move(kept).error();
  decision.submission_id = *std::move(kept);
  return ok();
}

int tell_problems(const Decision& decision) {
  for (const Remark& problem : decision.problems)
    refuse("5.6.0", "X-SMTPAPI header: " + to_string(problem));
  return EX_DATAERR;
}

int take(const Said& said, const Settings& settings) {
  const auto intake = intake_settings(settings);
  if (!intake) return try_again(intake.error().text);

  Intaken in;
  in.envelope = envelope_of(said);
  // Who can run us by hand and write the store needs no leave. The MTA names its client.
  if (!said.client && !said.login) {
    in.trusted = true;
    if (said.queue_id)
      log_warning("{}: trusted: neither --client nor --login is given", *said.queue_id);
  }
  const std::string id = in.envelope.queue_id.empty() ? "NOQUEUE" : in.envelope.queue_id;

  const Limits& limits = settings.limits;
  auto text = read_message(limits.message_bytes + limits.header_bytes);
  if (!text) return try_again(text.error().text);
  const auto too_large = [&] {
    log_info("{}: refused: larger than limits.message-bytes", id);
    return refuse("5.3.4",
                  fmt::format("the message is larger than {} octets", limits.message_bytes));
  };
  if (!*text) return too_large();
  if ((*text)->empty()) return try_again(id + ": standard input is empty");
  auto message = std::make_shared<const Message>(*std::move(*text));
  if (message->octets().size() - octets_of_ours(*message) > limits.message_bytes)
    return too_large();
  in.envelope.eight_bit = !is_ascii(message->octets());
  in.message = message;
  in.can_be_rewritten = false;  // there is no MTA behind us that could be told how

  const SystemClock clock;
  const Recipients recipients = recipients_of(in, *intake, clock.now());
  if (recipients.order_matters && said.queue_id) {
    auto ordered = ordered_as_shown(in.envelope.recipients, *message);
    if (!ordered) return refuse_order(id);
    in.envelope.recipients = *std::move(ordered);
  }
  const std::string key = job_name(in.envelope, *message, recipients.matter);

  auto store = open_store(settings.store_url, StoreAccess::create);
  if (!store) return try_again(store.error().text);
  auto decision = Intake(*intake, store->get(), clock).take(in, key);
  if (!decision) return try_again(id + ": " + decision.error().text);

  const Verdict verdict = decision->verdict;
  if (verdict == Verdict::pass || verdict == Verdict::strip)
    if (const Status kept = keep(in, *decision, key, **store, clock.now()); !kept)
      return try_again(id + ": " + kept.error().text);
  in.envelope.queue_id = id;
  log_decision(*decision, in.envelope);
  return verdict == Verdict::reject ? tell_problems(*decision) : EX_OK;
}

}  // namespace
}  // namespace smtpapi

int main(int argc, char** argv) {
  using namespace smtpapi;
  return run_program(program, argc, argv, [&](CommandLine& line) {
    const auto said = read_arguments(line.arguments);
    return said ? take(*said, line.settings) : try_again(said.error().text);
  });
}
