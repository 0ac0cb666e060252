#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "milter/ctl/postfix_setup_plan.h"
#include "milter/ctl/postfix_setup_record.h"

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = PostfixChange::Kind;

/// What postconf says of a Postfix as Debian installs it.
struct Machine {
  std::string parameters = R"(cleanup_service_name = cleanup
compatibility_level = 3.6
enable_long_queue_ids = no
inet_interfaces = all
mail_owner = postfix
mailbox_size_limit = 0
message_size_limit = 10240000
milter_default_action = tempfail
non_smtpd_milters =
queue_directory = /var/spool/postfix
smtp_header_checks =
smtpd_milters =
virtual_mailbox_limit = 51200000
)";
  std::string services = R"(smtp       inet  n       -       y       -       -       smtpd
pickup     unix  n       -       y       60      1       pickup
cleanup    unix  n       -       y       -       0       cleanup
)";
  std::string overrides;
  std::string main_cf = "mailbox_size_limit = 0\n";
  std::string socket = "unix:/var/spool/postfix/smtpapi/milter.sock";
  std::string inject_server = "127.0.0.1:10026";
  bool has_table = false;

  PostfixConfig config() const {
    PostfixConfig config = parse_postfix_config(parameters, services, overrides);
    config.folder = "/etc/postfix";
    return config;
  }
  Settings settings() const {
    Settings settings;
    settings.milter_socket = socket;
    settings.inject_server = inject_server;
    return settings;
  }
  PostfixSetup plan(const std::optional<ReturnPathFacts>& way_back = {}) const {
    return plan_postfix_setup(settings(), config(), parse_main_cf(main_cf), has_table, way_back);
  }
  /// Sets it for main.cf and for what postconf -x says.
  Machine& set(const std::string& name, const std::string& value) {
    const std::string line = name + " = " + value + "\n";
    main_cf += line;
    parameters.insert(0, line);  // the first one counts
    return *this;
  }
};

/// "" when the parameter or service is not changed.
std::string change_of(const PostfixSetup& setup, std::string_view name) {
  for (const PostfixChange& change : setup.changes)
    if (change.name == name) return change.after;
  return {};
}

TEST(PostfixSetupTest, ANewPostfixGetsAll) {
  const PostfixSetup setup = Machine().plan();
  std::vector<std::string> names;
  for (const PostfixChange& change : setup.changes) names.push_back(change.name);
  EXPECT_THAT(names, ElementsAre("message_size_limit", "/etc/postfix/smtpapi_smtp_header_checks",
                                 "smtp_header_checks", "enable_long_queue_ids", "smtpapi_milter",
                                 "cleanup-smtpapi/unix", "127.0.0.1:10026/inet",
                                 "non_smtpd_milters", "smtpd_milters"))
      << "messages are held only when their copies can leave";
  EXPECT_THAT(setup.remarks, IsEmpty());
  EXPECT_THAT(setup.refusals, IsEmpty());
}

