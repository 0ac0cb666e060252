// Real files of the journal, written by systemd-journal-remote(8): read, rotated, vacuumed.
#include "net/journal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* writer = "/lib/systemd/systemd-journal-remote";
const Time noon = from_unix(1'795'262'400);

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(writer)) GTEST_SKIP() << "no " << writer;
    fs::create_directory(files);
  }

  /// An entry in the export format; each is a second after the one before.
  std::string entry(const std::string& program, const std::string& message,
                    const std::string& unit = "postfix@-.service", int uid = 0) {
    ++entries_;
    return fmt::format(
        "__REALTIME_TIMESTAMP={}000000\n__MONOTONIC_TIMESTAMP={}000000\n"
        "_BOOT_ID=0123456789abcdef0123456789abcdef\n_SYSTEMD_UNIT={}\n_UID={}\n_PID=7\n"
        "SYSLOG_IDENTIFIER={}\nMESSAGE={}\n\n",
        to_unix(noon) + entries_, entries_, unit, uid, program, message);
  }
  std::string sent(const std::string& user) {
    return entry("postfix/smtp", "4Abc34: to=<" + user +
                                     "@x>, relay=mx[192.0.2.7]:25, delay=0, delays=0/0/0/0, "
                                     "dsn=2.0.0, status=sent (250 ok)");
  }
  void write(std::initializer_list<std::string> entries) {  // made in their order
    {
      std::ofstream file(folder / "export");
      for (const std::string& one : entries) file << one;
    }
    const std::string command = fmt::format("{} -o {}/system.journal {} 2>{}", writer, files,
                                            folder / "export", folder / "errors");
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  /// Users and queue IDs of all there is.
  std::vector<std::string> read(LogSource& source) {
    std::vector<std::string> users;
    for (int i = 0; i < 100; ++i) {
      const auto piece = source.read(noon);
      EXPECT_TRUE(piece) << piece.error().text;
      if (!piece) return users;
      for (const auto& [report, at] : piece->reports) {
        const std::string user = report.recipient.substr(0, report.recipient.find('@'));
        users.push_back(user.empty() ? report.queue_id : user);
        places.push_back(at);
        times.push_back(report.time);
      }
      place = piece->place;
      if (piece->is_all) return users;
    }
    ADD_FAILURE() << "no end";
    return users;
  }
  std::vector<std::string> read_from(const std::string& where) {
    Journal another(name, files);
    another.go_to(where);
    return read(another);
  }

  TemporaryFolder folder;
  const std::string files = folder / "journal";
  const std::string name = "journal:postfix@-";
  std::string place;
  std::vector<std::string> places;
  std::vector<Time> times;

 private:
  int entries_ = 0;
};

TEST_F(JournalTest, ReadsLinesOfTheUnitAndOfPostsuper) {
  const std::string removed = "4Gone1: removed";
  write({sent("a"), entry("postfix/smtpd", "connect from x[192.0.2.1]"),
         entry("postfix/smtp", "4Abc34: to=<forged@x>, relay=none, dsn=2.0.0, status=sent (ok)",
               "user@1000.service", 1000),
         entry("postfix/postsuper", removed, "session-1.scope", 0),
         entry("postfix/postsuper", "4Forged: removed", "session-2.scope", 1000), sent("b")});
  Journal journal(name, files);
  EXPECT_THAT(read(journal), ElementsAre("a", "4Gone1", "b"));
  EXPECT_EQ(times[0], noon + seconds(1));
  EXPECT_THAT(read(journal), IsEmpty());
  Journal other("journal:postfix@two.service", files);
  EXPECT_THAT(read(other), ElementsAre("4Gone1"));
}

TEST_F(JournalTest, GoesOnBehindItsPlace) {
  write({sent("a"), sent("b"), sent("c")});
  Journal journal(name, files);
  EXPECT_THAT(read(journal), ElementsAre("a", "b", "c"));
  const std::string behind = place;
  write({sent("d")});
  EXPECT_THAT(read(journal), ElementsAre("d")) << "grown while it is open";
  EXPECT_THAT(read_from(behind), ElementsAre("c", "d")) << "the last one that was read again";
  EXPECT_THAT(read_from(places[1]), ElementsAre("b", "c", "d")) << "in front of its line";
}

TEST_F(JournalTest, GoesOnInNewFiles) {
  write({sent("a")});
  Journal journal(name, files);
  EXPECT_THAT(read(journal), ElementsAre("a"));
  const std::string before = place;
  fs::rename(files + "/system.journal", files + "/system@1-1.journal");
  write({sent("b")});
  EXPECT_THAT(read(journal), ElementsAre("b"));
  EXPECT_THAT(read_from(before), ElementsAre("a", "b"));
}

TEST_F(JournalTest, GoesOnWhereThePlaceWasVacuumed) {
  write({sent("a"), sent("b")});
  Journal journal(name, files);
  EXPECT_THAT(read(journal), ElementsAre("a", "b"));
  const std::string gone = places[0];
  fs::rename(files + "/system.journal", files + "/system@1-1.journal");
  write({sent("c"), sent("d")});
  fs::remove(files + "/system@1-1.journal");
  EXPECT_THAT(read(journal), ElementsAre("c", "d"));
  testing::internal::CaptureStderr();
  EXPECT_THAT(read_from(gone), ElementsAre("c", "d"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("lines may be missing"));
}

TEST_F(JournalTest, RemembersWhatStandsInFrontOfThePlace) {
  write({entry("postfix/smtpd", "4Next1: client=localhost[127.0.0.1]"), sent("a")});
  Journal journal(name, files);
  EXPECT_THAT(read(journal), ElementsAre("a"));
  write({entry("postfix/smtp",
               "4Abc34: to=<b@x>, relay=127.0.0.1[127.0.0.1]:10024, delay=0, delays=0/0/0/0, "
               "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Next1)")});
  Journal another(name, files);
  another.go_to(place);
  const auto piece = another.read(noon);
  ASSERT_TRUE(piece);
  ASSERT_EQ(piece->reports.size(), 2u);
  EXPECT_EQ(piece->reports[1].report.passed_on_to, "4Next1");
}

TEST_F(JournalTest, AnEmptyOrMissingOneIsWaitedFor) {
  Journal journal(name, files);
  EXPECT_THAT(read(journal), IsEmpty());
  write({sent("a")});
  EXPECT_THAT(read(journal), ElementsAre("a"));
}

}  // namespace
}  // namespace smtpapi
