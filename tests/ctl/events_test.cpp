#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <memory>

#include "base/text.h"
#include "ctl/run_command.h"
#include "milter/ctl/bars.h"
#include "milter/ctl/moment.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Time noon = from_unix(1'800'014'400);  // 2027-01-15 12:00:00 UTC
const std::string spring = "spring_2027_abcdefghi0";
const std::string winter = "winter_2027_abcdefghi0";
constexpr seconds day(86'400);

class EventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
    settings_.store_url = "sqlite://" + (folder_ / "store.db");
    auto store = open_store(settings_.store_url, StoreAccess::create);
    ASSERT_TRUE(store) << store.error().text;
    store_ = *std::move(store);
  }

  void hold(const std::string& id, const std::string& queue_id, const std::string& header) {
    Submission submission;
    submission.id = id;
    submission.received = noon - day;
    submission.queue_id = queue_id;
    submission.header = header;
    submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nHi\r\n");
    NewCopy copy;
    copy.recipient = "ann@example.org";
    ASSERT_TRUE(store_->hold(submission, std::vector{copy}));
  }
  Event make(EventKind kind, const std::string& recipient, Time time, std::size_t index = 0,
             const std::string& submission = spring) {
    Event event;
    event.kind = kind;
    event.recipient = recipient;
    event.time = time;
    event.index = index;
    event.submission_id = submission;
    event.id = event_id(kind, std::to_string(++made_), submission, index);
    return event;
  }
  void record(const Event& event) { ASSERT_TRUE(store_->record(std::vector{event})); }
  /// Two of spring, with labels; two of winter.
  void record_some() {
    hold(spring, "4Spring1",
         R"({"category":["news","May"],"sub":{"-n-":["7","8"]},)"
         R"("unique_args":{"order":"a-n-"}})");
    hold(winter, "4Winter1", R"({"category":"other"})");
    record(make(EventKind::delivered, "ann@example.org", noon - day));
    Event bounce = make(EventKind::bounce, "bob@example.org", noon - seconds(3600), 1);
    bounce.bounce_type = "bounce";
    bounce.status = "5.1.1";
    bounce.reason = "550 5.1.1 no such\x1B[2J user";
    bounce.classification = "Invalid Address";
    record(bounce);
    Event click = make(EventKind::click, "ann@example.org", noon - seconds(60), 0, winter);
    click.url = "https://example.org/a";
    click.link = 2;
    click.ip = "192.0.2.7";
    record(click);
    Event open = make(EventKind::open, "ann@example.org", noon - seconds(30), 0, winter);
    open.machine = "HEAD";
    record(open);
  }
  Ran run(std::vector<std::string> words) { return run_command(words, settings_, noon); }
  /// Event names and rows that `words` find.
  std::vector<std::string> found(std::vector<std::string> words) {
    words.insert(words.begin(), {"events", "--json"});
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, EX_OK) << ran.err;
    std::vector<std::string> out;
    for (const std::string_view line : split(ran.out, '\n')) {
      const auto at = line.find("\"event\":\"");
      if (at == std::string_view::npos) continue;
      out.emplace_back(line.substr(at + 9, line.find('"', at + 9) - at - 9));
    }
    return out;
  }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<Store> store_;
  int made_ = 0;
};

TEST_F(EventsTest, ListsForPeople) {
  record_some();
  const Ran ran = run({"events"});
  EXPECT_EQ(ran.status, EX_OK);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(
      ran.out,
      "TIME                 EVENT        SUBMISSION              RECIPIENT\n"
      "2027-01-14 12:00:00  delivered    spring_2027_abcdefghi0  ann@example.org\n"
      "2027-01-15 11:00:00  bounce       spring_2027_abcdefghi0  bob@example.org\n"
      "                                                          bounce 550 5.1.1 no such?[2J "
      "user (Invalid Address)\n"
      "2027-01-15 11:59:00  click        winter_2027_abcdefghi0  ann@example.org\n"
      "                                                          https://example.org/a\n"
      "2027-01-15 11:59:30  open         winter_2027_abcdefghi0  ann@example.org\n"
      "                                                          by a machine: HEAD\n");
  EXPECT_EQ(run({"events", "--recipient", "nobody@example.org"}).out, "nothing\n");
}

TEST_F(EventsTest, AnEmptyStoreHasNothing) {
  EXPECT_EQ(run({"events"}).out, "nothing\n");
  EXPECT_EQ(run({"events", "--json"}).out, "");
}

