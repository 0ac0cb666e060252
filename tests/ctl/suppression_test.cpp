#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "ctl/run_command.h"
#include "milter/ctl/suppression_progress.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Time noon = from_unix(1'800'000'000);

class SuppressionCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }
  Ran run(std::vector<std::string> words, const std::string& input = {}) {
    words.insert(words.begin(), "suppression");
    return run_command(words, settings_, noon, input);
  }
  std::string exported() { return run({"export"}).out; }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
};

constexpr const char* head = "email,list,group,created,reason,status,ip\n";

TEST_F(SuppressionCommandTest, AddsAndRemoves) {
  EXPECT_EQ(run({"add", "Ann@example.org", "bob@example.org"}).out,
            "2 addresses added to global\n");
  EXPECT_EQ(run({"add", "ann@EXAMPLE.org"}).out, "0 addresses added to global, 1 there already\n");
  EXPECT_EQ(run({"add", "--list", "bounces", "--reason", "no such user", "--status=5.1.1", "--json",
                 "ann@example.org"})
                .out,
            "{\"added\":1,\"there_already\":0}\n");
  EXPECT_EQ(exported(), std::string(head) +
                            "Ann@example.org,global,,2027-01-15T08:00:00Z,,,\n"
                            "bob@example.org,global,,2027-01-15T08:00:00Z,,,\n"
                            "ann@example.org,bounces,,2027-01-15T08:00:00Z,no such user,5.1.1,\n");
  EXPECT_EQ(run({"remove", "--list", "global", "bob@example.org"}).out,
            "1 entry removed from global\n");
  EXPECT_EQ(run({"remove", "ANN@example.org"}).out, "2 entries removed from bounces, global\n");
  const Ran nobody = run({"remove", "ann@example.org"});
  EXPECT_EQ(nobody.status, found_fault);
  EXPECT_THAT(nobody.err, HasSubstr("nobody of that name"));
  EXPECT_EQ(exported(), head);
}

TEST_F(SuppressionCommandTest, EmptiesAList) {
  run({"add", "a@example.org", "b@example.org"});
  run({"add", "--list=blocks", "a@example.org"});
  EXPECT_EQ(run({"remove", "--all", "--list=global", "--json"}).out,
            "{\"removed\":2,\"lists\":[\"global\"]}\n");
  EXPECT_EQ(run({"remove", "--all", "--list=global"}).status, EX_OK) << "as was asked";
  EXPECT_EQ(store_->suppressed({})->size(), 1u);
}

