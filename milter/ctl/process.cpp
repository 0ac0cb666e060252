#include "milter/ctl/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

extern char** environ;

namespace smtpapi::ctl {
namespace {

using Clock = std::chrono::steady_clock;

/// Both ends of a pipe, closed at the end.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) close(ends_[i]);
    ends_[i] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

/// Reads both pipes until they are closed. False when time ran out.
bool read_all(Pipe& out, Pipe& err, ProcessOutput& into, Clock::time_point deadline) {
  std::array<Pipe*, 2> pipes = {&out, &err};
  std::array<std::string*, 2> texts = {&into.out, &into.err};
  while (out.reader() >= 0 || err.reader() >= 0) {
    std::array<pollfd, 2> waiting = {pollfd{out.reader(), POLLIN, 0}, {err.reader(), POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
      return false;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (!(waiting[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
      char block[16384];
      const ssize_t got = read(waiting[i].fd, block, sizeof block);
      if (got > 0)
        texts[i]->append(block, static_cast<std::size_t>(got));
      else if (got == 0 || errno != EINTR)
        pipes[i]->close_end(0);
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  const char* path = getenv("PATH");
  const std::string folders =
      std::string(path ? path : "") + ":/usr/sbin:/usr/local/sbin:/sbin:/usr/bin";
  for (const std::string_view folder : split(folders, ':')) {
    const std::string file = std::string(folder) + "/" + std::string(name);
    if (!folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

Result<ProcessOutput> run_process(const std::vector<std::string>& command,
                                  std::chrono::milliseconds limit) {
  const std::string& program = command.front();
  Pipe out, err;
  std::vector<char*> arguments, environment;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char locale[] = "LC_ALL=C";
  environment.push_back(locale);
  for (char** entry = environ; *entry; ++entry)
    if (!std::string_view(*entry).starts_with("LC_ALL=")) environment.push_back(*entry);
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.writer(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.writer(), 2);
  pid_t child = 0;
  const int error =
      posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return unavailable(fmt::format("{}: {}", program, strerror(error)));
  out.close_end(1);
  err.close_end(1);

  ProcessOutput output;
  const bool is_complete = read_all(out, err, output, Clock::now() + limit);
  if (!is_complete) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!is_complete) return unavailable(program + ": takes too long");
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

}  // namespace smtpapi::ctl
