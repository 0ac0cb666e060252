#include "milter/ctl/queue_show.h"
#include "milter/ctl/links.h"

#include <fmt/ostream.h>

#include "job/compiled_submission.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/ctl/queue_list.h"
#include "milter/ctl/queue_options.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t most_copies = 50;

/// What the operand names.
struct Found {
  Submission submission;
  std::vector<Copy> copies;
  bool has_more = false;
};

/// Nothing when there is no such copy or submission.
Result<std::optional<Found>> find(Store& store, CopyQuery query) {
  query.limit = most_copies + 1;
  auto copies = store.list(query);
  if (!copies) return std::move(copies).error();
  if (copies->empty() && query.submission_id.empty()) return std::optional<Found>();
  const std::string id =
      query.submission_id.empty() ? copies->front().submission_id : query.submission_id;
  auto submission = store.submission(id);
  if (!submission) return std::move(submission).error();
  if (!*submission) return std::optional<Found>();
  Found found{**std::move(submission), *std::move(copies), false};
  if (found.copies.size() > most_copies) {
    found.copies.pop_back();
    found.has_more = true;
  }
  return std::optional(std::move(found));
}

/// The octets of a copy as they would be injected, less the Received field.
Result<std::string> render(const Call& call, const Submission& submission, const Copy& copy) {
  if (copy.state == CopyState::dropped)
    return invalid(fmt::format("copy {} was never to be sent: {}", copy.id, copy.reply));
  if (!submission.message)
    return invalid("the message is no longer kept: all of its copies are finished");
  const auto compiled = compile_submission(submission, call.settings.limits, call.settings.hostname,
                                           links_to_show(call));
  const auto delivery = compiled->delivery(copy);
  if (!delivery) return delivery.error();
  RenderedCopy rendered;
  if (Status done = compiled->renderer.render(*delivery, rendered); !done) return done.error();
  return rendered.octets();
}

void write_fact(std::ostream& out, std::string_view label, std::string_view text) {
  if (!text.empty()) fmt::print(out, "{:<12}{}\n", label, text);
}

std::string client_in_words(const Client& client) {
  std::string out = shown(client.name);
  if (!client.address.empty())
    out += fmt::format("{}[{}]", out.empty() ? "" : " ", shown(client.address));
  if (!client.login.empty())
    out += fmt::format("{}login {}", out.empty() ? "" : ", ", shown(client.login));
  return out;
}

void write_text(const Call& call, const Found& found) {
  const Submission& s = found.submission;
  std::ostream& out = call.out;
  write_fact(out, "submission", s.id);
  write_fact(out, "received",
             local_time(s.received) + " (" + relative_time(s.received, call.clock.now()) + ")");
  write_fact(out, "queue id", shown(s.queue_id));
  write_fact(out, "from", s.reverse_path.empty() ? "<>" : shown(s.reverse_path, 320));
  write_fact(out, "client", client_in_words(s.client));
  write_fact(out, "pool", shown(s.pool));
  write_fact(out, "batch", shown(s.batch_id));
  write_fact(out, "message",
             s.message ? counted(s.message->size(), "octet", "octets") : "no longer kept");
  write_fact(out, "header", wrapped(shown(s.header, 400), 12));
  CopyTable table(call.clock.now());
  for (const Copy& copy : found.copies) table.add(copy);
  out << '\n' << table.text(Table::Titles::shown);
  if (found.has_more)
    fmt::print(out, "\nthere are more: smtpapictl queue list --submission {} --after {}\n", s.id,
               found.copies.back().id);
}

void write_json(const Call& call, const Found& found, const std::string* octets) {
  const Submission& s = found.submission;
  JsonWriter json(call.out);
  json.begin_object();
  json.member("submission", s.id);
  json.member("received", to_unix(s.received));
  json.member("queue_id", s.queue_id);
  json.member("reverse_path", s.reverse_path);
  json.member("client_name", s.client.name);
  json.member("client_address", s.client.address);
  json.member("login", s.client.login);
  json.member("pool", s.pool);
  json.member("batch", s.batch_id);
  json.member("header", s.header);
  json.member("message_bytes", s.message ? s.message->size() : 0);
  json.key("copies");
  json.begin_array();
  for (const Copy& copy : found.copies) write_copy(json, copy);
  json.end_array();
  json.member("more", found.has_more);
  if (octets) {
    const std::string_view piece = *octets;
    json.key("message_base64");
    json.base64({&piece, 1});
  }
  json.end_object();
  json.end_line();
}

int show(const Call& call, Store& store, const CopyQuery& query) {
  const std::string& operand = call.arguments.operands()[0];
  const auto found = find(store, query);
  if (!found) return store_failed(call, found.error());
  if (!*found) return call.fail(found_fault, "there is no copy or submission " + shown(operand));

  std::string octets;
  const bool wants_message = call.arguments.has("--message");
  if (wants_message) {
    if ((*found)->copies.size() != 1)
      return call.fail(
          EX_USAGE, fmt::format("--message: {} has more than one copy; name one", shown(operand)));
    auto rendered = render(call, (*found)->submission, (*found)->copies.front());
    if (!rendered) return call.fail(found_fault, shown(rendered.error().text));
    octets = *std::move(rendered);
  }
  if (call.arguments.has("--json"))
    write_json(call, **found, wants_message ? &octets : nullptr);
  else if (wants_message)
    call.out << octets;
  else
    write_text(call, **found);
  return EX_OK;
}

}  // namespace

int show_queue(const Call& call) {
  const auto query = read_id(call.arguments.operands()[0]);
  if (!query) return call.fail(EX_USAGE, query.error().text);
  return with_store(call, [&](Store& store) { return show(call, store, *query); });
}

}  // namespace smtpapi::ctl
