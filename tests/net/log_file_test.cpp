// A log that grows, is rotated both ways and truncated, read by real files.
#include "net/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

std::string line(const std::string& user) {
  return "2026-11-21T11:01:51+00:00 mx1 postfix/error[7]: 9A1B2C3D4E: to=<" + user +
         "@b.example>, relay=none, delay=0, delays=0/0/0/0, dsn=5.0.0, status=bounced (no)\n";
}

class LogFileTest : public testing::Test {
 protected:
  void append(const std::string& text, const std::string& name = "mail.log") {
    std::ofstream(folder / name, std::ios::app) << text;
  }
  /// All there is, each by its user. `later`: after the writers of rotated files stopped.
  std::vector<std::string> read(LogSource& source) {
    std::vector<std::string> users;
    for (int i = 0; i < 100; ++i) {
      const auto piece = source.read(from_unix(std::time(nullptr) + ahead));
      EXPECT_TRUE(piece);
      if (!piece) return users;
      for (const auto& [report, at] : piece->reports) {
        users.push_back(report.recipient.substr(0, report.recipient.find('@')));
        places.push_back(at);
      }
      if (!piece->place.empty()) place = piece->place;
      if (piece->is_all) return users;
    }
    ADD_FAILURE() << "no end";
    return users;
  }
  std::vector<std::string> read_from(const std::string& where) {
    LogFile another(path);
    another.go_to(where);
    return read(another);
  }

  TemporaryFolder folder;
  const std::string path = folder / "mail.log";
  LogFile log{path};
  std::string place;
  std::vector<std::string> places;
  std::int64_t ahead = 10;
};

TEST_F(LogFileTest, ReadsWhatIsWrittenLineByLine) {
  EXPECT_THAT(read(log), IsEmpty()) << "not there yet";
  append(line("a") + "nothing\n" + line("b") + line("c").substr(0, 30));
  EXPECT_THAT(read(log), ElementsAre("a", "b"));
  EXPECT_THAT(read(log), IsEmpty());
  const std::string before_c = place;
  append(line("c").substr(30) + "\n\n" + line("d"));
  EXPECT_THAT(read(log), ElementsAre("c", "d"));
  EXPECT_THAT(read_from(before_c), ElementsAre("c", "d"));
  EXPECT_THAT(read_from(places[1]), ElementsAre("b", "c", "d")) << "in front of its line";
  EXPECT_THAT(read_from(place), IsEmpty());
}

TEST_F(LogFileTest, RemembersWhatStandsInFrontOfThePlace) {
  const std::string stamp = "2026-11-21T11:01:51+00:00 mx1 postfix/";
  append(line("a") + stamp + "smtpd[8]: 4Next1: client=localhost[127.0.0.1]\n");
  EXPECT_THAT(read(log), ElementsAre("a"));
  append(stamp +
         "smtp[7]: 4Abc34: to=<b@x>, relay=127.0.0.1[127.0.0.1]:10024, delay=0, "
         "delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Next1)\n");
  LogFile another(path);
  another.go_to(place);
  const auto piece = another.read(from_unix(std::time(nullptr)));
  ASSERT_TRUE(piece);
  ASSERT_EQ(piece->reports.size(), 1u) << "not told again";
  EXPECT_EQ(piece->reports[0].report.passed_on_to, "4Next1");
}

TEST_F(LogFileTest, SkipsALineWithoutEnd) {
  append(line("a") + std::string(600'000, 'x') + line("junk") + line("b"));
  EXPECT_THAT(read(log), ElementsAre("a", "b"));
}

TEST_F(LogFileTest, ReadsTheRestOfARenamedFileFirst) {
  append(line("a"));
  EXPECT_THAT(read(log), ElementsAre("a"));
  const std::string before = place;
  append(line("b"));
  fs::rename(path, path + ".1");
  EXPECT_THAT(read(log), ElementsAre("b")) << "no new file yet";
  append(line("c"), "mail.log.1");
  append("");
  EXPECT_THAT(read(log), ElementsAre("c")) << "the writer was not told yet";
  append(line("d"));
  ahead = 0;
  append(line("e"), "mail.log.1");
  EXPECT_THAT(read(log), ElementsAre("e")) << "is written to still";
  ahead = 10;
  EXPECT_THAT(read(log), ElementsAre("d"));
  append(line("f"));
  EXPECT_THAT(read(log), ElementsAre("f"));
  EXPECT_THAT(read_from(before), ElementsAre("b", "c", "e", "d", "f")) << "after a restart too";
}

TEST_F(LogFileTest, ReadsTheCopyOfATruncatedFileFirst) {
  append(line("a"));
  EXPECT_THAT(read(log), ElementsAre("a"));
  const std::string before = place;
  append(line("b"));
  fs::copy_file(path, path + "-20261121");
  fs::resize_file(path, 0);
  append(line("c"));
  EXPECT_THAT(read(log), ElementsAre("b", "c"));
  EXPECT_THAT(read_from(before), ElementsAre("b", "c"));
}

TEST_F(LogFileTest, NoticesATruncatedFileThatGrewAgain) {
  append(line("a"));
  EXPECT_THAT(read(log), ElementsAre("a"));
  fs::resize_file(path, 0);
  append(line("longer") + line("b"));
  EXPECT_THAT(read(log), ElementsAre("longer", "b"));
}

TEST_F(LogFileTest, GoesThroughSeveralRotationsThatItMissed) {
  append(line("a"));
  EXPECT_THAT(read(log), ElementsAre("a"));
  const std::string before = place;
  append(line("b"));
  fs::rename(path, path + ".2");
  fs::last_write_time(path + ".2", fs::file_time_type::clock::now() - std::chrono::hours(48));
  append(line("c"), "mail.log.1");
  fs::last_write_time(path + ".1", fs::file_time_type::clock::now() - std::chrono::hours(24));
  append(line("old"), "mail.log.3");
  fs::last_write_time(path + ".3", fs::file_time_type::clock::now() - std::chrono::hours(72));
  append("\x1f\x8b", "mail.log.4.gz");
  append(line("other"), "mail.err");
  append(line("d"));
  EXPECT_THAT(read_from(before), ElementsAre("b", "c", "d"));
}

TEST_F(LogFileTest, BeginsTheNewFileWhenTheOldIsGone) {
  append(line("a") + line("b"));
  EXPECT_THAT(read(log), ElementsAre("a", "b"));
  const std::string before = place;
  fs::remove(path);
  append(line("c"));
  EXPECT_THAT(read_from(before), ElementsAre("c"));
  for (const char* wrong : {"", "x", "1 2", "-"})
    EXPECT_THAT(read_from(wrong), ElementsAre("c")) << wrong;
}

}  // namespace
}  // namespace smtpapi
