#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <map>
#include <memory>
#include <regex>

#include "base/text.h"
#include "ctl/run_command.h"
#include "milter/ctl/queue_list.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Time noon = from_unix(1'800'000'000);
constexpr const char* spring = "spring_2027_abcdefghi0";  // ids of submissions have 22 characters
constexpr const char* other = "other-2027-abcdefghi01";

class QueueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    settings_.hostname = "mx.example.org";
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }

  void hold(const std::string& id, const std::string& header, const std::string& batch,
            std::vector<NewCopy> copies) {
    Submission submission;
    submission.id = id;
    submission.received = noon - seconds(60);
    submission.queue_id = "4XyZ12";
    submission.reverse_path = "app@example.org";
    submission.client.address = "192.0.2.1";
    submission.client.login = "app";
    submission.header = header;
    submission.batch_id = batch;
    submission.message =
        std::make_shared<const std::string>("To: x@example.org\r\nSubject: -n-\r\n\r\nHi -n-\r\n");
    ASSERT_TRUE(store_->hold(submission, copies));
  }
  /// Three copies that wait, one that was dropped.
  void hold_spring() {
    hold(spring,
         R"({"to":["ann@example.org","bob@example.net","broken","zoe@example.edu"],)"
         R"("sub":{"-n-":["Ann","Bob","","Zoë"]}})",
         "b1",
         {{0, CopyKind::normal, "ann@example.org", "", noon + seconds(3600), ""},
          {1, CopyKind::normal, "bob@example.net", "", noon + seconds(7200), ""},
          {2, CopyKind::normal, "broken", "", Time(), "Invalid"},
          {3, CopyKind::normal, "zoe@example.edu", "", noon - seconds(30), ""}});
  }

  Ran run(const std::vector<std::string>& words) { return run_command(words, settings_, noon); }
  std::string state_of(const std::string& recipient) {
    CopyQuery query;
    query.recipient = recipient;
    const auto copies = store_->list(query);
    return copies && copies->size() == 1 ? std::string(to_string(copies->front().state)) : "?";
  }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
};

TEST_F(QueueTest, ListsForPeople) {
  hold_spring();
  const Ran ran = run({"queue", "list"});
  EXPECT_EQ(ran.status, EX_OK);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.out,
            "3 waiting (1 due now), 0 sent, 0 failed, 1 cancelled, expired or dropped; "
            "oldest due 30 s ago\n"
            "\n"
            "   COPY  STATE       DUE                  RECIPIENT\n"
            "      1  waiting     2027-01-15 09:00:00  ann@example.org\n"
            "      2  waiting     2027-01-15 10:00:00  bob@example.net\n"
            "      3  dropped     2027-01-15 07:59:00  broken\n"
            "                                          Invalid\n"
            "      4  waiting     2027-01-15 07:59:30  zoe@example.edu\n");
}

TEST_F(QueueTest, AnEmptyStoreIsNoTable) {
  const Ran ran = run({"queue", "list"});
  EXPECT_EQ(ran.out, "0 waiting, 0 sent, 0 failed\n");
  EXPECT_EQ(run({"queue", "list", "--json"}).out, "");
}

TEST_F(QueueTest, FiltersAndPages) {
  hold_spring();
  const auto recipients = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"queue", "list", "--json"});
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, EX_OK) << ran.err;
    std::vector<std::string> found;
    const std::regex recipient("\"recipient\":\"([^\"]*)\"");
    for (const std::string_view line : split(ran.out, '\n')) {
      std::match_results<std::string_view::const_iterator> match;
      if (std::regex_search(line.begin(), line.end(), match, recipient)) found.push_back(match[1]);
    }
    return found;
  };
  EXPECT_THAT(recipients({"--state", "dropped"}), ElementsAre("broken"));
  EXPECT_THAT(recipients({"--state=WAITING", "--limit", "1"}), ElementsAre("ann@example.org"));
  EXPECT_THAT(recipients({"--recipient", "BOB@example.net"}), ElementsAre("bob@example.net"));
  EXPECT_THAT(recipients({"--after", "2"}), ElementsAre("broken", "zoe@example.edu"));
  EXPECT_THAT(recipients({"--batch", "b1", "--state", "waiting", "--after", "1", "--limit", "2"}),
              ElementsAre("bob@example.net", "zoe@example.edu"));
  EXPECT_THAT(recipients({"--submission", other}), IsEmpty());
}

