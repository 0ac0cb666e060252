#include "milter/daemon.h"

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>

#include "base/log.h"
#include "base/text.h"

namespace smtpapi {
namespace {

void print_help(const Program& program) {
  fmt::print(
      "Usage: {} {}\n{}\n\n"
      "{}"
      "      --config FILE          read FILE instead of {}\n"
      "      --SECTION.KEY=VALUE    a setting of smtpapi.conf(5), stronger than the file\n"
      "      --help                 this text\n"
      "      --version              name and version\n",
      program.name, program.usage, program.summary, program.own_help, default_config_file);
}

void start_log(const Program& program, const Settings& settings) {
  if (program.kind == ProgramKind::tool) {
    open_log(program.name, LogTarget::standard_error, LogLevel::warning);
    return;
  }
  LogLevel level = settings.log_level;
  if (program.kind == ProgramKind::per_message && settings.log_target == LogTarget::standard_error)
    level = std::min(level, LogLevel::warning);
  open_log(program.name, settings.log_target, level);
}

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

int run(const Program& program, int argc, char** argv,
        const std::function<int(CommandLine&)>& body) {
  Result<CommandLine> line = read_options(argc, argv, program.takes_value);
  if (!line) {
    for (const std::string_view mistake : split(line.error().text, '\n'))
      fail(program, program.on_bad_settings, mistake);
    if (program.kind == ProgramKind::daemon) {
      for (const std::string& mistake : mistakes_in_account_settings(argc, argv))
        fail(program, program.on_bad_settings, mistake);
    }
    return program.on_bad_settings;
  }
  if (line->help) {
    print_help(program);
    return EX_OK;
  }
  if (line->version) {
    fmt::print("{} {}\n", program.name, SMTPAPI_VERSION);
    return EX_OK;
  }
  start_log(program, line->settings);
  if (program.kind == ProgramKind::daemon) {
    const sigset_t ours = set_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
    pthread_sigmask(SIG_BLOCK, &ours, nullptr);
    for (const std::string& warning : line->settings.warnings) log_warning("{}", warning);
  }
  return body(*line);
}

}  // namespace

int run_program(const Program& program, int argc, char** argv,
                const std::function<int(CommandLine&)>& body) {
  try {
    signal(SIGPIPE, SIG_IGN);
    return run(program, argc, argv, body);
  } catch (const std::exception& e) {
    log_error("stopped by an unexpected error: {}", e.what());
  } catch (...) {
    log_error("stopped by an unexpected error");
  }
  return program.on_exception;
}

int fail(const Program& program, int status, std::string_view text) {
  fmt::print(stderr, "{}: {}\n", program.name, text);
  return status;
}

int cannot_start(const Program& program, const Settings& settings, const Error& error) {
  const int status = error.fault == Fault::invalid ? EX_CONFIG : EX_UNAVAILABLE;
  for (const std::string_view line : split(error.text, '\n')) {
    log_error("cannot start: {}", line);
    if (settings.log_target == LogTarget::syslog) fail(program, status, line);
  }
  return status;
}

void warn_of_late_change(std::string_view key) {
  log_warning("{} has changed: it is read at the start only", key);
}

void warn_of_late_changes(const Settings& now, const Settings& then) {
  if (now.store_url != then.store_url) warn_of_late_change("store.url");
  if (now.user != then.user) warn_of_late_change("daemon.user");
  if (now.log_target != then.log_target) warn_of_late_change("log.to");
  if (now.log_level != then.log_level) warn_of_late_change("log.level");
}

// --- signals ---

struct Signals::Impl {
  Handlers handlers;
  sigset_t set;
  std::atomic<bool> over = false;
  std::thread thread;

  explicit Impl(Handlers h)
      : handlers(std::move(h)),
        set(handlers.stop ? set_of({SIGUSR1, SIGTERM, SIGINT, SIGHUP}) : set_of({SIGUSR1})) {
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread = std::thread([this] { serve(); });
  }

  void serve() {
    for (;;) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0) continue;
      if (over) return;
      const auto& handler = signal == SIGUSR1 ? handlers.reload : handlers.stop;
      try {
        if (handler) handler();
      } catch (const std::exception& e) {
        log_error("signal {}: {}", signal, e.what());
      }
    }
  }
};

Signals::Signals(Handlers handlers) : impl_(std::make_unique<Impl>(std::move(handlers))) {}

Signals::~Signals() {
  impl_->over = true;
  pthread_kill(impl_->thread.native_handle(), SIGUSR1);
  impl_->thread.join();
}

// --- privileges ---

Result<UserId> find_user(const std::string& name) {
  passwd entry;
  passwd* found = nullptr;
  std::string buffer(16384, '\0');
  const int error = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found) return UserId{entry.pw_uid, entry.pw_gid};
  if (error != 0) return invalid(fmt::format("daemon.user '{}': {}", name, strerror(error)));
  return invalid(fmt::format("daemon.user '{}': there is no such user", name));
}

Status become_user(const std::string& name) {
  if (name.empty()) return ok();
  const auto id = find_user(name);
  if (!id) return id.error();
  if (getuid() == id->user && geteuid() == id->user) return ok();
  if (geteuid() != 0)
    return invalid(fmt::format("daemon.user '{}': only root can become another user", name));

  // The order matters: once the user is changed the groups can no longer be.
  if (initgroups(name.c_str(), id->group) != 0 || setgid(id->group) != 0 || setuid(id->user) != 0)
    return invalid(fmt::format("daemon.user '{}': {}", name, strerror(errno)));
  if (id->user != 0 && setuid(0) == 0)
    return internal(fmt::format("daemon.user '{}': root's rights came back", name));
  return ok();
}

// --- the service manager ---

void notify_manager(std::string_view state) {
  const char* path = getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  const std::size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return;
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // Linux's abstract names

  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  if (sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
             size) < 0)
    log_warning("NOTIFY_SOCKET {}: {}", path, strerror(errno));
  close(fd);
}

}  // namespace smtpapi
