#include "milter/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view own_options[] = {"--from", "--login"};

Result<CommandLine> read(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "smtpapi-test");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return read_options(static_cast<int>(argv.size()), argv.data(), own_options);
}

class OptionsTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  Result<CommandLine> read_file(const std::string& text, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--config", write("smtpapi.conf", text)});
    return read(more);
  }
  /// The mistakes, with the file's path cut down to "conf".
  std::string mistakes(const Result<CommandLine>& line) {
    if (line) return "";
    std::string text = line.error().text;
    const std::string path = folder / "smtpapi.conf";
    for (std::size_t at; (at = text.find(path)) != std::string::npos;)
      text.replace(at, path.size(), "conf");
    return text;
  }

  TemporaryFolder folder;
};

TEST_F(OptionsTest, HasDefaults) {
  const auto line = read_file("");
  ASSERT_TRUE(line) << line.error().text;
  const Settings& s = line->settings;
  EXPECT_EQ(s.milter_socket, "unix:/run/smtpapi/milter.sock");
  EXPECT_EQ(s.scope, Scope::header);
  EXPECT_THAT(s.trust.networks, ElementsAre("127.0.0.0/8", "::1/128"));
  EXPECT_TRUE(s.trust.authenticated);
  EXPECT_EQ(s.error_mode, ErrorMode::bounce);
  EXPECT_EQ(s.store_url, "sqlite:///var/lib/smtpapi/store.db");
  EXPECT_EQ(s.inject_server, "127.0.0.1:10026");
  EXPECT_EQ(s.limits.recipients, 10000u);
  EXPECT_EQ(s.limits.message_bytes, 31457280u);
  EXPECT_EQ(s.limits.header_bytes, 8388608u);
  EXPECT_FALSE(s.hostname.empty());
  EXPECT_EQ(s.postmaster, "postmaster@" + s.hostname);
  EXPECT_THAT(s.warnings, IsEmpty());
}

TEST_F(OptionsTest, ReadsEveryKindOfValue) {
  const auto line = read_file(
      "[milter]\n"
      "socket = inet:8895@127.0.0.1\n"
      "memory-bytes = 64M\n"
      "scope = all\n"
      "[trust]\n"
      "networks = 10.0.0.0/8 192.0.2.7\n"
      "networks = 2001:db8::/32\n"
      "authenticated = no\n"
      "daemon-names = ORIGINATING MSA\n"
      "[error]\n"
      "mode = reject\n"
      "postmaster = mail@example.com\n"
      "[store]\n"
      "url = sqlite:///tmp/a#b.db\n"
      "keep = 7d\n"
      "[inject]\n"
      "server = unix:/tmp/in\n"
      "concurrency = 3\n"
      "give-up = 36h\n"
      "pools = a=127.0.0.1:10031 b=127.0.0.1:10032\n"
      "[account]\n"
      "settings = /etc/my settings.json\n"
      "by-login = /etc/accounts\n"
      "[limits]\n"
      "recipients = 0\n"
      "message-bytes = 10M\n"
      "schedule-ahead = 3d\n"
      "[daemon]\n"
      "user = mail\n"
      "hostname = mx.example.com\n"
      "[log]\n"
      "to = stderr\n"
      "level = debug\n");
  ASSERT_TRUE(line) << line.error().text;
  const Settings& s = line->settings;
  EXPECT_EQ(s.milter_socket, "inet:8895@127.0.0.1");
  EXPECT_EQ(s.milter_memory_bytes, 64u << 20);
  EXPECT_EQ(s.scope, Scope::all);
  EXPECT_THAT(s.trust.networks, ElementsAre("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"));
  EXPECT_FALSE(s.trust.authenticated);
  EXPECT_THAT(s.trust.daemon_names, ElementsAre("ORIGINATING", "MSA"));
  EXPECT_EQ(s.error_mode, ErrorMode::reject);
  EXPECT_EQ(s.postmaster, "mail@example.com");
  EXPECT_EQ(s.store_url, "sqlite:///tmp/a#b.db") << "LIB-49";
  EXPECT_EQ(s.store_keep, std::chrono::days(7));
  EXPECT_EQ(s.inject_server, "unix:/tmp/in");
  EXPECT_EQ(s.inject_concurrency, 3u);
  EXPECT_EQ(s.inject_give_up, std::chrono::hours(36));
  EXPECT_EQ(s.inject_pools.at("b"), "127.0.0.1:10032");
  EXPECT_EQ(s.account_settings, "/etc/my settings.json");
  EXPECT_EQ(s.account_by_login, "/etc/accounts");
  EXPECT_EQ(s.limits.recipients, 0u);
  EXPECT_EQ(s.limits.message_bytes, 10u << 20);
  EXPECT_EQ(s.limits.schedule_ahead, std::chrono::days(3));
  EXPECT_EQ(s.user, "mail");
  EXPECT_EQ(s.hostname, "mx.example.com");
  EXPECT_EQ(s.log_target, LogTarget::standard_error);
  EXPECT_EQ(s.log_level, LogLevel::debug);
  EXPECT_EQ(s.config_file, folder / "smtpapi.conf");
}

