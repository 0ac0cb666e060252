// smtpapictl queue: the copies that are kept.
#include <fmt/ostream.h>

#include <array>
#include <vector>

#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/ctl/queue_list.h"
#include "milter/ctl/queue_options.h"
#include "milter/ctl/queue_show.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array list_options = {
    state_option,
    recipient_option,
    submission_option,
    batch_option,
    Option{"--limit", "N", "at most N copies; default 50"},
    Option{"--after", "COPY", "those behind this one: the next page"},
    Option{"--all", "", "all of them"},
    Option{"--json", "", "one object a line, for programs"},
};

constexpr std::array show_options = {
    Option{"--message", "", "the copy itself as it is handed to the MTA, less\nthe Received field"},
    Option{"--json", "", "one object, for programs"},
};

constexpr std::array change_options = {
    recipient_option,
    submission_option,
    batch_option,
    Option{"--all", "", "every copy that waits"},
    Option{"--json", "", "one object, for programs"},
};

/// What cancel and release are given: ids, or options, or --all. Errors: invalid.
Result<std::vector<CopyQuery>> read_targets(const Arguments& arguments) {
  std::vector<CopyQuery> targets;
  for (const std::string& operand : arguments.operands()) {
    const auto query = read_id(operand);
    if (!query) return query.error();
    targets.push_back(*query);
  }
  const auto query = read_query(arguments);
  if (!query) return query.error();
  const bool has_options = !is_everything(*query);
  const bool is_all = arguments.has("--all");
  if (int{!targets.empty()} + int{has_options} + int{is_all} > 1)
    return invalid("give ids, or options that choose copies, or --all: one of these");
  if (targets.empty() && !has_options && !is_all)
    return invalid("which copies? Give ids or options, or --all for every copy that waits");
  if (targets.empty()) targets.push_back(*query);
  return targets;
}

using Change = Result<std::size_t> (Store::*)(const CopyQuery&, Time);

int change(const Call& call, Change made, std::string_view done) {
  const auto targets = read_targets(call.arguments);
  if (!targets) return call.fail(EX_USAGE, targets.error().text);
  return with_store(call, [&](Store& store) {
    std::size_t copies = 0;
    for (const CopyQuery& target : *targets) {
      const auto changed = (store.*made)(target, call.clock.now());
      if (!changed) return store_failed(call, changed.error());
      copies += *changed;
    }
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      json.begin_object();
      json.member(done, copies);
      json.end_object();
      json.end_line();
    } else {
      fmt::print(call.out, "{} {}\n", counted(copies, "copy", "copies"), done);
    }
    // Nothing done is what was asked for with --all, but not when something was named.
    if (copies > 0 || call.arguments.has("--all")) return EX_OK;
    return call.fail(found_fault, "no such copy waits");
  });
}

int cancel(const Call& call) { return change(call, &Store::cancel, "cancelled"); }
int release(const Call& call) { return change(call, &Store::release, "released"); }

constexpr std::string_view ids_note =
    R"(ID is a copy's number or the 22 characters of a submission's id, which 'queue
show' tells. Give ids, or options that choose copies (all of them must fit), or
--all. Only copies that wait are changed, and none that is being sent.)";

constexpr std::array commands = {
    Command{"queue list", "", 0, 0, "Lists copies, the oldest first", list_options,
            R"(Finished copies stay listed for store.keep; see smtpapi.conf(5).)", list_queue},
    Command{"queue show", "ID", 1, 1, "Shows a submission and its copies, or one copy",
            show_options, R"(ID is a copy's number or the 22 characters of a submission's id.)",
            show_queue},
    Command{"queue cancel", "[ID]...", 0, SIZE_MAX, "Discards copies that wait", change_options,
            ids_note, cancel},
    Command{"queue release", "[ID]...", 0, SIZE_MAX,
            "Sends copies that wait at once, paused ones too", change_options, ids_note, release},
};

}  // namespace

std::span<const Command> queue_commands() { return commands; }

}  // namespace smtpapi::ctl