TEST(PostfixSetupTest, KeepsWhatIsThere) {
  const std::string listener = "127.0.0.1:10026 inet n - y - 20 smtpd -o smtpd_milters=\n";
  const struct {
    const char* why;
    Machine machine;
    const char* name;
    const char* after;
  } cases[] = {
      {"our milter comes before a signer", Machine().set("smtpd_milters", "unix:/opendkim/a.sock"),
       "smtpd_milters", "$smtpapi_milter, unix:/opendkim/a.sock"},
      {"variables stay variables", Machine().set("non_smtpd_milters", "$smtpd_milters"),
       "non_smtpd_milters", "$smtpapi_milter, $smtpd_milters"},
      {"other tables stay", Machine().set("smtp_header_checks", "pcre:/etc/postfix/mine"),
       "smtp_header_checks",
       "regexp:/etc/postfix/smtpapi_smtp_header_checks, pcre:/etc/postfix/mine"},
      {"a smaller size that was chosen stays", Machine().set("message_size_limit", "1000"),
       "message_size_limit", ""},
      {"no limit becomes ours", Machine().set("message_size_limit", "0"), "message_size_limit",
       "31457280"},
      {"a mailbox limit would stop local(8)", Machine().set("mailbox_size_limit", "20000000"),
       "message_size_limit", ""},
      {"long queue IDs that are there", Machine().set("enable_long_queue_ids", "yes"),
       "enable_long_queue_ids", ""},
      {"a relative path serves chroot and no chroot", Machine(), "smtpapi_milter",
       "{ unix:smtpapi/milter.sock, connect_timeout=10s, command_timeout=30s, "
       "content_timeout=120s, default_action=tempfail }"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(change_of(c.machine.plan(), c.name), c.after);
  }
  Machine machine;
  machine.services += listener;
  EXPECT_EQ(change_of(machine.plan(), "127.0.0.1:10026/inet"), "") << "a listener of one's own";
}

TEST(PostfixSetupTest, TheListenerFitsTheMachine) {
  const struct {
    const char* why;
    Machine machine;
    const char* name;
    const char* has;
  } cases[] = {
      {"chroot as smtpd", Machine(), "127.0.0.1:10026/inet", "127.0.0.1:10026 inet n - y - 20 "},
      {"copies are signed as they leave",
       Machine().set("smtpd_milters", "{ unix:/opendkim/a.sock, default_action = accept }"),
       "127.0.0.1:10026/inet", "-o smtpd_milters={unix:/opendkim/a.sock,default_action=accept} "},
      {"other milters have seen them", Machine().set("smtpd_milters", "unix:/clamav/a.sock"),
       "127.0.0.1:10026/inet", "-o smtpd_milters= "},
      {"copies may be larger than what comes in", Machine().set("message_size_limit", "1000"),
       "127.0.0.1:10026/inet", "-o message_size_limit=31457280"},
      {"in cleanup(8) too", Machine().set("message_size_limit", "1000"), "cleanup-smtpapi/unix",
       "-o message_size_limit=31457280"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(change_of(c.machine.plan(), c.name), HasSubstr(c.has));
  }
  Machine six;
  six.inject_server = "[::1]:10026";
  EXPECT_THAT(change_of(six.plan(), "[::1]:10026/inet"), HasSubstr("-o mynetworks=[::1]/128"));
}

TEST(PostfixSetupTest, RefusesWhereItCannotKnow) {
  const auto with = [](auto change) {
    Machine machine;
    change(machine);
    return machine;
  };
  const struct {
    const char* why;
    Machine machine;
    const char* refusal;
  } cases[] = {
      {"a chroot hides the socket",
       with([](Machine& m) { m.socket = "unix:/run/smtpapi/milter.sock"; }),
       "set milter.socket = unix:/var/spool/postfix/smtpapi/milter.sock"},
      {"no address", with([](Machine& m) { m.socket = "nonsense"; }), "no address that Postfix"},
      {"another machine's listener", with([](Machine& m) { m.inject_server = "192.0.2.1:10026"; }),
       "not a port of the loopback"},
      {"a UNIX socket", with([](Machine& m) { m.inject_server = "unix:/x"; }),
       "not a port of the loopback"},
      {"amavisd's port",
       with([](Machine& m) { m.services += "127.0.0.1:10026 inet n - n - - lmtpd\n"; }),
       "127.0.0.1:10026/inet of master.cf has this port already"},
      {"all addresses have the port",
       with([](Machine& m) { m.services += "10026 inet n - n - - spawn\n"; }),
       "10026/inet of master.cf has this port already"},
      {"an entry that leads elsewhere",
       Machine().set("smtpd_milters", "unix:/elsewhere/smtpapi.sock"),
       "smtpd_milters has unix:/elsewhere/smtpapi.sock already"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const PostfixSetup setup = c.machine.plan();
    EXPECT_THAT(setup.refusals, ElementsAre(HasSubstr(c.refusal)));
    EXPECT_THAT(setup.changes, IsEmpty());
  }
}

TEST(PostfixSetupTest, AServiceWithMiltersOfItsOwnIsLeft) {
  Machine machine;
  machine.services +=
      "submission inet n - y - - smtpd -o smtpd_milters=inet:a:1\n"
      "10025 inet n - n - - smtpd -o smtpd_milters=\n";
  machine.overrides = "submission/inet/smtpd_milters = inet:a:1\n10025/inet/smtpd_milters = \n";
  EXPECT_THAT(machine.plan().remarks,
              ElementsAre(HasSubstr("submission/inet/smtpd_milters=$smtpapi_milter,inet:a:1")));
}

TEST(PostfixSetupTest, ReturnedMailGoesToSmtpapiBounce) {
  const ReturnPathFacts nowhere{"bounce.example.com", "smtp", "", ""};
  Machine machine;
  machine.set("relay_domains", "hash:/etc/postfix/relay").set("transport_maps", "hash:/x");
  const PostfixSetup setup = machine.plan(nowhere);
  EXPECT_EQ(change_of(setup, "smtpapi-bounce/unix"),
            "smtpapi-bounce unix - n n - 4 pipe flags=q user=smtpapi null_sender= "
            "argv=/usr/sbin/smtpapi-bounce -- ${recipient}");
  EXPECT_EQ(change_of(setup, "smtpapi-bounce_destination_recipient_limit"), "1");
  EXPECT_EQ(change_of(setup, "transport_maps"),
            "inline:{bounce.example.com=smtpapi-bounce:}, hash:/x");
  EXPECT_EQ(change_of(setup, "relay_domains"), "bounce.example.com, hash:/etc/postfix/relay");
  EXPECT_EQ(change_of(setup, "smtpd_milters"), "$smtpapi_milter");

  // A service and a route of one's own stay; so does a list that has the domain.
  machine.services += "back unix - n n - 4 pipe user=x argv=/opt/smtpapi-bounce -- ${recipient}\n";
  const PostfixSetup own = machine.plan({{"bounce.example.com", "back:", "relay_domains", ""}});
  for (const char* name : {"smtpapi-bounce/unix", "transport_maps", "relay_domains"})
    EXPECT_EQ(change_of(own, name), "") << name;
  EXPECT_EQ(change_of(own, "back_destination_recipient_limit"), "1");
  EXPECT_EQ(change_of(machine.plan(), "transport_maps"), "") << "without inject.return-path";
}

TEST(PostfixSetupTest, RefusesAWayBackThatCannotWork) {
  Machine taken;
  taken.services += "smtpapi-bounce unix - - y - - smtp\n";
  const struct {
    const char* why;
    Machine machine;
    ReturnPathFacts way;
    const char* refusal;
  } cases[] = {
      {"users only",
       Machine(),
       {"example.com", "local", "mydestination", ""},
       "example.com is in mydestination"},
      {"not known", Machine(), {"example.com", "", "", "hash:/x: no such file"}, "hash:/x"},
      {"the name is taken",
       taken,
       {"example.com", "smtp", "", ""},
       "a service smtpapi-bounce that does not run smtpapi-bounce"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const PostfixSetup setup = c.machine.plan(c.way);
    EXPECT_THAT(setup.refusals, ElementsAre(HasSubstr(c.refusal)));
    EXPECT_THAT(setup.changes, IsEmpty());
  }
}

/// The machine after `changes`, as postconf tells it.
Machine after(Machine machine, const std::vector<PostfixChange>& changes) {
  for (const PostfixChange& change : changes) {
    if (change.kind == Kind::table) machine.has_table = true;
    if (change.kind == Kind::service) machine.services += change.after + "\n";
    if (change.kind == Kind::parameter) machine.set(change.name, change.after);
  }
  const auto milter = change_of({changes, {}, {}}, "smtpapi_milter");
  for (auto at = machine.parameters.find("$smtpapi_milter"); at != std::string::npos;
       at = machine.parameters.find("$smtpapi_milter"))
    machine.parameters.replace(at, 15, milter);
  return machine;
}

TEST(PostfixSetupTest, OnceIsEnough) {
  for (const Machine& machine : {Machine(), Machine().set("smtpd_milters", "unix:/opendkim/a.sock"),
                                 Machine().set("message_size_limit", "1000")}) {
    const PostfixSetup first = machine.plan();
    EXPECT_THAT(after(machine, first.changes).plan().changes, IsEmpty());
  }
}

TEST(PostfixSetupTest, UndoTakesBackItsOwnOnly) {
  const std::string table = "regexp:/etc/postfix/smtpapi_smtp_header_checks";
  const struct {
    const char* why;
    const char* name;
    std::optional<std::string> before;
    const char* after;
    const char* now;   // null: not set any more
    const char* undo;  // null: left alone
    bool is_remarked;
  } cases[] = {
      {"as it was made", "smtpd_milters", "inet:a:1", "$smtpapi_milter, inet:a:1",
       "$smtpapi_milter, inet:a:1", "inet:a:1", false},
      {"a route was added since", "transport_maps", "hash:/x",
       "inline:{b.test=smtpapi-bounce:}, hash:/x",
       "inline:{b.test=smtpapi-bounce:}, hash:/x, hash:/y", "hash:/x, hash:/y", false},
      {"was not set", "message_size_limit", {}, "31457280", "31457280", "", false},
      {"an entry was added since",
       "smtpd_milters",
       {},
       "$smtpapi_milter",
       "inet:b:2,$smtpapi_milter, inet:c:3",
       "inet:b:2,inet:c:3",
       false},
      {"an entry was added behind",
       "smtpd_milters",
       {},
       "$smtpapi_milter",
       "$smtpapi_milter inet:b:2",
       "inet:b:2",
       false},
      {"an entry that only begins alike",
       "smtpd_milters",
       {},
       "$smtpapi_milter",
       "$smtpapi_milter_2",
       nullptr,
       true},
      {"a table was added since",
       "smtp_header_checks",
       {},
       table.c_str(),
       "pcre:/x, regexp:/etc/postfix/smtpapi_smtp_header_checks",
       "pcre:/x",
       false},
      {"changed by hand", "message_size_limit", "1", "31457280", "5", nullptr, true},
      {"taken out by hand", "message_size_limit", "1", "31457280", nullptr, nullptr, false},
      {"put back by hand", "message_size_limit", "1", "31457280", "1", nullptr, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    MainCf main_cf;
    if (c.now) main_cf[c.name] = c.now;
    const PostfixSetup undo = plan_postfix_undo({{Kind::parameter, c.name, c.before, c.after}},
                                                Machine().config(), main_cf);
    EXPECT_EQ(undo.remarks.size(), c.is_remarked ? 1u : 0u);
    ASSERT_EQ(undo.changes.size(), c.undo ? 1u : 0u);
    if (c.undo) {
      EXPECT_EQ(undo.changes.front().after, c.undo);
    }
  }
}

TEST(PostfixSetupTest, UndoGoesBackwards) {
  const Machine machine;
  const auto made = machine.plan().changes;
  const Machine set_up = after(machine, made);
  const auto undo = plan_postfix_undo(made, set_up.config(), parse_main_cf(set_up.main_cf)).changes;
  ASSERT_EQ(undo.size(), made.size());
  for (std::size_t i = 0; i < undo.size(); ++i) {
    EXPECT_EQ(undo[i].name, made[made.size() - 1 - i].name);
    EXPECT_EQ(undo[i].after, "");
  }
}

TEST(PostfixSetupTest, TheRecordKeepsChanges) {
  const std::vector<PostfixChange> changes = {
      {Kind::parameter, "a", "", "1"},
      {Kind::parameter, "b", {}, "{ x, y = 2 }"},
      {Kind::service, "127.0.0.1:1/inet", {}, "127.0.0.1:1 inet n - n - - smtpd -o x="},
      {Kind::table, "/etc/post fix/t", {}, ""},
  };
  EXPECT_EQ(read_setup_record(write_setup_record(changes)), changes);
  EXPECT_THAT(read_setup_record("was x\nnow y\nset\nnonsense here\n\n"), IsEmpty());
  EXPECT_THAT(merged(changes, {{Kind::parameter, "a", "1", "2"}, {Kind::parameter, "c", {}, "3"}}),
              ElementsAre(PostfixChange{Kind::parameter, "a", "", "2"}, changes[1], changes[2],
                          changes[3], PostfixChange{Kind::parameter, "c", {}, "3"}));
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The words of a service in a master.cf, comments gone.
std::vector<std::string> words_of(const std::string& master_cf, const std::string& name) {
  std::string entry;
  for (const std::string_view line : split(master_cf, '\n')) {
    if (line.starts_with('#')) continue;
    if (line.starts_with(name + " ")) {
      entry = line;
    } else if (!entry.empty()) {
      if (!line.starts_with(' ')) break;
      entry += line;
    }
  }
  const auto found = words(entry);
  return {found.begin(), found.end()};
}

TEST(PostfixSetupTest, SetsWhatTheExamplesSay) {
  const std::string folder = SOURCE_FOLDER "/etc/postfix/";
  EXPECT_EQ(header_table, text_of(folder + "smtpapi_smtp_header_checks"));
  const std::string master_cf = text_of(folder + "master.cf");
  const PostfixSetup setup = Machine().plan();
  for (const std::string name : {"127.0.0.1:10026", "cleanup-smtpapi"}) {
    const std::string line = change_of(setup, name + (name.starts_with("127") ? "/inet" : "/unix"));
    auto ours = words(line);
    std::vector<std::string> sorted(ours.begin(), ours.end());
    auto theirs = words_of(master_cf, name);
    std::sort(sorted.begin(), sorted.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(sorted, theirs);
  }
}

}  // namespace
}  // namespace smtpapi::ctl