TEST_F(OptionsTest, LetsTheCommandLineOverrideTheFile) {
  const auto line = read_file(
      "[inject]\nconcurrency = 3\n[trust]\nnetworks = 10.0.0.0/8 ::1\n",
      {"--inject.concurrency=5", "--trust.networks=192.0.2.1", "--daemon.hostname=a.example"});
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_EQ(line->settings.inject_concurrency, 5u);
  EXPECT_THAT(line->settings.trust.networks, ElementsAre("192.0.2.1/32")) << "replaced, not added";
  EXPECT_EQ(line->settings.postmaster, "postmaster@a.example");
}

TEST_F(OptionsTest, TakesAnEmptyListForNobody) {
  const auto line = read_file("[trust]\nnetworks =\n");
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_THAT(line->settings.trust.networks, IsEmpty());
}

TEST_F(OptionsTest, ReportsAllMistakesWithTheirPlaces) {
  const auto line = read_file(
      "[milter]\n"
      "sokcet = unix:/x\n"
      "scope = some\n"
      "nonsense\n"
      "[trust]\n"
      "networks = 10.0.0.0/8 10.0.0.1/8 fish\n"
      "[limts]\n"
      "recipients = 1\n"
      "[milter]\n"
      "message-bytes = 1M\n",
      {"--store.keep=long", "--no.such=1", "--log.to"});
  EXPECT_EQ(
      mistakes(line),
      "conf:2: unknown key 'milter.sokcet'; did you mean 'milter.socket'?\n"
      "conf:3: milter.scope: 'some' is none of header, all\n"
      "conf:4: expected 'key = value', '[section]' or a comment\n"
      "conf:6: trust.networks: '10.0.0.1/8' has bits behind its prefix; did you mean "
      "'10.0.0.0/8'?\n"
      "conf:8: unknown section [limts]; did you mean 'limits'?\n"
      "conf:10: unknown key 'milter.message-bytes'; did you mean 'limits.message-bytes'?\n"
      "--store.keep: store.keep: 'long' is not a time: seconds, or a number with s, m, h or d\n"
      "--no.such: unknown key 'no.such'\n"
      "--log.to: write --log.to=VALUE");
}

