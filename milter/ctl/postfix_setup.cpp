// smtpapictl postfix-setup: the commands that set Postfix up for us, shown, run or taken back.
#include <fmt/ostream.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "milter/ctl/collect_facts.h"
#include "milter/ctl/collect_return_path.h"
#include "milter/ctl/command.h"
#include "milter/ctl/findings.h"
#include "milter/ctl/output.h"
#include "milter/ctl/postfix_setup_plan.h"
#include "milter/ctl/postfix_setup_record.h"
#include "milter/ctl/process.h"

namespace smtpapi::ctl {
namespace {

namespace fs = std::filesystem;
using Kind = PostfixChange::Kind;

constexpr std::array options = {
    Option{"--apply", "", "run the commands, after a copy of main.cf and\nmaster.cf was made"},
    Option{"--undo", "", "take back what --apply has changed"},
    Option{"--postfix-config", "FOLDER", "the Postfix to set up, by the folder of its\nmain.cf"},
};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// In one step: whoever reads the file finds the old text or the new one.
Status write_file(const std::string& path, std::string_view text) {
  const std::string half = path + ".new";
  std::ofstream out(half, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || rename(half.c_str(), path.c_str()) != 0) {
    const Error error = unavailable(fmt::format("{}: {}", path, strerror(errno)));
    unlink(half.c_str());
    return error;
  }
  return ok();
}

/// One Postfix on this machine.
class Instance {
 public:
  explicit Instance(std::string given_folder) : is_named_(!given_folder.empty()) {
    folder_ = std::move(given_folder);
  }

  Status read() {
    auto config = read_postfix_config(folder_);
    if (!config) return config.error();
    config_ = *std::move(config);
    folder_ = config_.folder;
    const auto said = run({"postconf", "-n"});
    if (!said) return said.error();
    main_cf_ = parse_main_cf(*said);
    return ok();
  }

  const PostfixConfig& config() const { return config_; }
  const MainCf& main_cf() const { return main_cf_; }
  std::string record_path() const { return folder_ + "/smtpapi_setup.undo"; }
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  /// The words of the command for one change, without folder; none for a table.
  static std::vector<std::string> command(const PostfixChange& change) {
    const std::string setting = change.name + " = " + change.after;
    if (change.kind == Kind::parameter)
      return change.after.empty() ? std::vector<std::string>{"postconf", "-X", change.name}
                                  : std::vector<std::string>{"postconf", "-e", setting};
    if (change.kind == Kind::service)
      return change.after.empty()
                 ? std::vector<std::string>{"postconf", "-MX", change.name}
                 : std::vector<std::string>{"postconf", "-M", change.name + "=" + change.after};
    return {};
  }

  /// What an administrator would type.
  std::string as_shell(const std::vector<std::string>& command) const {
    std::string line = command.front();
    if (is_named_) line += " -c " + shell_word(folder_);
    for (std::size_t i = 1; i < command.size(); ++i) line += " " + shell_word(command[i]);
    return line;
  }

  /// Gives the output of a command of Postfix's. Errors: what it said.
  Result<std::string> run(const std::vector<std::string>& command) const {
    const auto program = find_program(command.front());
    if (!program) return unavailable("there is no " + command.front());
    std::vector<std::string> words = {*program, "-c", folder_};
    words.insert(words.end(), command.begin() + 1, command.end());
    auto said = run_process(words, std::chrono::seconds(60));
    if (!said) return std::move(said).error();
    if (said->status != 0)
      return unavailable(fmt::format("{}: {}", as_shell(command),
                                     printable(trim(said->err.empty() ? said->out : said->err))));
    return std::move(said->out);
  }

  Status carry_out(const PostfixChange& change) const {
    if (change.kind != Kind::table) {
      const auto said = run(command(change));
      return said ? ok() : Status(said.error());
    }
    if (!change.after.empty()) return write_file(change.name, change.after);
    // A table that somebody has added to is theirs.
    if (read_file(change.name) == header_table) unlink(change.name.c_str());
    return ok();
  }

 private:
  bool is_named_;
  std::string folder_;
  PostfixConfig config_;
  MainCf main_cf_;
};

void print_change(std::ostream& out, const Instance& postfix, const PostfixChange& change) {
  if (change.kind == Kind::table) {
    if (change.after.empty())
      fmt::print(out, "rm {}\n", shell_word(change.name));
    else
      fmt::print(out, "cat >{} <<'END'\n{}END\n", shell_word(change.name), change.after);
    return;
  }
  if (change.before && change.kind == Kind::parameter && !change.after.empty())
    fmt::print(out, "# before: {} = {}\n", change.name, shown(*change.before, 2000));
  fmt::print(out, "{}\n", postfix.as_shell(Instance::command(change)));
}

/// Copies of main.cf and master.cf, which can be put back.
class Backup {
 public:
  Backup(const Instance& postfix, Time now)
      : postfix_(postfix),
        suffix_(fmt::format(".before-smtpapi-{}", now.time_since_epoch().count())) {}

