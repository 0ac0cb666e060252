// smtpapictl batch: scheduled mail by its batch_id (SCH-11 to SCH-14).
#include <fmt/ostream.h>

#include <algorithm>
#include <array>

#include "milter/ctl/command.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "store/store.h"

namespace smtpapi::ctl {
namespace {

constexpr std::array options = {
    Option{"--json", "", "one object a line, for programs"},
};

std::string_view in_words(BatchStatus status) {
  switch (status) {
    case BatchStatus::none:
      return "active";
    case BatchStatus::pause:
      return "paused";
    case BatchStatus::cancel:
      return "cancelled";
  }
  return "unknown";
}

void write_json(JsonWriter& json, const Batch& batch) {
  json.begin_object();
  json.member("batch", batch.id);
  json.member("status", in_words(batch.status));
  json.member("since", to_unix(batch.since));
  json.member("waiting", batch.waiting);
  json.end_object();
  json.end_line();
}

int list(const Call& call) {
  return with_store(call, [&](Store& store) {
    const auto batches = store.batches();
    if (!batches) return store_failed(call, batches.error());
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      for (const Batch& batch : *batches) write_json(json, batch);
      return EX_OK;
    }
    if (batches->empty()) {
      call.out << "no batch waits, none is paused or cancelled\n";
      return EX_OK;
    }
    Table table({{"STATUS"},
                 {"SINCE", Table::Align::left, 19},
                 {"WAITING", Table::Align::right},
                 {"BATCH"}});
    for (const Batch& batch : *batches) {
      const bool is_active = batch.status == BatchStatus::none;
      table.add({std::string(in_words(batch.status)), is_active ? "" : local_time(batch.since),
                 grouped(batch.waiting), shown(batch.id)});
    }
    call.out << table.text();
    return EX_OK;
  });
}

/// How many copies of the batch wait. The list of batches may be cut, so it is only asked first.
Result<std::size_t> count_waiting(Store& store, const std::string& id) {
  const auto batches = store.batches();
  if (!batches) return batches.error();
  for (const Batch& batch : *batches)
    if (batch.id == id) return batch.waiting;
  CopyQuery query;
  query.batch_id = id;
  query.state = CopyState::waiting;
  query.limit = 10'000;
  std::size_t count = 0;
  for (;;) {
    const auto copies = store.list(query);
    if (!copies) return copies.error();
    count += copies->size();
    if (copies->size() < query.limit) return count;
    query.after = copies->back().id;
  }
}

std::string consequence(BatchStatus status, std::size_t waiting) {
  const std::string copies = waiting == 1 ? "1 copy waits" : grouped(waiting) + " copies wait";
  switch (status) {
    case BatchStatus::none:
      return waiting ? copies + " and will be sent when due" : "no copy waits";
    case BatchStatus::pause:
      return waiting ? copies + " until it is resumed, at most 72 hours past their time"
                     : "no copy waits, but those that come will";
    case BatchStatus::cancel:
      return waiting ? copies + " and will be discarded when due"
                     : "no copy waits, but those that come will be discarded";
  }
  return {};
}

int set(const Call& call, BatchStatus status, std::string_view done) {
  const std::string& id = call.arguments.operands()[0];
  return with_store(call, [&](Store& store) {
    const Time now = call.clock.now();
    if (const Status kept = store.set_batch(id, status, now); !kept)
      return store_failed(call, kept.error());
    const auto waiting = count_waiting(store, id);
    if (!waiting) return store_failed(call, waiting.error());
    if (call.arguments.has("--json")) {
      JsonWriter json(call.out);
      write_json(json, {id, status, now, *waiting});
    } else {
      fmt::print(call.out, "batch {} {}: {}\n", shown(id), done, consequence(status, *waiting));
    }
    return EX_OK;
  });
}

int pause(const Call& call) { return set(call, BatchStatus::pause, "paused"); }
int cancel(const Call& call) { return set(call, BatchStatus::cancel, "cancelled"); }
int resume(const Call& call) { return set(call, BatchStatus::none, "resumed"); }

constexpr std::array commands = {
    Command{"batch list", "", 0, 0, "Lists batches that have a status or waiting copies", options,
            "At most 1,000 are listed. \"active\" is a batch without a status.", list},
    Command{"batch pause", "ID", 1, 1, "Holds a batch's copies past their time", options,
            "Copies that are paused for more than 72 hours past their time are discarded as\n"
            "expired. At most 100 batches can be paused or cancelled at a time.",
            pause},
    Command{"batch cancel", "ID", 1, 1, "Discards a batch's copies when they are due", options,
            "Until then 'batch resume' takes it back.", cancel},
    Command{"batch resume", "ID", 1, 1, "Takes pause and cancel back", options,
            "Copies whose time has passed meanwhile go out at once.", resume},
};

}  // namespace

std::span<const Command> batch_commands() { return commands; }

}  // namespace smtpapi::ctl