TEST_F(OptionsTest, RefusesBadValues) {
  const struct {
    const char* why;
    const char* text;
    const char* want;
  } cases[] = {
      {"a second scalar", "[store]\nkeep=1d\nkeep=1d",
       "conf:3: a second 'store.keep'; the first is in conf:2"},
      {"a second scalar behind a bad one", "[store]\nkeep=x\nkeep=1d", "a second 'store.keep'"},
      {"an empty number",
       "[inject]\nconcurrency =", "conf:2: inject.concurrency: '' is not a number"},
      {"an empty size", "[limits]\nmessage-bytes =", "limits.message-bytes: '' is not a size"},
      {"an empty decision", "[trust]\nauthenticated =", "neither yes nor no"},
      {"an empty socket", "[milter]\nsocket =", "neither unix:/PATH nor"},
      {"an empty store", "[store]\nurl =", "neither sqlite:///PATH nor"},
      {"a number with a tail", "[limits]\nrecipients = 10k", "'10k' is not a number"},
      {"a negative number", "[limits]\nrecipients = -1", "'-1' is not a number"},
      {"an overflow", "[limits]\nheader-bytes = 99999999999G", "is not a size"},
      {"no session at all", "[inject]\nconcurrency = 0", "it must not be 0"},
      {"messages of nothing", "[limits]\nmessage-bytes = 0", "it must not be 0"},
      {"no memory", "[milter]\nmemory-bytes = 0", "it must not be 0"},
      {"a pool twice", "[inject]\npools = a=h:1 a=h:2", "pool 'a' is there already"},
      {"a pool twice, two lines", "[inject]\npools = a=h:1\npools = a=h:2", "conf:3: inject.pools"},
      {"a pool without a place", "[inject]\npools = a", "'a' is not NAME=HOST:PORT"},
      {"a postmaster that is no address", "[error]\npostmaster = root", "error.postmaster"},
      {"a host name with a blank", "[daemon]\nhostname = a b", "is not a host name"},
      {"a log level in capitals", "[log]\nlevel = INFO", "none of error, warning, info, debug"},
      {"an underscore", "[error]\npost_master = a@b.example", "did you mean 'error.postmaster'?"},
      {"a key of the wrong section", "[log]\nkeep = 1d", "did you mean 'store.keep'?"},
      {"a key in capitals", "[log]\nLevel = info", "did you mean 'log.level'?"},
      {"nothing near", "[log]\nfrobnicate = 1", "unknown key 'log.frobnicate'"},
      {"control characters are not printed", "[log]\n\x80\x81 = 1", "unknown key 'log.?\?'"},
      {"hours are a number", "[webhook]\nretry-hours = day", "conf:2: webhook.retry-hours"},
      {"no more than are kept", "[webhook]\nretry-hours = 73", "conf:2: webhook.retry-hours"},
      {"a post has room", "[webhook]\nbatch-bytes = 0", "conf:2: webhook.batch-bytes"},
      {"a URL without scheme", "[tracking]\nurl = links.example.com",
       "is not an http or https URL to put paths behind"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const auto line = read_file(c.text);
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().fault, Fault::invalid);
    EXPECT_THAT(mistakes(line), HasSubstr(c.want));
  }
}

TEST_F(OptionsTest, WarnsOfKeysWithoutEffect) {
  const auto line = read_file("[webhook]\nbatch-bytes = 1M\n", {"--api.listen=127.0.0.1:8026"});
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_THAT(line->settings.warnings, ElementsAre(StartsWith("api.listen has no effect")));
}

TEST_F(OptionsTest, SortsTheWordsOfTheCommandLine) {
  const std::string file = write("x.conf", "[log]\nlevel = debug\n");
  const auto line =
      read({"explain", "--json", "--config=" + file, "--log.to=stderr", "message.eml"});
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_THAT(line->arguments, ElementsAre("explain", "--json", "message.eml"));
  EXPECT_EQ(line->settings.log_level, LogLevel::debug);
  EXPECT_EQ(line->settings.log_target, LogTarget::standard_error);
}

TEST_F(OptionsTest, TakesNoOptionOutOfWhatAClientSaid) {
  // The MTA hands in addresses and logins that a client chose.
  const std::string evil = "--config=" + write("evil.conf", "[log]\nlevel = debug\n");
  const auto line = read_file(
      "", {"--from", evil, "--login", "--help", "--", evil, "--log.level=debug", "--version"});
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_FALSE(line->help);
  EXPECT_FALSE(line->version);
  EXPECT_EQ(line->settings.log_level, LogLevel::info);
  EXPECT_THAT(line->arguments, ElementsAre("--from", evil, "--login", "--help", "--", evil,
                                           "--log.level=debug", "--version"));
}

TEST_F(OptionsTest, AnswersHelpAndVersionWhateverElseIsWrong) {
  EXPECT_TRUE(read({"--config", "/no/such/file", "--help"})->help);
  EXPECT_TRUE(read({"--no.such=1", "--version"})->version);
}

TEST_F(OptionsTest, RefusesAMissingOrUnreadableFile) {
  EXPECT_THAT(read({"--config", folder / "none"}).error().text, HasSubstr("No such file"));
  EXPECT_THAT(read({"--config", folder.path().string()}).error().text, HasSubstr("is a folder"));
  EXPECT_THAT(read({"--config"}).error().text, HasSubstr("FILE is missing"));
  EXPECT_THAT(read({"--config=a", "--config=b"}).error().text, HasSubstr("given twice"));
  EXPECT_THAT(mistakes(read_file("", {"--store.keep=1d", "--store.keep=2d"})),
              HasSubstr("--store.keep: given twice"));
}