TEST_F(SuppressionCommandTest, RefusesWhatCannotBeMeant) {
  const struct {
    const char* why;
    std::vector<std::string> words;
    int status;
    const char* text;
  } cases[] = {
      {"no address", {"add", "ann"}, EX_USAGE, "'ann'"},
      {"one of two is none", {"add", "a@example.org", "x y@z"}, EX_USAGE, "'x y@z'"},
      {"no list", {"add", "--list=bonces", "a@b.org"}, EX_USAGE, "did you mean 'bounces'"},
      {"no group", {"add", "--list=group", "a@b.org"}, EX_USAGE, "--group ID"},
      {"unknown group", {"add", "--group=9", "a@b.org"}, found_fault, "there is no group 9"},
      {"group of a list",
       {"add", "--list=global", "--group=9", "a@b.org"},
       EX_USAGE,
       "--list group"},
      {"group 0", {"list", "--group=0"}, EX_USAGE, "--group"},
      {"nobody", {"remove"}, EX_USAGE, "whom?"},
      {"all of all", {"remove", "--all"}, EX_USAGE, "which list?"},
      {"both", {"remove", "--all", "--list=global", "a@b.org"}, EX_USAGE, "not both"},
      {"no time", {"list", "--since", "soon"}, EX_USAGE, "--since: 'soon'"},
      {"limit", {"list", "--limit", "0"}, EX_USAGE, "--limit"},
      {"all and limit", {"list", "--limit=1", "--all"}, EX_USAGE, "exclude"},
      {"search for nothing", {"search", ""}, EX_USAGE, "TEXT"},
      {"no file", {"import", "/nowhere/x.csv"}, EX_NOINPUT, "No such file"},
      {"a folder", {"import", "/"}, EX_NOINPUT, "a folder"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    const Ran ran = run(c.words);
    EXPECT_EQ(ran.status, c.status);
    EXPECT_THAT(ran.err, HasSubstr(c.text));
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_TRUE(store_->suppressed({})->empty());
}

TEST_F(SuppressionCommandTest, Lists) {
  EXPECT_EQ(run({"list"}).out, "nobody\n");
  EXPECT_EQ(run({"list", "--json"}).out, "");
  run({"add", "--list=bounces", "--status=5.1.1", "--reason=no\x1b[m such", "Ann@example.org"});
  for (int i = 0; i < 60; ++i) run({"add", fmt::format("user{}@example.net", i)});
  const Ran first = run({"list"});
  EXPECT_THAT(first.out, StartsWith("LIST          SINCE                ADDRESS\nbounces  "));
  EXPECT_THAT(first.out, HasSubstr("5.1.1 no?[m such\n"));
  EXPECT_THAT(first.out, EndsWith("there are more: smtpapictl suppression list --after 50, or "
                                  "--all\n"));
  EXPECT_THAT(run({"list", "--after", "60"}).out, HasSubstr("user59@example.net\n"));
  EXPECT_THAT(run({"list", "--all"}).out, EndsWith("user59@example.net\n"));
  EXPECT_EQ(run({"list", "--list=bounces", "--json"}).out,
            "{\"id\":1,\"email\":\"Ann@example.org\",\"list\":\"bounces\",\"group\":0,\"created\":"
            "1800000000,\"reason\":\"no\\u001b[m such\",\"status\":\"5.1.1\",\"ip\":\"\"}\n");
  const Ran found = run({"search", "USER1", "--limit=1"});
  EXPECT_THAT(found.out, HasSubstr("user1@example.net"));
  EXPECT_THAT(found.out, EndsWith("suppression search USER1 --after 3, or --all\n"));
  EXPECT_THAT(run({"counts"}).out, HasSubstr("global               60  mail is dropped\n"));
  EXPECT_EQ(run({"counts", "--json"}).out,
            "{\"invalid\":0,\"bounces\":1,\"spam-reports\":0,\"global\":60,\"group\":0,"
            "\"blocks\":0}\n");
  EXPECT_EQ(run({"list", "--before=2027-01-15"}).out, "nobody\n");
  EXPECT_THAT(run({"list", "--since=1800000000", "--list=bounces"}).out, HasSubstr("Ann@"));
}

TEST_F(SuppressionCommandTest, ImportsWhatIsGoodAndTellsTheRest) {
  const std::string text =
      "email,created\r\n"
      "ann@example.org,1700000000\r\n"
      "nobody\r\n"
      "foo,\r\n"
      "\"open,1\r\n"
      "bob@example.org,\r\n"
      "ANN@example.org,\r\n";
  const Ran ran = run({"import", "-"}, text);
  EXPECT_EQ(ran.status, found_fault);
  EXPECT_EQ(ran.out, "2 addresses added, 1 there already, 3 bad lines left out\n");
  EXPECT_THAT(ran.err, StartsWith("standard input:3: 1 fields where the first line has 2\n"
                                  "standard input:4: 'foo': "));
  EXPECT_THAT(ran.err, HasSubstr("\nstandard input:5: a quote is opened and never closed\n"));
  EXPECT_EQ(exported(), std::string(head) +
                            "ann@example.org,global,,2023-11-14T22:13:20Z,,,\n"
                            "bob@example.org,global,,2027-01-15T08:00:00Z,,,\n");
}

TEST_F(SuppressionCommandTest, TellsTheFirstTwentyBadLines) {
  std::string text = "email\n";
  for (int i = 0; i < 25; ++i) text += "foo\n";
  const Ran ran = run({"import", "-"}, text);
  EXPECT_THAT(ran.err, HasSubstr("standard input:21: "));
  EXPECT_THAT(ran.err, EndsWith("... and 5 bad lines more\n"));
  const Ran json = run({"import", "-", "--json"}, "email\nfoo\na@b.org\n");
  EXPECT_EQ(json.status, found_fault);
  EXPECT_THAT(json.out,
              StartsWith("{\"added\":1,\"there_already\":0,\"good\":1,\"bad\":1,"
                         "\"stopped\":false,\"mistakes\":[{\"line\":2,\"why\":\"'foo': "));
}

TEST_F(SuppressionCommandTest, StopsWhereItIsTold) {
  const std::string text = "email\na@b.org\nfoo\nc@d.org\n";
  const Ran look = run({"import", "-", "--dry-run"}, text);
  EXPECT_EQ(look.status, found_fault);
  EXPECT_EQ(look.out, "2 lines good, 1 bad: nothing was imported\n");
  EXPECT_TRUE(store_->suppressed({})->empty());
  const Ran strict = run({"import", "-", "--strict"}, text);
  EXPECT_EQ(strict.status, found_fault);
  EXPECT_THAT(strict.err, HasSubstr("stopped at the first bad line"));
  EXPECT_EQ(store_->suppressed({})->size(), 1u);
  EXPECT_EQ(run({"import", "-", "--strict"}, "email\na@b.org\n").status, EX_OK);
}

TEST_F(SuppressionCommandTest, RefusesAFileThatMakesNoSense) {
  for (const std::string& text : {std::string("name,age\nx,1\n"), std::string("\"email\n"),
                                  std::string("\xFF\xFE"
                                              "a"),
                                  std::string("email,reason\na@b.org,x\n")}) {
    const Ran ran = run({"import", "-"}, text);
    EXPECT_EQ(ran.status, found_fault) << text;
    EXPECT_THAT(ran.err, HasSubstr("standard input: line 1: ")) << text;
    EXPECT_EQ(ran.out, "") << text;
  }
  EXPECT_EQ(run({"import", "-"}, "").out, "0 addresses added, 0 there already\n");
}

TEST_F(SuppressionCommandTest, ExportIsWhatImportReads) {
  ASSERT_TRUE(store_->add_group({7, "News", "", false, 0}));
  run({"add", "--list=bounces", "--reason=a \"b\", c", "--status=5.1.1", "a@example.org"});
  run({"add", "--group=7", "a@example.org"});
  std::vector<Suppression> many;
  for (int i = 0; i < 6'000; ++i)
    many.push_back(
        {SuppressionList::global, 0, fmt::format("u{}@example.org", i), noon, "", "", ""});
  ASSERT_TRUE(store_->suppress(many));
  const std::string all = exported();
  const std::string path = folder_ / "all.csv";
  std::ofstream(path) << all;
  EXPECT_EQ(run({"import", path}).out, "0 addresses added, 6,002 there already\n");
  for (const char* list : {"global", "bounces", "group"}) run({"remove", "--all", "--list", list});
  EXPECT_EQ(run({"import", path}).out, "6,002 addresses added, 0 there already\n");
  EXPECT_EQ(exported().size(), all.size());
  EXPECT_THAT(run({"export", "--group=7"}).out,
              std::string(head) + "a@example.org,group,7,2027-01-15T08:00:00Z,,,\n");
}

TEST(ProgressTest, TellsHowFarItIs) {
  using std::chrono::seconds;
  EXPECT_EQ(progress_line({310'000, 31, 100, seconds(2)}),
            "[######              ]  31%  310,000 lines  155,000/s  5 s left");
  EXPECT_EQ(progress_line({1, 1, 1'000, seconds(4)}),
            "[                    ]   0%  1 line  0/s  1 h 06 min left");
  EXPECT_EQ(progress_line({5, 100, 100, seconds(1)}),
            "[####################] 100%  5 lines  5/s  0 s left");
  EXPECT_EQ(progress_line({5'000, 100, {}, seconds(1)}), "5,000 lines  5,000/s");
  EXPECT_EQ(progress_line({0, 0, 0, seconds(0)}), "[                    ]   0%  0 lines");
}

TEST(ProgressTest, IsSilentWhereNobodyWatches) {
  std::ostringstream out;
  {
    Progress progress(out, false, 100);
    progress.show(1, 1);
  }
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace smtpapi::ctl
