// smtpapictl explain: what would become of a message. Nothing is sent, stored or waited for.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "base/text.h"
#include "job/explain.h"
#include "milter/ctl/assumed_envelope.h"
#include "milter/ctl/command.h"
#include "milter/ctl/explain_text.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/links.h"
#include "milter/ctl/output.h"
#include "store/open_store.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array options = {
    Option{"--from", "ADDRESS",
           "MAIL FROM, <> for the null sender (default: the\nmessage's Sender or From)"},
    Option{.name = "--rcpt",
           .value = "ADDRESS",
           .help = "RCPT TO, once for each recipient (default: the\nmessage's To, Cc and Bcc)",
           .may_repeat = true},
    Option{"--login", "NAME", "the SASL login, for account.by-login"},
    Option{"--untrusted", "", "as from a client that may not use the header"},
    Option{"--all", "", "all copies, not only the first 5"},
    Option{"--json", "", "one object for programs, with every copy's octets"},
};

std::string_view without_angles(std::string_view address) {
  address = trim(address);
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>')
    address = address.substr(1, address.size() - 2);
  return address;
}

/// Errors: invalid with the system's reason.
Result<std::string> read_message(const Call& call) {
  const auto& operands = call.arguments.operands();
  if (operands.empty() || operands[0] == "-") {
    if (&call.in == &std::cin && isatty(STDIN_FILENO))
      call.err << "reading a message from the terminal; end it with Ctrl-D\n";
    return to_crlf(std::string(std::istreambuf_iterator<char>(call.in), {}));
  }
  const std::string& path = operands[0];
  // A folder can be opened; it only fails when it is read.
  if (std::filesystem::is_directory(path)) return invalid(path + ": is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return invalid(fmt::format("{}: {}", path, strerror(errno)));
  return to_crlf(std::string(std::istreambuf_iterator<char>(file), {}));
}

Envelope make_envelope(const Call& call, const Message& message, ExplainNotes& notes) {
  Envelope envelope;
  if (const auto from = call.arguments.value("--from")) {
    envelope.reverse_path = without_angles(*from);
  } else {
    envelope.reverse_path = assumed_reverse_path(message);
    notes.from_is_assumed = true;
  }
  std::vector<std::string> recipients = call.arguments.values("--rcpt");
  if (recipients.empty()) {
    recipients = assumed_recipients(message);
    notes.recipients_are_assumed = true;
  }
  envelope.smtputf8 = !is_ascii(envelope.reverse_path);
  for (const std::string& recipient : recipients) {
    const std::string address(without_angles(recipient));
    envelope.recipients.push_back({address, "", "<" + address + ">"});
    if (!is_ascii(address)) envelope.smtputf8 = true;
  }
  envelope.client.login = call.arguments.value("--login").value_or("");
  return envelope;
}

std::vector<std::string> texts(const std::vector<Remark>& remarks) {
  std::vector<std::string> out;
  for (const Remark& remark : remarks) out.push_back(to_string(remark));
  return out;
}

void write_copy(JsonWriter& json, const ExplainedCopy& copy, const Document* document) {
  json.begin_object();
  json.member("index", copy.index);
  json.member("kind", copy.kind == CopyKind::bcc ? "bcc" : "normal");
  json.member("recipient", copy.recipient);
  json.member("reverse_path", copy.reverse_path);
  json.member("due", to_unix(copy.due));
  json.member("event", copy.is_dropped ? "dropped" : "processed");
  json.member("reason", copy.reason);
  if (document && !document->category.empty()) {  // CAT-6
    if (document->category_is_array)
      json.strings("category", document->category);
    else
      json.member("category", document->category.front());
  }
  json.key("unique_args");
  json.begin_object();
  for (const auto& [name, value] : copy.unique_args) json.member(name, value);
  json.end_object();
  json.key("message_base64");
  json.base64(copy.message);
  json.end_object();
}

/// One copy at a time is in memory: 10,000 of 100 kB are no burden.
Status write_json(std::ostream& out, const Intaken& in, const Decision& decision,
                  const ReturnPaths* return_paths) {
  JsonWriter json(out);
  json.begin_object();
  json.member("verdict", to_string(decision.verdict));
  if (decision.verdict == Verdict::reject) json.member("reply", "550 5.6.0 " + decision.reply);
  json.strings("problems", texts(decision.problems));
  json.strings("warnings", texts(decision.warnings));
  if (decision.notice) {
    const std::string_view octets = *decision.notice;
    json.key("notice");
    json.begin_object();
    json.member("recipient", in.envelope.reverse_path);
    json.member("reverse_path", "");
    json.key("message_base64");
    json.base64({&octets, 1});
    json.end_object();
  }
  json.key("copies");
  json.begin_array();
  const Explanation explanation(in, decision, return_paths);
  ExplainedCopy copy;
  for (std::size_t i = 0; i < explanation.size() && out; ++i) {
    if (Status done = explanation.copy(i, copy); !done) return done;
    write_copy(json, copy, decision.document.get());
  }
  json.end_array();
  json.end_object();
  json.end_line();
  return ok();
}

/// Null when there is no store, or none that can be read: the lists are taken for empty then.
std::unique_ptr<Store> open_existing(const Call& call) {
  constexpr std::string_view scheme = "sqlite://";
  const std::string& url = call.settings.store_url;
  if (url.starts_with(scheme) && !std::filesystem::exists(url.substr(scheme.size())))
    return nullptr;
  auto store = open_store(url, StoreAccess::existing);
  if (store) return *std::move(store);
  call.err << "suppression lists are not asked: " << store.error().text << '\n';
  return nullptr;
}

int explain(const Call& call) {
  for (const std::string& recipient : call.arguments.values("--rcpt"))
    if (without_angles(recipient).empty())
      return call.fail(EX_USAGE, "--rcpt: a recipient has an address");

  Settings without_links = call.settings;
  without_links.tracking_url.clear();
  without_links.inject_return_path.clear();
  auto settings = intake_settings(without_links);
  if (!settings) {
    for (const std::string_view mistake : split(settings.error().text, '\n'))
      call.fail(EX_CONFIG, mistake);
    return EX_CONFIG;
  }
  settings->links = links_to_show(call);
  auto octets = read_message(call);
  if (!octets) return call.fail(EX_NOINPUT, octets.error().text);
  if (octets->size() > settings->limits.message_bytes) {
    call.fail(EX_OK, fmt::format("the message has {} octets and would be refused: "
                                 "limits.message-bytes is {}",
                                 grouped(octets->size()), grouped(settings->limits.message_bytes)));
  }

  ExplainNotes notes;
  Intaken in;
  in.message = std::make_shared<const Message>(*std::move(octets));
  in.envelope = make_envelope(call, *in.message, notes);
  in.trusted = !call.arguments.has("--untrusted");
  const std::unique_ptr<Store> store = open_existing(call);
  const auto decision = Intake(*settings, store.get(), call.clock).decide(in);
  if (!decision) return call.fail(EX_CONFIG, decision.error().text);

  if (call.arguments.has("--all")) notes.most_copies = SIZE_MAX;
  notes.return_paths = settings->links.return_paths.get();
  const Status done = call.arguments.has("--json")
                          ? write_json(call.out, in, *decision, notes.return_paths)
                          : write_explanation(call.out, in, *decision, notes, call.clock.now());
  return done ? EX_OK : call.fail(EX_SOFTWARE, done.error().text);
}

}  // namespace

const Command explain_command = {
    "explain",
    "[FILE]",
    0,
    1,
    "Shows what would become of a message, copy by copy",
    options,
    R"(FILE, or else standard input, is a message. Nothing is sent, stored or waited
for; of the store only the suppression lists are read. The exit status is 0
whenever the message could be explained, also when its header is bad.)",
    explain};

}  // namespace smtpapi::ctl
