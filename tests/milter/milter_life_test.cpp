// smtpapi-milter as a program: how it starts, reads its settings again, and ends.
#include <gmock/gmock.h>
#include <libmilter/mfdef.h>
#include <signal.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "tests/milter/milter_program.h"

namespace smtpapi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using MilterLifeTest = MilterProgramTest;

const char* const two_copies = R"( {"to": ["ann@example.org", "bob@example.net"]})";

/// What another program does to the store.
class Lock {
 public:
  explicit Lock(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Lock() { sqlite3_close(db_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

TEST_F(MilterLifeTest, EndsOnTermHupAndInt) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    ASSERT_TRUE(start());
    const auto idle = connection();
    milter->signal(number);
    EXPECT_EQ(milter->wait(), 0) << "LM-7: signal " << number << "\n" << milter->errors();
    EXPECT_TRUE(idle->is_hung_up());
  }
}

TEST_F(MilterLifeTest, FinishesWhatItDecidesWhenToldToEnd) {
  ASSERT_TRUE(start());
  const auto client = connection();
  auto lock = std::make_unique<Lock>(folder / "store.db");
  client->mail({"<app@example.org>"});
  client->rcpt({"<sink@example.org>"});
  client->header("X-SMTPAPI", two_copies);
  ASSERT_EQ(client->end_of_header().command, SMFIR_CONTINUE);
  ASSERT_EQ(client->body("text\r\n").command, SMFIR_CONTINUE);
  client->send_end_of_message();
  wait_for_log("4XyZ12: deciding");
  milter->signal(SIGTERM);
  EXPECT_TRUE(milter->is_running());
  lock.reset();
  EXPECT_EQ(client->read_outcome().reply, SMFIR_DISCARD) << "LM-8";
  EXPECT_EQ(milter->wait(), 0);
  EXPECT_THAT(copies(), SizeIs(2));
}

TEST_F(MilterLifeTest, KeepsWhatItAcceptedThoughTheClientIsGone) {
  ASSERT_TRUE(start());
  auto lock = std::make_unique<Lock>(folder / "store.db");
  {
    const auto client = connection();
    client->mail({"<app@example.org>"});
    client->rcpt({"<sink@example.org>"});
    client->header("X-SMTPAPI", two_copies);
    client->end_of_header();
    client->send_end_of_message();
    wait_for_log("4XyZ12: deciding");
  }
  lock.reset();
  wait_for_log("4XyZ12: held");
  EXPECT_THAT(copies(), SizeIs(2)) << "PF-10: at least once";
  EXPECT_EQ(deliver(message_with(two_copies)).reply, SMFIR_DISCARD);
}

TEST_F(MilterLifeTest, ReadsItsSettingsAgain) {
  configure("[error]\nmode = bounce\n");
  ASSERT_TRUE(start());
  EXPECT_EQ(deliver(message_with(" {nonsense")).reply, SMFIR_DISCARD);

  configure("[error]\nmode = reject\n[milter]\nmemory-bytes = 5M\n");
  milter->signal(SIGUSR1);
  wait_for_log("settings read again");
  EXPECT_EQ(deliver(message_with(" {nonsense")).reply, SMFIR_REPLYCODE);

  configure("[error]\nmode = maybe\n");
  milter->signal(SIGUSR1);
  wait_for_log("smtpapi.conf:2: error.mode: 'maybe'");
  EXPECT_EQ(deliver(message_with(" {nonsense")).reply, SMFIR_REPLYCODE) << "the old ones stay";
}

TEST_F(MilterLifeTest, DoesNotStartWithMistakes) {
  const struct {
    const char* why;
    std::vector<std::string> options;
    const char* want;
  } cases[] = {
      {"a bad setting", {"--error.mode=maybe"}, "none of bounce, reject"},
      {"an unknown argument", {"again"}, "unknown argument 'again'"},
      {"no folder for the store", {"--store.url=sqlite:///no/such/folder/x.db"}, "/no/such/folder"},
      {"no folder for the socket",
       {"--milter.socket=unix:/no/such/folder/x"},
       "folder /no/such/folder: No such file"},
      {"no such user", {"--daemon.user=no-such-user"}, "there is no such user"},
      {"no account file", {"--account.settings=/no/such/file"}, "/no/such/file"},
      {"an address that is not ours", {"--milter.socket=inet:9@192.0.2.1"}, "192.0.2.1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_FALSE(start(c.options));
    EXPECT_NE(milter->wait(), 0);
    EXPECT_THAT(milter->errors(), HasSubstr(c.want));
  }
}

TEST_F(MilterLifeTest, LeavesAnotherProgramItsSocket) {
  ASSERT_TRUE(start());
  const auto first = std::move(milter);
  const TemporaryFolder other;
  ChildProcess second(
      {MILTER_PROGRAM, "--config=" + (folder / "smtpapi.conf"), "--milter.socket=unix:" + socket,
       "--log.to=stderr", "--store.url=sqlite://" + (other / "store.db")},
      other.path().string());
  EXPECT_NE(second.wait(), 0);
  EXPECT_THAT(second.errors(), HasSubstr("another program listens there"));
  EXPECT_EQ(deliver(message_with("")).reply, SMFIR_ACCEPT) << "the first one still serves";
}

TEST_F(MilterLifeTest, ReplacesAStaleSocketButNoFile) {
  ASSERT_TRUE(start());
  milter->signal(SIGKILL);
  EXPECT_EQ(milter->wait(), 128 + SIGKILL);
  ASSERT_TRUE(std::filesystem::exists(socket));
  ASSERT_TRUE(start()) << milter->errors();
  milter->signal(SIGKILL);
  milter->wait();

  std::filesystem::remove(socket);
  std::ofstream(socket) << "precious";
  EXPECT_FALSE(start());
  EXPECT_THAT(milter->errors(), HasSubstr("is no socket"));
}

TEST_F(MilterLifeTest, MakesASocketForItsGroupOnly) {
  ASSERT_TRUE(start());
  const auto mode = std::filesystem::status(socket).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::others_all, std::filesystem::perms::none) << "PF-5";
  EXPECT_NE(mode & std::filesystem::perms::group_write, std::filesystem::perms::none);
}

TEST_F(MilterLifeTest, TellsItsNameAndUse) {
  for (const char* option : {"--help", "--version"}) {
    ChildProcess program({MILTER_PROGRAM, option}, folder.path().string());
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(program.output(), HasSubstr("smtpapi-milter"));
    EXPECT_THAT(program.errors(), IsEmpty());
  }
}

}  // namespace
}  // namespace smtpapi
