#include "milter/ctl/queue_list.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "milter/ctl/queue_options.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t usual_limit = 50;
constexpr std::size_t page = 1'000;  ///< copies asked for at a time

/// What is worth a line below a copy: why it is not, or not yet, where it should be.
std::string note_on(const Copy& copy, Time now) {
  if (copy.state == CopyState::sent)
    return copy.queue_id.empty() ? "" : "sent as " + shown(copy.queue_id, 60);
  if (copy.state == CopyState::waiting && copy.attempts > 0)
    return fmt::format("{}, next {}: {}",
                       counted(static_cast<std::size_t>(copy.attempts), "attempt", "attempts"),
                       relative_time(std::max(copy.next, now), now), shown(copy.reply, 120));
  return copy.state == CopyState::waiting ? "" : shown(copy.reply, 160);
}

/// The options of this command that say where to go on.
std::string same_question(const Arguments& arguments) {
  std::string out;
  for (const std::string_view name : {"--state", "--recipient", "--submission", "--batch"})
    if (const auto value = arguments.value(name)) out += fmt::format(" {} {}", name, shown(*value));
  return out;
}

int list(const Call& call, Store& store, CopyQuery query, std::size_t limit, bool is_json) {
  const Time now = call.clock.now();
  if (!is_json) {
    const auto counts = store.counts(now);
    if (!counts) return store_failed(call, counts.error());
    fmt::print(call.out, "{}\n", counts_in_words(*counts, now));
  }
  JsonWriter json(call.out);
  std::size_t written = 0;
  while (call.out) {
    // One more than is wanted tells whether there are others.
    query.limit = std::min(page, limit - written) + 1;
    auto copies = store.list(query);
    if (!copies) return store_failed(call, copies.error());
    const bool has_more = copies->size() == query.limit;
    if (has_more) copies->pop_back();

    CopyTable table(now);
    for (const Copy& copy : *copies) {
      if (is_json) {
        write_copy(json, copy);
        json.end_line();
      } else {
        table.add(copy);
      }
    }
    if (!is_json && !copies->empty())
      call.out << (written == 0 ? "\n" : "")
               << table.text(written == 0 ? Table::Titles::shown : Table::Titles::left_out);
    written += copies->size();
    if (!has_more) break;
    query.after = copies->back().id;
    if (written < limit) continue;
    call.out.flush();
    fmt::print(is_json ? call.err : call.out,
               "{}there are more: smtpapictl queue list{} --after {}, or --all\n",
               is_json ? "" : "\n", same_question(call.arguments), query.after);
    break;
  }
  return EX_OK;
}

}  // namespace

std::string counts_in_words(const QueueCounts& counts, Time now) {
  std::string details;
  const auto detail = [&](std::size_t number, std::string_view what) {
    if (number)
      details += fmt::format("{}{} {}", details.empty() ? "" : ", ", grouped(number), what);
  };
  detail(counts.due, "due now");
  detail(counts.paused, "paused");
  std::string out = grouped(counts.waiting) + " waiting";
  if (!details.empty()) out += " (" + details + ")";
  out += fmt::format(", {} sent, {} failed", grouped(counts.sent), grouped(counts.failed));
  if (counts.other) out += fmt::format(", {} cancelled, expired or dropped", grouped(counts.other));
  if (counts.oldest_due)
    out += "; oldest due " + relative_time(std::min(*counts.oldest_due, now), now);
  return out;
}

CopyTable::CopyTable(Time now)
    : now_(now),
      table_({{"COPY", Table::Align::right, 7},
              {"STATE", Table::Align::left, 10},
              {"DUE", Table::Align::left, 19},
              {"RECIPIENT"}}) {}

void CopyTable::add(const Copy& copy) {
  const std::string_view kinds[] = {"", " (blind copy)", " (notice)"};
  table_.add({std::to_string(copy.id), std::string(state_in_words(copy)), local_time(copy.due),
              shown(copy.recipient, 320) + std::string(kinds[static_cast<int>(copy.kind)])});
  table_.note(note_on(copy, now_));
}

int list_queue(const Call& call) {
  const auto query = read_query(call.arguments);
  if (!query) return call.fail(EX_USAGE, query.error().text);
  const bool is_all = call.arguments.has("--all");
  if (is_all && call.arguments.has("--limit"))
    return call.fail(EX_USAGE, "--all and --limit exclude each other");
  const auto limit = call.arguments.number("--limit", usual_limit, 1);
  const auto after = call.arguments.number("--after", 0, 0);
  if (!limit) return call.fail(EX_USAGE, limit.error().text);
  if (!after) return call.fail(EX_USAGE, after.error().text);
  return with_store(call, [&](Store& store) {
    CopyQuery from = *query;
    from.after = *after;
    return list(call, store, from, is_all ? SIZE_MAX : static_cast<std::size_t>(*limit),
                call.arguments.has("--json"));
  });
}

}  // namespace smtpapi::ctl
