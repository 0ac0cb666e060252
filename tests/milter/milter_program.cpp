#include "tests/milter/milter_program.h"

#include <libmilter/mfdef.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace smtpapi {
namespace {

/// The service manager's end of NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& path) {
    ::unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind " + path);
  }
  ~Manager() { close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// A datagram that came within `ms`, or "".
  std::string heard(int ms) {
    pollfd ready{fd_, POLLIN, 0};
    char text[100];
    if (poll(&ready, 1, ms) != 1) return "";
    const auto size = recv(fd_, text, sizeof text, 0);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  int fd_ = -1;
};

}  // namespace

void MilterProgramTest::configure(const std::string& text) {
  std::ofstream(folder / "smtpapi.conf")
      << text << "\n[milter]\nsocket = unix:" << socket << "\n[store]\nurl = sqlite://"
      << folder / "store.db"
      << "\n[log]\nto = stderr\nlevel = debug\n[daemon]\nhostname = mx.example.com\n";
}

bool MilterProgramTest::start(const std::vector<std::string>& options) {
  if (!std::ifstream(folder / "smtpapi.conf")) configure("");
  Manager manager(folder / "notify");
  std::vector<std::string> words = {MILTER_PROGRAM, "--config=" + (folder / "smtpapi.conf")};
  words.insert(words.end(), options.begin(), options.end());
  milter = std::make_unique<ChildProcess>(words, folder.path().string(), "",
                                          std::vector{"NOTIFY_SOCKET=" + (folder / "notify")});
  while (milter->is_running())
    if (manager.heard(20) == "READY=1") return true;
  return false;
}

std::unique_ptr<MilterClient> MilterProgramTest::open_connection() {
  return std::make_unique<MilterClient>(socket);
}

std::unique_ptr<MilterClient> MilterProgramTest::connection(const std::string& address) {
  auto client = open_connection();
  EXPECT_EQ(client->negotiate(), SMFIC_OPTNEG);
  client->connect("client.example.com", SMFIA_INET, address);
  client->helo("client.example.com");
  return client;
}

MilterOutcome MilterProgramTest::deliver(const MilterMessage& message, const std::string& address) {
  const auto client = connection(address);
  MilterOutcome outcome = client->deliver(message);
  client->quit();
  return outcome;
}

std::unique_ptr<Store> MilterProgramTest::store() {
  auto opened = open_store("sqlite://" + (folder / "store.db"), StoreAccess::existing);
  if (!opened) throw std::runtime_error(opened.error().text);
  return *std::move(opened);
}

std::vector<Copy> MilterProgramTest::copies() {
  CopyQuery query;
  query.limit = 100'000;
  auto list = store()->list(query);
  if (!list) throw std::runtime_error(list.error().text);
  return *std::move(list);
}

std::string MilterProgramTest::kept_message(const Copy& copy) {
  auto found = store()->submission(copy.submission_id);
  if (!found || !*found || !(*found)->message) throw std::runtime_error("no such submission");
  return *(*found)->message;
}

void MilterProgramTest::wait_for_log(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (milter->errors().find(text) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not in the log: " << text << "\n"
                                                          << milter->errors();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

MilterMessage message_with(const std::string& smtpapi, const std::string& body) {
  MilterMessage message;
  message.fields = {{"From", " app@example.org"},
                    {"To", " sink@example.org"},
                    {"Date", " Mon, 1 Jan 2024 00:00:00 +0000"},
                    {"Message-ID", " <1@example.org>"},
                    {"Subject", " Hello -n-"}};
  if (!smtpapi.empty()) message.fields.emplace_back("X-SMTPAPI", smtpapi);
  message.body = body;
  return message;
}

}  // namespace smtpapi