TEST_F(EventsTest, Finds) {
  record_some();
  const struct {
    const char* why;
    std::vector<std::string> words;
    std::vector<std::string> want;
  } cases[] = {
      {"a recipient", {"--recipient", "BOB@example.org"}, {"bounce"}},
      {"a submission", {"--submission", winter}, {"click", "open"}},
      {"a queue ID", {"--queue-id", "4Spring1"}, {"delivered", "bounce"}},
      {"an unknown queue ID", {"--queue-id", "4Autumn1"}, {}},
      {"a kind", {"--event", "Bounce"}, {"bounce"}},
      {"kinds", {"--event", "open,bounce", "--event=click"}, {"bounce", "click", "open"}},
      {"a category", {"--category", "May"}, {"delivered", "bounce"}},
      {"case of a category counts", {"--category", "may"}, {}},
      {"UA-3: an argument as substituted", {"--unique-arg", "order=a8"}, {"bounce"}},
      {"an argument before that", {"--unique-arg", "order=a-n-"}, {}},
      {"all arguments", {"--unique-arg", "order=a8", "--unique-arg", "order=a7"}, {}},
      {"since", {"--since", "2h"}, {"bounce", "click", "open"}},
      {"since, in words", {"--since", "90s ago"}, {"click", "open"}},
      {"between", {"--since", "2027-01-15", "--before", "2027-01-15T11:59Z"}, {"bounce"}},
      {"before", {"--before", "1800010800"}, {"delivered"}},
      {"all at once", {"--category", "news", "--event", "bounce", "--since", "1d"}, {"bounce"}},
      {"the newest", {"--limit", "1"}, {"open"}},
      {"the newest that fits", {"--limit", "1", "--category", "news"}, {"bounce"}},
      {"the page before", {"--limit", "2", "--below", "4"}, {"bounce", "click"}},
      {"from the front", {"--after", "0", "--limit", "2"}, {"delivered", "bounce"}},
      {"behind one", {"--after", "3"}, {"open"}},
      {"all", {"--all"}, {"delivered", "bounce", "click", "open"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(found(c.words), c.want);
  }
}

TEST_F(EventsTest, RefusesWhatMakesNoSense) {
  const struct {
    const char* why;
    std::vector<std::string> words;
    const char* want;
  } cases[] = {
      {"no kind", {"--event", "opened"}, "'opened' is none of processed, dropped"},
      {"near one", {"--event", "bonce"}, "did you mean 'bounce'?"},
      {"none at all", {"--event", ""}, "'' is none of"},
      {"no time", {"--since", "soon"}, "--since: 'soon' is no time: write 2h"},
      {"before time began", {"--since", "30000d"}, "is no time"},
      {"no queue ID", {"--queue-id", "a b"}, "--queue-id: 'a b' is no id"},
      {"no submission", {"--submission", ""}, "--submission: '' is no id"},
      {"no argument", {"--unique-arg", "order"}, "is not NAME=VALUE"},
      {"no name", {"--unique-arg", "=1"}, "is not NAME=VALUE"},
      {"empty", {"--recipient", ""}, "--recipient: it is empty"},
      {"two extents", {"--all", "--limit", "3"}, "exclude each other"},
      {"two directions", {"--after", "1", "--below", "3"}, "exclude each other"},
      {"the past is over", {"-f", "--before", "1h"}, "--follow and --before"},
      {"no number", {"--limit", "0"}, "--limit: '0' is not"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    std::vector<std::string> words = {"events"};
    words.insert(words.end(), c.words.begin(), c.words.end());
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, EX_USAGE);
    EXPECT_THAT(ran.err, HasSubstr(c.want));
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(EventsTest, SaysHowToGetTheRest) {
  record_some();
  EXPECT_THAT(run({"events", "--limit", "2", "--recipient", "ann@example.org"}).out,
              HasSubstr("\nthere are earlier ones: smtpapictl events --recipient ann@example.org "
                        "--below 3, or --all\n"));
  EXPECT_THAT(run({"events", "--limit", "3"}).out, HasSubstr("--below 2, or --all\n"));
  EXPECT_THAT(run({"events", "--limit", "4"}).out, Not(HasSubstr("there are")));
  const Ran programs = run({"events", "--json", "--after", "0", "--limit", "1"});
  EXPECT_THAT(programs.out, Not(HasSubstr("there are")));
  EXPECT_THAT(programs.err, HasSubstr("there are more: smtpapictl events --after 1"));
}

TEST_F(EventsTest, WritesJson) {
  record_some();
  EXPECT_EQ(run({"events", "--json", "--event", "bounce"}).out,
            R"({"number":2,"event":"bounce","timestamp":1800010800,"email":"bob@example.org",)"
            R"("submission":"spring_2027_abcdefghi0","index":1,"sg_event_id":")" +
                event_id(EventKind::bounce, "2", spring, 1) +
                R"(","type":"bounce","status":"5.1.1","reason":"550 5.1.1 no such\u001b[2J user",)"
                R"("bounce_classification":"Invalid Address","category":["news","May"],)"
                R"("unique_args":{"order":"a8"}})"
                "\n");
  EXPECT_THAT(run({"events", "--json", "--event", "click"}).out,
              HasSubstr(R"("url_offset":{"index":2,"type":"html"},"category":["other"])"));
}

TEST_F(EventsTest, GoesPastEveryPage) {
  std::vector<Event> many;
  for (std::size_t i = 0; i < 2'345; ++i)
    many.push_back(make(EventKind::open, fmt::format("r{}@example.org", i), noon));
  ASSERT_TRUE(store_->record(many));
  EXPECT_EQ(found({"--all"}).size(), 2'345u);
  EXPECT_EQ(found({"--limit", "2000"}).size(), 2'000u);
  const Ran last = run({"events", "--limit", "1500"});
  EXPECT_THAT(last.out, HasSubstr(" r845@example.org\n"));
  EXPECT_THAT(last.out, Not(HasSubstr(" r844@example.org\n")));
  EXPECT_EQ(last.out.find("TIME"), last.out.rfind("TIME")) << "titles once";
}

TEST_F(EventsTest, Follows) {
  record_some();
  const std::vector<std::string> words = {"--follow", "--limit", "1", "--recipient",
                                          "ann@example.org"};
  const auto arguments = Arguments::parse(words, events_command.options);
  ASSERT_TRUE(arguments) << arguments.error().text;
  std::istringstream in;
  std::ostringstream out, err;
  const ManualClock clock(noon);
  std::vector<std::string> seen;
  Call call{"events", settings_, *arguments, clock, in, out, err};
  call.sleep = [&](auto) {
    seen.push_back(out.str());
    out.str("");
    if (seen.size() == 1) {
      record(make(EventKind::unsubscribe, "ann@example.org", noon));
      record(make(EventKind::unsubscribe, "bob@example.org", noon));
    }
    return seen.size() < 4;
  };
  EXPECT_EQ(events_command.run(call), EX_OK);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_THAT(seen[0], HasSubstr("  open  ")) << "the last one before";
  EXPECT_THAT(seen[0], Not(HasSubstr("  click  ")));
  EXPECT_THAT(seen[1], StartsWith("2027-01-15 12:00:00  unsubscribe  "));
  EXPECT_THAT(seen[1], Not(HasSubstr("bob@")));
  EXPECT_EQ(seen[2], "");
  EXPECT_EQ(err.str(), "") << "nobody is told of more: it is coming";
}

TEST_F(EventsTest, AddsUp) {
  record_some();
  Event open = make(EventKind::open, "ann@example.org", noon - day, 0, winter);
  record(open);
  record(make(EventKind::open, "ann@example.org", noon, 0, winter));
  record(make(EventKind::processed, "ann@example.org", noon - day, 0, spring));
  record(make(EventKind::processed, "bob@example.org", noon - day, 1, spring));
  record(make(EventKind::processed, "ann@example.org", noon - day * 9, 0, winter));
  record(make(EventKind::group_unsubscribe, "ann@example.org", noon, 0, "forgotten_abcdefghi000"));
  const Ran ran = run({"stats", "--since", "1d"});
  EXPECT_EQ(ran.status, EX_OK) << ran.err;
  EXPECT_EQ(ran.out,
            "DAY         PROCESSED  DELIVERED  BOUNCED  DROPPED  OPENED  CLICKED  SPAM  LEFT\n"
            "2027-01-14          2          1        0        0       1        0     0     0\n"
            "2027-01-15          0          0        1        0       0        1     0     1\n"
            "\n"
            "PROCESSED  DELIVERED  BOUNCED  DROPPED  OPENED  CLICKED  SPAM  LEFT  CATEGORY\n"
            "        2          1        1        0       0        0     0     0  May\n"
            "        2          1        1        0       0        0     0     0  news\n"
            "        0          0        0        0       1        1     0     0  other\n");
  EXPECT_EQ(run({"stats", "--category", "other", "--since", "12h"}).out,
            "DAY         PROCESSED  DELIVERED  BOUNCED  DROPPED  OPENED  CLICKED  SPAM  LEFT\n"
            "2027-01-15          0          0        0        0       1        1     0     0\n"
            "\n"
            "PROCESSED  DELIVERED  BOUNCED  DROPPED  OPENED  CLICKED  SPAM  LEFT  CATEGORY\n"
            "        0          0        0        0       1        1     0     0  other\n");
  const std::string week = run({"stats"}).out;
  const auto lines = split(week, '\n');
  EXPECT_THAT(std::string(lines[1]), StartsWith("2027-01-09 ")) << "7 days with today";
  EXPECT_EQ(lines[8], "");
  const std::string year = run({"stats", "--since", "300d"}).out;
  EXPECT_THAT(std::string(split(year, '\n')[1]), StartsWith("2027-01-06 "))
      << "many days begin where something happened";
}

TEST_F(EventsTest, AddsUpForPrograms) {
  record_some();
  const Ran ran = run({"stats", "--json", "--before", "2027-01-15"});
  EXPECT_EQ(
      ran.out,
      R"({"day":"2027-01-14","processed":0,"dropped":0,"delivered":1,"deferred":0,)"
      R"("bounces":0,"blocks":0,"expired":0,"opens":0,"unique_opens":0,"machine_opens":0,)"
      R"("clicks":0,"unique_clicks":0,"machine_clicks":0,"spam_reports":0,"unsubscribes":0,)"
      R"("group_unsubscribes":0,"group_resubscribes":0})"
      "\n" +
          [&] {
            std::string categories;
            for (const char* name : {"May", "news"})
              categories +=
                  fmt::format(R"({{"day":"2027-01-14","category":"{}","processed":0,)", name) +
                  R"("dropped":0,"delivered":1,"deferred":0,"bounces":0,"blocks":0,)"
                  R"("expired":0,"opens":0,"unique_opens":0,"machine_opens":0,"clicks":0,)"
                  R"("unique_clicks":0,"machine_clicks":0,"spam_reports":0,)"
                  R"("unsubscribes":0,"group_unsubscribes":0,"group_resubscribes":0})"
                  "\n";
            return categories;
          }());
  EXPECT_THAT(run({"stats", "--json"}).out, HasSubstr(R"("machine_opens":1)"));
  EXPECT_EQ(run({"stats", "--since", "soon"}).status, EX_USAGE);
}

TEST(BarsTest, DrawsNumbers) {
  EXPECT_EQ(sparkline(std::vector<std::size_t>{0, 1, 4, 8}), "·▁▄█");
  EXPECT_EQ(sparkline(std::vector<std::size_t>{0, 1, 1'000'000}), "·▁█") << "little is seen";
  EXPECT_EQ(sparkline(std::vector<std::size_t>{0, 0}), "··");
  EXPECT_EQ(sparkline({}), "");
  EXPECT_EQ(bar(8, 8, 4), "████");
  EXPECT_EQ(bar(3, 8, 2), "▊");
  EXPECT_EQ(bar(1, 1'000'000, 2), "▏");
  EXPECT_EQ(bar(0, 8, 2), "");
  EXPECT_EQ(bar(0, 0, 2), "");
}

TEST(MomentTest, ReadsWhatPeopleWrite) {
  const struct {
    const char* text;
    std::int64_t want;
  } cases[] = {{"2h", 1'800'007'200},         {"90S", 1'800'014'310},
               {" 7d ago ", 1'799'409'600},   {"1800000000", 1'800'000'000},
               {"2027-01-15", 1'799'971'200}, {"2027-01-15T11:00:00Z", 1'800'010'800}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto moment = read_moment(c.text, noon);
    ASSERT_TRUE(moment) << moment.error().text;
    EXPECT_EQ(to_unix(*moment), c.want);
  }
  for (const char* bad : {"", "h", "-2h", "2w", "2 h", "99999999d", "ago", "soon", "2h3"})
    EXPECT_FALSE(read_moment(bad, noon)) << bad;
}

TEST(MomentTest, DaysAreLocal) {
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  const Time summer = from_unix(1'806'274'800);  // the day after the clocks went forward
  EXPECT_EQ(local_day(summer), "2027-03-29");
  EXPECT_EQ(local_day(local_midnight(summer, 1)), "2027-03-28");
  EXPECT_EQ(local_day(local_midnight(summer, 1) - seconds(1)), "2027-03-27");
  setenv("TZ", "UTC", 1);
  tzset();
}

}  // namespace
}  // namespace smtpapi::ctl
