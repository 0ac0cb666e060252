// smtpapictl suppression: addresses that get no mail (SUPP-1).
#include <fmt/ostream.h>

#include <array>
#include <set>
#include <vector>

#include "base/text.h"
#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/ctl/suppression_csv.h"
#include "milter/ctl/suppression_list.h"
#include "milter/ctl/suppression_options.h"
#include "milter/ctl/suppression_transfer.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array list_options = {
    list_option,
    group_option,
    Option{"--since", "TIME",
           "put on the list then or later: 2026-11-21,\n2026-11-21T09:30:00Z or "
           "Unix seconds"},
    Option{"--before", "TIME", "put on the list before"},
    Option{"--limit", "N", "at most N entries; default 50"},
    Option{"--after", "ENTRY", "those behind this one: the next page"},
    Option{"--all", "", "all of them"},
    Option{"--json", "", "one object a line, for programs"},
};

constexpr std::array add_options = {
    list_option,
    group_option,
    Option{"--reason", "TEXT", "what the other side said, or why"},
    Option{"--status", "CODE", "enhanced status code, such as 5.1.1"},
    Option{"--json", "", "one object, for programs"},
};

constexpr std::array remove_options = {
    list_option,
    group_option,
    Option{"--all", "", "everybody on the list"},
    Option{"--json", "", "one object, for programs"},
};

constexpr std::array counts_options = {
    Option{"--json", "", "one object, for programs"},
};

constexpr std::array import_options = {
    Option{"--list", "NAME", "of lines that name no list; default global"},
    Option{"--group", "ID", "the list of those who left this group"},
    Option{"--strict", "", "stop at the first bad line"},
    Option{"--dry-run", "", "only look for bad lines"},
    Option{"--json", "", "one object, for programs"},
};

constexpr std::array export_options = {list_option, group_option};

int add(const Call& call) {
  const auto named = read_named_list(call.arguments);
  if (!named) return call.fail(EX_USAGE, named.error().text);
  const SuppressionList list = named->list.value_or(SuppressionList::global);
  if (list == SuppressionList::group && named->group == 0)
    return call.fail(EX_USAGE, "which group? Give --group ID");
  std::vector<Suppression> entries;
  for (const std::string& operand : call.arguments.operands()) {
    const auto address = read_suppressed(operand, list);
    if (!address)
      return call.fail(EX_USAGE,
                       fmt::format("'{}': {}", printable(operand, 60), address.error().text));
    entries.push_back({list, named->group, *address, call.clock.now(),
                       call.arguments.value("--reason").value_or(""),
                       call.arguments.value("--status").value_or(""), ""});
  }
  return with_store(call, [&](Store& store) {
    if (list == SuppressionList::group) {
      const auto groups = group_ids(store);
      if (!groups) return store_failed(call, groups.error());
      if (!groups->contains(named->group))
        return call.fail(found_fault, fmt::format("there is no group {}: 'smtpapictl group list' "
                                                  "tells which there are",
                                                  named->group));
    }
    const auto added = store.suppress(entries);
    if (!added) return store_failed(call, added.error());
    const std::size_t there_already = entries.size() - *added;
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      json.member("added", *added);
      json.member("there_already", there_already);
      json.end_object();
      json.end_line();
    } else {
      fmt::print(call.out, "{} added to {}{}\n", counted(*added, "address", "addresses"),
                 list_in_words(list, named->group),
                 there_already ? fmt::format(", {} there already", grouped(there_already)) : "");
    }
    return EX_OK;
  });
}

/// As it was kept: a list of invalid ones may hold what is no address.
std::string as_kept(const std::string& operand) {
  const auto address = read_suppressed(operand, SuppressionList::global);
  return address ? *address : std::string(trim(operand));
}

int remove(const Call& call) {
  const auto named = read_named_list(call.arguments);
  if (!named) return call.fail(EX_USAGE, named.error().text);
  const bool is_all = call.arguments.has("--all");
  const auto& operands = call.arguments.operands();
  if (is_all != operands.empty())
    return call.fail(EX_USAGE, is_all ? "give addresses or --all, not both"
                                      : "whom? Give addresses, or --all with --list");
  if (is_all && !named->list)
    return call.fail(EX_USAGE, "--all of which list? Give --list NAME or --group ID");
  std::vector<SuppressionQuery> queries;
  if (is_all) queries.push_back({.list = named->list, .group = named->group});
  for (const std::string& operand : operands) {
    queries.push_back({.list = named->list, .group = named->group, .address = as_kept(operand)});
    if (queries.back().address.empty()) return call.fail(EX_USAGE, "ADDRESS is empty");
  }
  return with_store(call, [&](Store& store) {
    std::size_t removed = 0;
    std::set<std::string> lists;  ///< off which
    for (SuppressionQuery query : queries) {
      query.limit = 1'000;
      if (!is_all) {
        const auto found = store.suppressed(query);
        if (!found) return store_failed(call, found.error());
        for (const ListedSuppression& listed : *found)
          lists.insert(list_in_words(listed.suppression.list, listed.suppression.group));
      }
      const auto gone = store.unsuppress(query);
      if (!gone) return store_failed(call, gone.error());
      removed += *gone;
    }
    if (is_all) lists.insert(list_in_words(*named->list, named->group));
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      json.member("removed", removed);
      json.strings("lists", lists);
      json.end_object();
      json.end_line();
    } else {
      fmt::print(call.out, "{} removed{}{}\n", counted(removed, "entry", "entries"),
                 lists.empty() ? "" : " from ", fmt::to_string(fmt::join(lists, ", ")));
    }
    if (removed > 0 || is_all) return EX_OK;
    return call.fail(found_fault, "nobody of that name is on such a list");
  });
}

constexpr std::string_view import_note =
    R"(FILE is CSV (RFC 4180) in UTF-8, "-" standard input. Its first line names the
columns, in any order: email, and if wanted list, group, created, reason,
status, ip; others are left out. Exports of SendGrid are read as they are, and
so is a file with an address on each line. Bad lines are told and left out; the
exit status is 1 if there were any. An address that is on the list stays as it
is, so importing a file again is harmless.)";

constexpr std::string_view remove_note =
    "Without --list or --group the addresses are taken off every list.";

constexpr std::array commands = {
    Command{"suppression list", "", 0, 0, "Lists addresses, those added first on top", list_options,
            "", list_suppressions},
    Command{"suppression search", "TEXT", 1, 1, "Lists addresses that contain TEXT", list_options,
            "Upper and lower case are the same.", search_suppressions},
    Command{"suppression add", "ADDRESS...", 1, SIZE_MAX, "Puts addresses on a list", add_options,
            "Without --list or --group they are unsubscribed from everything (global).", add},
    Command{"suppression remove", "[ADDRESS]...", 0, SIZE_MAX, "Takes addresses off the lists",
            remove_options, remove_note, remove},
    Command{"suppression import", "FILE", 1, 1, "Puts the addresses of a file on lists",
            import_options, import_note, import_suppressions},
    Command{"suppression export", "", 0, 0, "Writes the lists as CSV, as import reads it",
            export_options, "", export_suppressions},
    Command{"suppression counts", "", 0, 0, "Tells how many addresses each list has",
            counts_options, "", count_suppressions},
};

}  // namespace

std::span<const Command> suppression_commands() { return commands; }

}  // namespace smtpapi::ctl
