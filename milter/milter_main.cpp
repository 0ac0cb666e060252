// smtpapi-milter(8): decides about each message while its client waits.
#include <malloc.h>
#include <sysexits.h>

#include <cstdlib>

#include "base/log.h"
#include "base/text.h"
#include "milter/callbacks.h"
#include "milter/daemon.h"
#include "milter/milter_socket.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

constexpr Program program = {
    .name = "smtpapi-milter",
    .summary = "Gives X-SMTPAPI headers their meaning, as a milter of Postfix or Sendmail.",
    .usage = "[OPTION]...",
};

/// What a start reads once and a reload cannot change.
void warn_of_changes(const Settings& now, const Settings& then) {
  if (now.milter_socket != then.milter_socket) warn_of_late_change("milter.socket");
  warn_of_late_changes(now, then);
}

class Milter {
 public:
  Milter(int argc, char** argv, const Settings& settings)
      : argc_(argc), argv_(argv), settings_(settings), quota_(settings.milter_memory_bytes) {}

  int run() {
    if (const Status ready = start(); !ready)
      return cannot_start(program, settings_, ready.error());
    FilterEnd end;
    {
      const Signals signals({.stop = nullptr, .reload = [this] { reload(); }});
      log_info("version {}, listening on {}", SMTPAPI_VERSION, settings_.milter_socket);
      notify_manager("READY=1");
      end = run_filter(current_, quota_);
      notify_manager("STOPPING=1");
    }
    if (end == FilterEnd::cut_short) {
      log_warning("stopped while messages were being decided; their clients will try again");
      std::_Exit(EX_OK);  // nothing that they use may be destroyed
    }
    log_info("stopped");
    return end == FilterEnd::broken ? EX_OSERR : EX_OK;
  }

 private:
  /// In the order of privileges: the socket may need root, the store must not be made by it.
  Status start() {
    auto intake = intake_settings(settings_);
    if (!intake) return std::move(intake).error();
    if (const Status free = check_milter_socket(settings_.milter_socket); !free) return free;
    if (const Status open = open_filter(settings_.milter_socket); !open) return open;
    if (!settings_.user.empty()) {
      const auto owner = find_user(settings_.user);
      if (!owner) return owner.error();
      if (const Status given = give_milter_socket(settings_.milter_socket, *owner); !given)
        return given;
      if (const Status changed = become_user(settings_.user); !changed) return changed;
    }
    auto store = open_store(settings_.store_url, StoreAccess::create);
    if (!store) return std::move(store).error();
    store_ = *std::move(store);
    current_ = std::make_shared<const Service>(*std::move(intake), *store_, clock_);
    return ok();
  }

  /// All of the new settings, or none of them.
  void reload() {
    const auto line = read_options(argc_, argv_, program.takes_value);
    auto intake = line ? intake_settings(line->settings) : Result<IntakeSettings>(line.error());
    if (!intake) {
      for (const std::string_view mistake : split(intake.error().text, '\n'))
        log_error("settings not read again: {}", mistake);
      return;
    }
    warn_of_changes(line->settings, settings_);
    quota_.messages.set_limit(line->settings.milter_memory_bytes);
    current_ = std::make_shared<const Service>(*std::move(intake), *store_, clock_);
    log_info("settings read again");
  }

  const int argc_;
  char** const argv_;
  const Settings settings_;
  const SystemClock clock_;
  Quota quota_;
  std::unique_ptr<Store> store_;
  CurrentService current_;
};

}  // namespace
}  // namespace smtpapi

int main(int argc, char** argv) {
  using namespace smtpapi;
  // Without this glibc soon keeps large messages among small things, and their memory for good.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  return run_program(program, argc, argv, [&](CommandLine& line) {
    if (!line.arguments.empty())
      return fail(program, EX_USAGE, "unknown argument '" + printable(line.arguments[0]) + "'");
    return Milter(argc, argv, line.settings).run();
  });
}