  Status make() const {
    for (const char* name : {"main.cf", "master.cf"}) {
      std::error_code error;
      fs::copy_file(postfix_.path(name), copy_of(name), fs::copy_options::overwrite_existing,
                    error);
      if (error) return unavailable(fmt::format("{}: {}", copy_of(name), error.message()));
    }
    return ok();
  }
  void put_back() const {
    for (const char* name : {"main.cf", "master.cf"})
      if (const auto text = read_file(copy_of(name))) (void)write_file(postfix_.path(name), *text);
  }
  std::string copy_of(const char* name) const { return postfix_.path(name) + suffix_; }

 private:
  const Instance& postfix_;
  const std::string suffix_;
};

/// Makes all of the changes or none, and has a Postfix that runs read them.
Status change_all(const Call& call, const Instance& postfix,
                  const std::vector<PostfixChange>& changes) {
  const Backup backup(postfix, call.clock.now());
  if (const Status made = backup.make(); !made) return made;
  const auto carry_out = [&]() -> Status {
    for (const PostfixChange& change : changes)
      if (const Status done = postfix.carry_out(change); !done) return done;
    const auto checked = postfix.run({"postfix", "check"});
    return checked ? ok() : Status(checked.error());
  };
  if (const Status done = carry_out(); !done) {
    backup.put_back();
    return Error(done.error()).within("nothing was changed");
  }
  for (const PostfixChange& change : changes) print_change(call.out, postfix, change);
  fmt::print(call.out, "# copies of what was there: {}, {}\n", backup.copy_of("main.cf"),
             backup.copy_of("master.cf"));
  if (!postfix.run({"postfix", "status"})) {
    fmt::print(call.out, "# Postfix does not run; it reads this when it starts\n");
    return ok();
  }
  fmt::print(call.out, "{}\n", postfix.as_shell({"postfix", "reload"}));
  const auto reloaded = postfix.run({"postfix", "reload"});
  return reloaded ? ok() : Status(reloaded.error());
}

void print_remarks(const Call& call, const PostfixSetup& setup) {
  for (const std::string& remark : setup.remarks) fmt::print(call.out, "# {}\n", remark);
}

int undo(const Call& call, const Instance& postfix) {
  const auto record = read_file(postfix.record_path());
  if (!record) {
    fmt::print(call.out, "# nothing to take back: --apply has changed nothing here\n");
    return EX_OK;
  }
  const PostfixSetup setup =
      plan_postfix_undo(read_setup_record(*record), postfix.config(), postfix.main_cf());
  if (const Status done = change_all(call, postfix, setup.changes); !done)
    return call.fail(EX_CANTCREAT, done.error().text);
  unlink(postfix.record_path().c_str());
  print_remarks(call, setup);
  return EX_OK;
}

int apply(const Call& call, const Instance& postfix, const PostfixSetup& setup) {
  const std::string old_record = read_file(postfix.record_path()).value_or("");
  const auto all = merged(read_setup_record(old_record), setup.changes);
  // Before the changes: what was begun can be taken back.
  if (const Status kept = write_file(postfix.record_path(), write_setup_record(all)); !kept)
    return call.fail(EX_CANTCREAT, kept.error().text);
  if (const Status done = change_all(call, postfix, setup.changes); !done) {
    if (old_record.empty())
      unlink(postfix.record_path().c_str());
    else
      (void)write_file(postfix.record_path(), old_record);
    return call.fail(EX_CANTCREAT, done.error().text);
  }
  print_remarks(call, setup);
  return EX_OK;
}

int postfix_setup(const Call& call) {
  const bool shall_apply = call.arguments.has("--apply");
  const bool shall_undo = call.arguments.has("--undo");
  if (shall_apply && shall_undo)
    return call.fail(EX_USAGE, "--apply and --undo exclude each other");

  Instance postfix(call.arguments.value("--postfix-config").value_or(""));
  if (const Status read = postfix.read(); !read)
    return call.fail(EX_UNAVAILABLE, read.error().text);
  if (shall_undo) return undo(call, postfix);

  const PostfixSetup setup =
      plan_postfix_setup(call.settings, postfix.config(), postfix.main_cf(),
                         fs::is_regular_file(header_table_path(postfix.config())),
                         look_at_return_path(call.settings, postfix.config()));
  for (const std::string& refusal : setup.refusals) call.fail(EX_CONFIG, refusal);
  if (!setup.refusals.empty()) return EX_CONFIG;
  if (setup.changes.empty()) {
    fmt::print(call.out, "# nothing to do: Postfix is set up\n");
    print_remarks(call, setup);
    return EX_OK;
  }
  if (shall_apply) return apply(call, postfix, setup);
  for (const PostfixChange& change : setup.changes) print_change(call.out, postfix, change);
  fmt::print(call.out, "{}\n", postfix.as_shell({"postfix", "reload"}));
  print_remarks(call, setup);
  return EX_OK;
}

}  // namespace

const Command postfix_setup_command = {
    "postfix-setup",
    "",
    0,
    0,
    "Shows, runs or takes back what sets Postfix up",
    options,
    R"(Without --apply and --undo nothing is changed: standard output is a script for
sh(1) that does what --apply does. What is set up already is left as it is.
Every smtpd(8) without smtpd_milters of its own passes smtpapi-milter then, and
so does mail from sendmail(1). With inject.return-path, mail to its domain goes
to smtpapi-bounce.)",
    postfix_setup};

}  // namespace smtpapi::ctl
