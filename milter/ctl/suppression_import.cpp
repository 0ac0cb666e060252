// smtpapictl suppression import: a file of any length, in bounded memory.
#include <fmt/ostream.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "milter/ctl/csv_reader.h"
#include "milter/ctl/json_writer.h"
#include "milter/ctl/output.h"
#include "milter/ctl/suppression_csv.h"
#include "milter/ctl/suppression_options.h"
#include "milter/ctl/suppression_progress.h"
#include "milter/ctl/suppression_transfer.h"

namespace smtpapi::ctl {
namespace {

/// In one transaction: the more, the less is written in all, but the milter waits for its end.
constexpr std::size_t batch = 20'000;
constexpr std::size_t most_told = 20;

struct BadLine {
  std::size_t line = 0;
  std::string why;
};

struct Imported {
  std::size_t entries = 0;  ///< good lines
  std::size_t added = 0;
  std::size_t bad = 0;
  std::vector<BadLine> told;  ///< the first of the bad ones
  bool stopped = false;       ///< by a bad line, with --strict
};

class Import {
 public:
  Import(Store* store, std::set<std::int64_t> groups, const SuppressionDefaults& defaults,
         bool is_strict)
      : store_(store), groups_(std::move(groups)), defaults_(defaults), is_strict_(is_strict) {}

  /// Errors: of the store; invalid, when the file as a whole cannot be read.
  Status run(CsvReader& csv, Progress& progress);
  const Imported& result() const { return result_; }

 private:
  void bad(std::size_t line, std::string why) {
    ++result_.bad;
    if (result_.told.size() < most_told) result_.told.push_back({line, std::move(why)});
    result_.stopped = is_strict_;
  }
  Status flush();

  Store* store_;  ///< null: only look
  std::set<std::int64_t> groups_;
  SuppressionDefaults defaults_;
  bool is_strict_;
  std::vector<Suppression> waiting_;
  Imported result_;
};

Status Import::run(CsvReader& csv, Progress& progress) {
  std::optional<SuppressionColumns> columns;
  while (!result_.stopped) {
    const auto read = csv.next();
    if (read == CsvReader::Read::end) break;
    const auto whole_file = [&](std::string_view why) {
      return invalid(fmt::format("line {}: {}", csv.line(), why));
    };
    if (read == CsvReader::Read::failed) return whole_file(csv.mistake());
    if (read == CsvReader::Read::bad) {
      if (!columns) return whole_file(csv.mistake());
      bad(csv.line(), std::string(csv.mistake()));
      continue;
    }
    if (!columns) {
      const auto head = SuppressionColumns::read(csv.fields(), defaults_);
      if (!head) return whole_file(head.error().text);
      columns = *head;
      if (columns->is_header()) continue;
    }
    auto entry = columns->entry(csv.fields(), groups_, defaults_);
    if (!entry) {
      bad(csv.line(), std::move(entry).error().text);
      continue;
    }
    ++result_.entries;
    waiting_.push_back(*std::move(entry));
    if (waiting_.size() == batch)
      if (Status kept = flush(); !kept) return kept;
    progress.show(result_.entries + result_.bad, csv.octets_read());
  }
  return flush();
}

Status Import::flush() {
  if (store_) {
    const auto added = store_->suppress(waiting_);
    if (!added) return added.error();
    result_.added += *added;
  }
  waiting_.clear();
  return ok();
}

void write_json(std::ostream& out, const Imported& imported, bool is_dry_run) {
  JsonWriter json(out);
  json.begin_object();
  json.member("added", imported.added);
  json.member("there_already", is_dry_run ? 0 : imported.entries - imported.added);
  json.member("good", imported.entries);
  json.member("bad", imported.bad);
  json.member("stopped", imported.stopped);
  json.key("mistakes");
  json.begin_array();
  for (const BadLine& bad : imported.told) {
    json.begin_object();
    json.member("line", bad.line);
    json.member("why", bad.why);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

std::string in_words(const Imported& imported, bool is_dry_run) {
  if (is_dry_run)
    return fmt::format("{} good, {} bad: nothing was imported",
                       counted(imported.entries, "line", "lines"), grouped(imported.bad));
  std::string out =
      fmt::format("{} added, {} there already", counted(imported.added, "address", "addresses"),
                  grouped(imported.entries - imported.added));
  if (imported.bad)
    out += fmt::format(", {} left out", counted(imported.bad, "bad line", "bad lines"));
  return out;
}

int tell(const Call& call, const Imported& imported, const std::string& name, bool is_dry_run) {
  if (call.arguments.has("--json")) {
    write_json(call.out, imported, is_dry_run);
  } else {
    for (const BadLine& bad : imported.told)
      fmt::print(call.err, "{}:{}: {}\n", name, bad.line, bad.why);
    if (imported.bad > imported.told.size())
      fmt::print(call.err, "... and {} more\n",
                 counted(imported.bad - imported.told.size(), "bad line", "bad lines"));
    fmt::print(call.out, "{}\n", in_words(imported, is_dry_run));
  }
  if (imported.stopped)
    return call.fail(found_fault,
                     is_dry_run
                         ? "stopped at the first bad line"
                         : "stopped at the first bad line; what stands above it is imported, "
                           "and importing it again is harmless");
  return imported.bad ? found_fault : EX_OK;
}

int import(const Call& call, std::istream& in, std::optional<std::uintmax_t> size,
           const std::string& name, const NamedList& named) {
  const bool is_dry_run = call.arguments.has("--dry-run");
  return with_store(call, [&](Store& store) {
    auto groups = group_ids(store);
    if (!groups) return store_failed(call, groups.error());
    const SuppressionDefaults defaults{named.list, named.group, call.clock.now()};
    Import import(is_dry_run ? nullptr : &store, *std::move(groups), defaults,
                  call.arguments.has("--strict"));
    CsvReader csv(in);
    Progress progress(call.err, call.err_is_terminal, size);
    const Status done = import.run(csv, progress);
    progress.wipe();
    if (done) return tell(call, import.result(), name, is_dry_run);
    const std::string so_far =
        import.result().added == 0
            ? ""
            : fmt::format(" ({} added before; importing them again is harmless)",
                          counted(import.result().added, "address", "addresses"));
    return call.fail(
        done.error().fault == Fault::invalid ? found_fault : EX_TEMPFAIL,
        (done.error().fault == Fault::invalid ? name + ": " : "") + done.error().text + so_far);
  });
}

}  // namespace

int import_suppressions(const Call& call) {
  const auto named = read_named_list(call.arguments);
  if (!named) return call.fail(EX_USAGE, named.error().text);
  const std::string& path = call.arguments.operands()[0];
  if (path == "-") return import(call, call.in, {}, "standard input", *named);
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    return call.fail(EX_NOINPUT, shown(path) + ": a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return call.fail(EX_NOINPUT, fmt::format("{}: {}", shown(path), std::strerror(errno)));
  std::optional<std::uintmax_t> size;
  if (std::filesystem::is_regular_file(path, unknown))
    size = std::filesystem::file_size(path, unknown);
  return import(call, file, size, shown(path), *named);
}

}  // namespace smtpapi::ctl
