// Which log smtpapi-events follows, by what is on the machine (DS-2).
#include "milter/events_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

TEST(EventsSettingsTest, FindsTheLogThatIsThere) {
  constexpr const char* debian = "/lib/systemd/system/postfix@.service";
  constexpr const char* journal = "/var/log/journal/x";
  constexpr const char* file = "/var/log/mail.log";
  const struct {
    const char* why;
    std::vector<std::string> set;
    std::vector<std::string> there;
    const char* want;
  } cases[] = {
      {"nothing yet", {}, {}, file},
      {"rsyslog", {}, {file, journal, debian}, file},
      {"rsyslog of others", {}, {"/var/log/maillog", journal}, "/var/log/maillog"},
      {"Debian 12", {}, {journal, debian}, "journal:postfix@-"},
      {"a journal in memory", {}, {"/run/log/journal/x", debian}, "journal:postfix@-"},
      {"Fedora", {}, {journal, "/usr/lib/systemd/system/postfix.service"}, "journal:postfix"},
      {"Debian's has both",
       {},
       {journal, debian, "/lib/systemd/system/postfix.service"},
       "journal:postfix@-"},
      {"Sendmail's init script",
       {},
       {journal, "/run/systemd/generator.late/sendmail.service"},
       "journal:sendmail"},
      {"no MTA", {}, {journal}, file},
      {"no journal", {}, {debian}, file},
      {"what is set counts", {"journal:x"}, {file, journal, debian}, "journal:x"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    TemporaryFolder root;
    for (const std::string& path : c.there) {
      fs::create_directories(fs::path(root / path.substr(1)).parent_path());
      std::ofstream(root / path.substr(1)) << "x";
    }
    Settings settings;
    settings.events_log = c.set;
    EXPECT_THAT(logs_to_follow(settings, root.path()), ElementsAre(c.want));
  }
}

}  // namespace
}  // namespace smtpapi
