#include "milter/ctl/suppression_list.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/ctl/suppression_csv.h"
#include "milter/ctl/suppression_options.h"

namespace smtpapi::ctl {
namespace {

constexpr std::size_t usual_limit = 50;
constexpr std::size_t page = 1'000;  ///< entries asked for at a time

std::string note_on(const Suppression& entry) {
  std::string out = shown(entry.status, 20);
  for (const std::string& text : {entry.reason, entry.ip})
    if (!text.empty()) out += (out.empty() ? "" : " ") + shown(text, 160);
  return out;
}

/// The words of this command that say where to go on.
std::string same_question(const Call& call) {
  std::string out(call.command);
  for (const std::string_view name : {"--list", "--group", "--since", "--before"})
    if (const auto value = call.arguments.value(name))
      out += fmt::format(" {} {}", name, shown(*value));
  for (const std::string& operand : call.arguments.operands()) out += " " + shown(operand);
  return out;
}

int list(const Call& call, Store& store, SuppressionQuery query, std::size_t limit) {
  const bool is_json = call.arguments.has("--json");
  JsonWriter json(call.out);
  std::size_t written = 0;
  while (call.out) {
    // One more than is wanted tells whether there are others.
    query.limit = std::min(page, limit - written) + 1;
    auto found = store.suppressed(query);
    if (!found) return store_failed(call, found.error());
    const bool has_more = found->size() == query.limit;
    if (has_more) found->pop_back();

    Table table({{"LIST", Table::Align::left, 12}, {"SINCE", Table::Align::left, 19}, {"ADDRESS"}});
    for (const ListedSuppression& listed : *found) {
      if (is_json) {
        write_suppression(json, listed);
        json.end_line();
        continue;
      }
      const Suppression& entry = listed.suppression;
      table.add({list_in_words(entry.list, entry.group), local_time(entry.created),
                 shown(entry.address, 320)});
      table.note(note_on(entry));
    }
    if (!is_json && !found->empty())
      call.out << table.text(written == 0 ? Table::Titles::shown : Table::Titles::left_out);
    written += found->size();
    if (!has_more) break;
    query.after = found->back().id;
    if (written < limit) continue;
    call.out.flush();
    fmt::print(is_json ? call.err : call.out,
               "{}there are more: smtpapictl {} --after {}, or --all\n", is_json ? "" : "\n",
               same_question(call), query.after);
    break;
  }
  if (written == 0 && !is_json) call.out << "nobody\n";
  return EX_OK;
}

int list_what(const Call& call, SuppressionQuery query) {
  const auto misused = [&](const Error& error) { return call.fail(EX_USAGE, error.text); };
  const auto named = read_named_list(call.arguments);
  if (!named) return misused(named.error());
  query.list = named->list;
  query.group = named->group;
  for (const auto& [name, bound] :
       {std::pair("--since", &query.from), std::pair("--before", &query.before)}) {
    const auto text = call.arguments.value(name);
    if (!text) continue;
    auto time = read_moment(*text);
    if (!time) return misused(std::move(time).error().within(name));
    *bound = *time;
  }
  const bool is_all = call.arguments.has("--all");
  if (is_all && call.arguments.has("--limit"))
    return call.fail(EX_USAGE, "--all and --limit exclude each other");
  const auto limit = call.arguments.number("--limit", usual_limit, 1);
  const auto after = call.arguments.number("--after", 0, 0);
  if (!limit) return misused(limit.error());
  if (!after) return misused(after.error());
  query.after = *after;
  return with_store(call, [&](Store& store) {
    return list(call, store, query, is_all ? SIZE_MAX : static_cast<std::size_t>(*limit));
  });
}

std::string_view effect_of(SuppressionList list) {
  if (list == SuppressionList::blocks) return "mail is still sent";
  if (list == SuppressionList::group) return "mail of the group is dropped";
  return "mail is dropped";
}

}  // namespace

int list_suppressions(const Call& call) { return list_what(call, {}); }

int search_suppressions(const Call& call) {
  SuppressionQuery query;
  query.contains = call.arguments.operands()[0];
  if (query.contains.empty()) return call.fail(EX_USAGE, "TEXT is empty");
  return list_what(call, query);
}

int count_suppressions(const Call& call) {
  return with_store(call, [&](Store& store) {
    const auto counts = store.suppression_counts();
    if (!counts) return store_failed(call, counts.error());
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      for (const auto& [list, count] : *counts) json.member(to_string(list), count);
      json.end_object();
      json.end_line();
      return EX_OK;
    }
    Table table({{"LIST"}, {"ADDRESSES", Table::Align::right}, {"EFFECT"}});
    for (const auto& [list, count] : *counts)
      table.add({std::string(to_string(list)), grouped(count), std::string(effect_of(list))});
    call.out << table.text();
    return EX_OK;
  });
}

}  // namespace smtpapi::ctl
