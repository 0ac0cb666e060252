#include "milter/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds patience(30);

TEST(DaemonTest, CallsTheHandlerOfASignal) {
  std::promise<void> reloaded, stopped;
  const Signals signals(
      {.stop = [&] { stopped.set_value(); }, .reload = [&] { reloaded.set_value(); }});
  kill(getpid(), SIGUSR1);
  EXPECT_EQ(reloaded.get_future().wait_for(patience), std::future_status::ready);
  kill(getpid(), SIGTERM);
  EXPECT_EQ(stopped.get_future().wait_for(patience), std::future_status::ready);
}

TEST(DaemonTest, StopsOnHupAndIntToo) {
  for (const int number : {SIGHUP, SIGINT}) {
    std::promise<void> stopped;
    const Signals signals({.stop = [&] { stopped.set_value(); }, .reload = nullptr});
    kill(getpid(), number);
    EXPECT_EQ(stopped.get_future().wait_for(patience), std::future_status::ready);
  }
}

TEST(DaemonTest, SurvivesAHandlerThatThrows) {
  std::promise<void> second;
  std::atomic<int> calls = 0;
  const Signals signals({.stop = nullptr, .reload = [&] {
                           if (++calls == 1) throw std::runtime_error("once");
                           second.set_value();
                         }});
  kill(getpid(), SIGUSR1);
  auto done = second.get_future();
  // The first signal may still be pending, and then the two are one.
  while (done.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready)
    kill(getpid(), SIGUSR1);
  EXPECT_GE(calls, 2);
}

TEST(DaemonTest, TellsTheServiceManager) {
  const TemporaryFolder folder;
  const std::string path = folder / "notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_manager("READY=1");
  char text[20] = "";
  EXPECT_EQ(recv(fd, text, sizeof text, 0), 7);
  EXPECT_STREQ(text, "READY=1");

  for (const char* nowhere : {"", "relative", "/no/such/socket"}) {
    setenv("NOTIFY_SOCKET", nowhere, 1);
    notify_manager("READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
  notify_manager("READY=1");
  EXPECT_LT(recv(fd, text, sizeof text, 0), 0) << "nothing more came";
  close(fd);
}

TEST(DaemonTest, StaysWhoItIsWithoutAUser) {
  const auto before = geteuid();
  EXPECT_TRUE(become_user(""));
  EXPECT_EQ(geteuid(), before);
  EXPECT_THAT(become_user("no-such-user").error().text, HasSubstr("there is no such user"));
  EXPECT_FALSE(find_user(""));
}

TEST(DaemonTest, DropsRootForGood) {
  const auto nobody = find_user("nobody");
  ASSERT_TRUE(nobody);
  const pid_t child = fork();
  if (child == 0) {
    const Status done = become_user("nobody");
    if (geteuid() == 0) _exit(1);
    if (!done) _exit(getuid() == 0 ? 2 : 0);  // an ordinary user cannot
    _exit(getuid() == nobody->user && getgid() == nobody->group && setuid(0) != 0 ? 0 : 3);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

class RunProgramTest : public testing::Test {
 protected:
  int run(const Program& program, std::vector<std::string> words,
          const std::function<int(CommandLine&)>& body) {
    words.insert(words.begin(), {program.name, "--config=" + file});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return run_program(program, static_cast<int>(argv.size()), argv.data(), body);
  }

  const TemporaryFolder folder;
  const std::string file = folder / "smtpapi.conf";
  const Program tool = {.name = "smtpapi-test", .summary = "Tests.", .kind = ProgramKind::tool};
};

TEST_F(RunProgramTest, HandsOverWhatIsLeftOfTheCommandLine) {
  std::ofstream(file) << "[inject]\nconcurrency = 3\n";
  const int status = run(tool, {"list", "--log.level=debug"}, [](CommandLine& line) {
    EXPECT_THAT(line.arguments, testing::ElementsAre("list"));
    EXPECT_EQ(line.settings.inject_concurrency, 3u);
    return 42;
  });
  EXPECT_EQ(status, 42);
}

TEST_F(RunProgramTest, EndsWithTheProgramsOwnStatusOnMistakes) {
  std::ofstream(file) << "[inject]\nconcurrency = none\n";
  const auto body = [](CommandLine&) -> int {
    ADD_FAILURE() << "ran";
    return 0;
  };
  EXPECT_EQ(run(tool, {}, body), 78);
  Program careful = tool;
  careful.on_bad_settings = 75;
  EXPECT_EQ(run(careful, {}, body), 75);
}

TEST_F(RunProgramTest, CatchesWhatNobodyElseDid) {
  std::ofstream{file};
  EXPECT_EQ(run(tool, {}, [](CommandLine&) -> int { throw std::runtime_error("x"); }), 70);
  EXPECT_EQ(run(tool, {}, [](CommandLine&) -> int { throw 5; }), 70);
  Program careful = tool;
  careful.on_exception = 75;
  EXPECT_EQ(run(careful, {}, [](CommandLine&) -> int { throw std::bad_alloc(); }), 75);
}

}  // namespace
}  // namespace smtpapi