TEST_F(QueueTest, SaysHowToGetTheRest) {
  hold_spring();
  const Ran people = run({"queue", "list", "--limit", "2", "--batch", "b1"});
  EXPECT_THAT(
      people.out,
      HasSubstr("\nthere are more: smtpapictl queue list --batch b1 --after 2, or --all\n"));
  const Ran programs = run({"queue", "list", "--limit", "2", "--json"});
  EXPECT_THAT(programs.out, Not(HasSubstr("more")));
  EXPECT_THAT(programs.err, HasSubstr("--after 2"));
  EXPECT_THAT(run({"queue", "list", "--limit", "4"}).out, Not(HasSubstr("more:")));
}

TEST_F(QueueTest, AllGoesPastEveryPage) {
  std::vector<NewCopy> copies;
  for (std::size_t i = 0; i < 2'345; ++i)
    copies.push_back({i, CopyKind::normal, fmt::format("r{}@example.org", i), "", noon, ""});
  hold(spring, "", "", copies);
  const Ran ran = run({"queue", "list", "--all"});
  const auto lines = split(ran.out, '\n');
  ASSERT_EQ(lines.size(), 2'345u + 4);  // counts, blank, titles, and behind the last line end
  EXPECT_EQ(lines[3 + 2'344].substr(0, 7), "   2345");
  EXPECT_THAT(std::string(lines[3 + 2'344]), HasSubstr("r2344@example.org"));
  EXPECT_EQ(run({"queue", "list", "--limit", "2000"}).out.find("r2000@"), std::string::npos);
}

TEST_F(QueueTest, TellsWhyACopyWaitsOrFailed) {
  hold(spring, "", "",
       {{0, CopyKind::normal, "soft@example.org", "", noon, ""},
        {1, CopyKind::bcc, "hard@example.org", "", noon, ""},
        {2, CopyKind::normal, "good@example.org", "", noon, ""}});
  ASSERT_TRUE(store_->claim("runner", noon, seconds(60), 10));
  const std::vector<Outcome> outcomes = {
      {1, Outcome::Kind::deferred, "", "450 4.2.1 busy\x1B[2J", noon + seconds(600)},
      {2, Outcome::Kind::failed, "", "550 5.1.1 no such user", {}},
      {3, Outcome::Kind::sent, "4Abc", "250 2.0.0 Ok", {}}};
  ASSERT_TRUE(store_->settle("runner", outcomes, noon));
  const Ran ran = run({"queue", "list"});
  EXPECT_THAT(ran.out, HasSubstr("1 attempt, next in 10 min: 450 4.2.1 busy?[2J\n"));
  EXPECT_THAT(ran.out, HasSubstr("hard@example.org (blind copy)\n"));
  EXPECT_THAT(ran.out, HasSubstr("  550 5.1.1 no such user\n"));
  EXPECT_THAT(ran.out, HasSubstr("  sent as 4Abc\n"));
}

TEST_F(QueueTest, ShowsASubmission) {
  hold_spring();
  const Ran ran = run({"queue", "show", spring});
  EXPECT_EQ(ran.status, EX_OK);
  EXPECT_THAT(ran.out, StartsWith("submission  spring_2027_abcdefghi0\n"
                                  "received    2027-01-15 07:59:00 (1 min ago)\n"
                                  "queue id    4XyZ12\n"
                                  "from        app@example.org\n"
                                  "client      [192.0.2.1], login app\n"
                                  "batch       b1\n"));
  EXPECT_THAT(ran.out, HasSubstr("zoe@example.edu"));
  EXPECT_THAT(run({"queue", "show", "2"}).out, Not(HasSubstr("zoe@example.edu\n")))
      << "one copy was asked for";
}

TEST_F(QueueTest, ShowsACopyAsItGoesOut) {
  hold_spring();
  const Ran ran = run({"queue", "show", "4", "--message"});
  EXPECT_EQ(ran.status, EX_OK) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("To: zoe@example.edu\r\nSubject: =?UTF-8?Q?Zo=C3=AB?=\r\n"))
      << "rendered from its own row";
  EXPECT_THAT(ran.out, HasSubstr("\r\n\r\nHi Zo"));
}

TEST_F(QueueTest, ShowRefuses) {
  hold_spring();
  const struct {
    const char* why;
    std::vector<std::string> words;
    int status;
    const char* want;
  } cases[] = {
      {"no such copy", {"99"}, found_fault, "there is no copy or submission 99"},
      {"no such submission", {other}, found_fault, "there is no copy or submission other"},
      {"no id", {"x y"}, EX_USAGE, "neither a copy's number nor a submission's id"},
      {"zero", {"0"}, EX_USAGE, "neither"},
      {"too large", {"99999999999999999999999"}, EX_USAGE, "neither"},
      {"which copy?", {spring, "--message"}, EX_USAGE, "has more than one copy"},
      {"dropped", {"3", "--message"}, found_fault, "never to be sent: Invalid"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<std::string> words = {"queue", "show"};
    words.insert(words.end(), c.words.begin(), c.words.end());
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, c.status);
    EXPECT_THAT(ran.err, HasSubstr(c.want));
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(QueueTest, CancelsWhatIsNamedAndNothingElse) {
  hold_spring();
  EXPECT_EQ(run({"queue", "cancel", "2"}).out, "1 copy cancelled\n");
  EXPECT_EQ(state_of("ann@example.org"), "waiting");
  EXPECT_EQ(state_of("bob@example.net"), "cancelled");
  EXPECT_EQ(run({"queue", "cancel", spring, "--json"}).out, "{\"cancelled\":2}\n");
  EXPECT_EQ(state_of("zoe@example.edu"), "cancelled");
  EXPECT_EQ(state_of("broken"), "dropped");
}

TEST_F(QueueTest, ReleasesByOptions) {
  hold_spring();
  EXPECT_EQ(run({"queue", "release", "--recipient", "ann@example.org"}).out, "1 copy released\n");
  EXPECT_EQ(*store_->next_due(), noon - seconds(30));
  EXPECT_EQ(store_->claim("runner", noon, seconds(60), 10)->size(), 2u);
}

TEST_F(QueueTest, RefusesToChangeEverythingByAccident) {
  hold_spring();
  const struct {
    const char* why;
    std::vector<std::string> words;
    int status;
    const char* want;
  } cases[] = {
      {"nothing named", {}, EX_USAGE, "--all for every copy that waits"},
      {"id and option", {"1", "--batch", "b1"}, EX_USAGE, "one of these"},
      {"option and all", {"--batch", "b1", "--all"}, EX_USAGE, "one of these"},
      {"id and all", {"1", "--all"}, EX_USAGE, "one of these"},
      {"empty recipient", {"--recipient", ""}, EX_USAGE, "ADDRESS is empty"},
      {"empty batch", {"--batch", ""}, EX_USAGE, "is no id"},
      {"bad batch", {"--batch", "a b"}, EX_USAGE, "is no id"},
      {"one id is wrong", {"1", "x"}, EX_USAGE, "'x' is neither"},
      {"unknown", {"99"}, found_fault, "no such copy waits"},
      {"not waiting", {"3"}, found_fault, "no such copy waits"},
  };
  for (const char* verb : {"cancel", "release"}) {
    for (const auto& c : cases) {
      SCOPED_TRACE(c.why);
      std::vector<std::string> words = {"queue", verb};
      words.insert(words.end(), c.words.begin(), c.words.end());
      const Ran ran = run(words);
      EXPECT_EQ(ran.status, c.status);
      EXPECT_THAT(ran.err, HasSubstr(c.want));
    }
  }
  EXPECT_EQ(state_of("ann@example.org"), "waiting");
  EXPECT_EQ(run({"queue", "cancel", "--all"}).out, "3 copies cancelled\n");
  EXPECT_EQ(run({"queue", "cancel", "--all"}).status, EX_OK) << "nothing left is what was wanted";
}

TEST_F(QueueTest, AStateIsOneOfSix) {
  const Ran ran = run({"queue", "list", "--state", "faild"});
  EXPECT_EQ(ran.status, EX_USAGE);
  EXPECT_THAT(ran.err, HasSubstr("waiting, sent, failed, cancelled, expired, dropped; did you "
                                 "mean 'failed'?"));
  EXPECT_EQ(run({"queue", "list", "--all", "--limit", "3"}).status, EX_USAGE);
  EXPECT_EQ(run({"queue", "list", "--after", "-1"}).status, EX_USAGE);
}

TEST_F(QueueTest, WithoutAStoreItIsTemporary) {
  settings_.store_url = "sqlite://" + (folder_ / "none.db");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"queue", "list"},
                                                {"queue", "show", "1"},
                                                {"queue", "cancel", "1"},
                                                {"batch", "list"},
                                                {"batch", "pause", "x"}}) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, EX_TEMPFAIL) << words[1];
    EXPECT_THAT(ran.err, HasSubstr("smtpapictl init")) << "says what to do";
  }
}

TEST(CountsTest, SaysOnlyWhatThereIs) {
  QueueCounts counts;
  counts.waiting = 12'345;
  counts.paused = 7;
  counts.sent = 1;
  EXPECT_EQ(counts_in_words(counts, noon), "12,345 waiting (7 paused), 1 sent, 0 failed");
  counts.oldest_due = noon + seconds(1);  // another program's clock
  EXPECT_THAT(counts_in_words(counts, noon), HasSubstr("; oldest due now"));
}

}  // namespace
}  // namespace smtpapi::ctl