TEST_F(OptionsTest, ReadsWhatAnIntakeNeeds) {
  const std::string settings =
      write("settings.json", R"({"filters": {"footer": {"settings": {"enable": 1}}}})");
  const auto line =
      read_file("[account]\nsettings = " + settings + "\nby-login = " + folder.path().string() +
                "\n[inject]\npools = a=h:1 b=h:2\n[error]\nmode=reject\n");
  ASSERT_TRUE(line) << line.error().text;
  const auto intake = intake_settings(line->settings);
  ASSERT_TRUE(intake) << intake.error().text;
  EXPECT_THAT(intake->account_settings, HasSubstr("footer"));
  EXPECT_EQ(intake->by_login, folder.path());
  EXPECT_THAT(intake->pools, ElementsAre("a", "b"));
  EXPECT_EQ(intake->error_mode, ErrorMode::reject);
}

TEST_F(OptionsTest, NamesThePlaceOfABadAccountFile) {
  Settings settings;
  settings.account_settings = write("settings.json", "{\"filters\":\n  [}");
  const auto bad = intake_settings(settings);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().text, StartsWith(settings.account_settings + ":2:"));

  settings.account_settings = folder / "none.json";
  settings.account_by_login = settings.account_settings;
  const auto missing = intake_settings(settings);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text, HasSubstr("No such file"));
  EXPECT_THAT(missing.error().text, HasSubstr("is not a folder"));
}

// --- the words around the code tell what the code does ---

std::string text_of(const std::string& path) {
  std::ifstream in(std::string(SOURCE_FOLDER) + "/" + path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All settings in one text, to compare.
std::string dump(const Settings& s) {
  std::string pools;
  for (const auto& [name, server] : s.inject_pools) pools += name + "=" + server + " ";
  return fmt::format(
      "{}|{}|{}\n{}|{}|{}\n{}|{}|{}\n{}|{}\n{}|{}|{}|{}\n{}|{}\n{}|{}|{}|{}|{}|{}\n{}|{}|{}|{}\n{}|"
      "{}|{}|"
      "{}|{}|{}|{}|{}|{}",
      s.milter_socket, s.milter_memory_bytes, static_cast<int>(s.scope),
      fmt::join(s.trust.networks, " "), s.trust.authenticated, fmt::join(s.trust.daemon_names, " "),
      static_cast<int>(s.error_mode), s.postmaster, s.hostname, s.store_url, s.store_keep.count(),
      s.inject_server, s.inject_concurrency, s.inject_give_up.count(), pools, s.account_settings,
      s.account_by_login, s.limits.recipients, s.limits.header_bytes, s.limits.message_bytes,
      s.limits.substitution_bytes, s.limits.unique_args_bytes, s.limits.schedule_ahead.count(),
      s.user, static_cast<int>(s.log_target), static_cast<int>(s.log_level), s.tracking_key_file,
      s.tracking_url, s.tracking_listen, fmt::join(s.tracking_trusted_proxies, " "),
      s.tracking_pages, s.tracking_unsubscribe_on_get, s.tracking_trap_link, s.tracking_gravatar,
      s.tracking_utm_source, s.tracking_max_connections);
}

TEST_F(OptionsTest, SampleFileHoldsTheDefaults) {
  std::istringstream sample(text_of("etc/smtpapi.conf"));
  std::string open, section;
  std::set<std::string> keys;
  for (std::string line; std::getline(sample, line); open += line + "\n") {
    // "#key = value" is an option, "# text" an explanation.
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ' &&
        line.find('=') != std::string::npos) {
      line.erase(0, 1);
      keys.insert(section + "." + line.substr(0, line.find(' ')));
    } else if (!line.empty() && line[0] == '[') {
      section = line.substr(1, line.size() - 2);
    } else {
      EXPECT_TRUE(line.empty() || line[0] == '#') << "not commented out: " << line;
    }
  }
  const auto known = known_keys();
  EXPECT_THAT(keys, testing::ElementsAreArray(known));

  const auto want = read_file("");
  const auto got = read_file(open);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(dump(got->settings), dump(want->settings));
}

TEST_F(OptionsTest, ManualNamesEveryKey) {
  const std::string manual = text_of("milter/smtpapi.conf.5");
  std::string section;
  for (const std::string& name : known_keys()) {
    const auto dot = name.find('.');
    EXPECT_THAT(manual, HasSubstr(".Ss " + name.substr(0, dot) + "\n"));
    EXPECT_THAT(manual, HasSubstr(".It Cm " + name.substr(dot + 1) + " ")) << name;
  }
}

}  // namespace
}  // namespace smtpapi
