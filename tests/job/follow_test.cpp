// Reports of the MTA's log become events and list entries, each once, whatever fails.
#include "job/follow.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random_id.h"
#include "store/open_store.h"
#include "support/store_proxy.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const Time noon = from_unix(1'803'898'800);
using Kind = DeliveryReport::Kind;

/// Reports by their numbers; a read brings up to ten.
class ScriptedLog final : public LogSource {
 public:
  std::vector<DeliveryReport> reports;
  std::size_t at = 0;
  bool fails = false;

  const std::string& name() const override { return name_; }
  void go_to(const std::optional<std::string>& place) override {
    at = place ? std::stoul(*place) : 0;
  }
  Result<LogPiece> read(Time) override {
    if (fails) return unavailable("log: gone");
    LogPiece piece;
    for (int i = 0; i < 10 && at < reports.size(); ++i, ++at)
      piece.reports.push_back({reports[at], std::to_string(at)});
    piece.place = std::to_string(at);
    piece.is_all = at == reports.size();
    return piece;
  }

 private:
  std::string name_ = "/var/log/mail.log";
};

DeliveryReport report(Kind kind, std::string recipient, Time time, std::string status = "2.0.0",
                      std::string text = "250 ok") {
  DeliveryReport out;
  out.kind = kind;
  out.queue_id = "4Abc34";
  out.recipient = std::move(recipient);
  out.time = time;
  out.status = std::move(status);
  out.text = std::move(text);
  out.reply_code = out.text.empty() ? 0 : std::atoi(out.text.c_str());
  out.relay_ip = "192.0.2.7";
  out.mark = fmt::format("{}x{}", to_unix(time), out.recipient.size());
  return out;
}

class FollowTest : public testing::Test {
 protected:
  FollowTest() { restart(); }

  void restart() {
    follower = std::make_unique<Follower>(
        log, proxy, BounceClasses::built_in(),
        [](const std::string& ip) { return ip.empty() ? "" : "198.51.100.1"; });
  }
  std::string hold(const std::vector<std::string>& recipients,
                   const std::string& queue_id = "4Abc34") {
    Submission submission;
    submission.id = random_id();
    submission.received = noon;
    std::vector<NewCopy> copies;
    for (const std::string& recipient : recipients) {
      NewCopy copy;
      copy.index = copies.size();
      copy.recipient = recipient;
      copy.queue_id = queue_id;
      copies.push_back(copy);
    }
    const auto id = store->hold(submission, copies);
    EXPECT_TRUE(id);
    return *id;
  }
  void follow(Time now) {
    for (;;) {
      const auto more = follower->step(now);
      ASSERT_TRUE(more) << more.error().text;
      if (!*more) return;
    }
  }
  std::vector<Event> events() {
    std::vector<Event> out;
    const auto found = store->events({.limit = 10'000});
    for (const auto& [number, event] : *found) out.push_back(event);
    return out;
  }
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const Event& e : events())
      out.push_back(fmt::format("{} {}{}", to_string(e.kind), e.recipient,
                                e.bounce_type.empty() ? "" : " " + e.bounce_type));
    return out;
  }
  std::vector<std::string> listed() {
    std::vector<std::string> out;
    const auto found = store->suppressed({.limit = 1'000});
    for (const auto& [id, entry] : *found)
      out.push_back(fmt::format("{} {} {}", to_string(entry.list), entry.address, entry.status));
    return out;
  }
  std::string place() { return store->bookmark("log:/var/log/mail.log")->value_or("none"); }

  TemporaryFolder folder;
  std::unique_ptr<Store> store =
      *open_store("sqlite://" + (folder / "store.db"), StoreAccess::create);
  StoreProxy proxy{*store};
  ScriptedLog log;
  std::unique_ptr<Follower> follower;
};

TEST_F(FollowTest, TellsWhatTheReportsSay) {  // EVT-9, EVT-11, SUPP-1
  hold({"a@example.org", "b@example.org", "c@example.org", "d@example.org"});
  DeliveryReport sent = report(Kind::delivered, "a@example.org", noon + 1s);
  sent.tls = true;
  DeliveryReport refused =
      report(Kind::failed, "C@example.org", noon + 3s, "5.1.1", "550 5.1.1 no such user");
  refused.is_own_service = true;
  log.reports = {sent, report(Kind::deferred, "b@example.org", noon + 2s, "4.2.0", "450 later"),
                 refused, report(Kind::failed, "d@example.org", noon + 4s, "5.7.1", "554 spamhaus"),
                 report(Kind::deferred, "b@example.org", noon + 60s, "4.2.0", "450 later")};
  follow(noon + 60s);
  const auto all = events();
  ASSERT_THAT(told(), ElementsAre("delivered a@example.org", "deferred b@example.org",
                                  "bounce c@example.org bounce", "bounce d@example.org blocked",
                                  "deferred b@example.org"));
  EXPECT_EQ(all[0].time, noon + 1s);
  EXPECT_EQ(all[0].ip, "198.51.100.1");
  EXPECT_EQ(all[0].response, "250 ok");
  EXPECT_EQ(all[0].tls, true);
  EXPECT_EQ(all[0].index, 0u);
  EXPECT_EQ(all[1].response, "450 later");
  EXPECT_EQ(all[1].attempt, 1);
  EXPECT_EQ(all[4].attempt, 2);
  EXPECT_EQ(all[2].reason, "550 5.1.1 no such user");
  EXPECT_EQ(all[2].status, "5.1.1");
  EXPECT_EQ(all[2].classification, "Invalid Address");
  EXPECT_EQ(all[2].recipient, "c@example.org") << "as sent to";
  EXPECT_EQ(all[2].ip, "") << "a transport of its own may send from elsewhere";
  EXPECT_EQ(all[3].classification, "Reputation");
  EXPECT_THAT(listed(), ElementsAre("bounces c@example.org 5.1.1", "blocks d@example.org 5.7.1"));
  EXPECT_EQ(place(), "5");
}

TEST_F(FollowTest, KnowsCopiesThroughAliases) {
  struct Case {
    const char* why;
    std::vector<std::string> copies;
    const char* recipient;
    const char* orig;
    std::vector<std::string> want;
  };
  const Case cases[] = {
      {"orig_to", {"a@x", "b@x"}, "home@y", "B@x", {"b@x"}},
      {"the only copy", {"a@x"}, "home@y", "", {"a@x"}},
      {"a local user", {"a@x", "b@x"}, "b", "", {"b@x"}},
      {"nobody's", {"a@x", "b@x"}, "home@y", "", {}},
      {"twice the same", {"a@x", "a@x"}, "a@x", "", {"a@x", "a@x"}},
  };
  int n = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    const std::string queue_id = fmt::format("4Case{}", n++);
    const std::string id = hold(c.copies, queue_id);
    DeliveryReport sent = report(Kind::delivered, c.recipient, noon);
    sent.orig_recipient = c.orig;
    sent.queue_id = queue_id;
    log.reports.push_back(sent);
    log.reports.push_back(sent);  // an alias with two addresses: one copy was delivered
    follow(noon);
    std::vector<std::string> got;
    const auto found = store->events({.submission_id = id});
    for (const auto& [number, event] : *found) got.push_back(event.recipient);
    EXPECT_EQ(got, c.want);
  }
}

/// "delivered" by the sender of `report`, who passed it on as `next`.
DeliveryReport passed_on(const std::string& queue_id, const std::string& recipient,
                         const std::string& next, const std::string& relay_ip = "198.51.100.1") {
  DeliveryReport out = report(Kind::delivered, recipient, noon, "2.0.0", "queued as " + next);
  out.queue_id = queue_id;
  out.passed_on_to = next;
  out.relay_ip = relay_ip;  // this host's own
  return out;
}

DeliveryReport in(const std::string& queue_id, DeliveryReport report) {
  report.queue_id = queue_id;
  return report;
}

TEST_F(FollowTest, FollowsWhatIsPassedOn) {
  const auto refused = [](const std::string& recipient) {
    return report(Kind::failed, recipient, noon + 5s, "5.7.1", "554 no");
  };
  struct Case {
    const char* why;
    std::vector<std::string> copies;
    std::vector<DeliveryReport> reports;
    std::vector<std::string> want;
  };
  const Case cases[] = {
      {"a content filter, and who delivers behind it",
       {"a@x", "b@x"},
       {passed_on("4Abc34", "a@x", "4Next1"), passed_on("4Abc34", "b@x", "4Next1"),
        in("4Next1", refused("b@x")), in("4Next1", report(Kind::delivered, "a@x", noon))},
       {"bounce b@x blocked", "delivered a@x"}},
      {"another host: its queue ID is not ours",
       {"a@x"},
       {passed_on("4Abc34", "a@x", "4Next1", "192.0.2.7"), in("4Next1", refused("a@x"))},
       {"delivered a@x"}},
      {"an alias: to another address, over no relay",
       {"a@x", "b@x"},
       {passed_on("4Abc34", "a@x", "4Next1", ""),
        in("4Next1", report(Kind::deferred, "home@y", noon))},
       {"deferred a@x"}},
      {"over and over, the later messages logged first",
       {"a@x"},
       {in("4Next3", refused("a@x")), passed_on("4Next2", "a@x", "4Next3"),
        passed_on("4Next1", "a@x", "4Next2"), passed_on("4Abc34", "a@x", "4Next1")},
       {"bounce a@x blocked"}},
      {"put into the queue anew",
       {"a@x", "b@x"},
       {report(Kind::delivered, "a@x", noon),
        [] {
          DeliveryReport renamed = in("4Abc34", report(Kind::renamed, "", noon));
          renamed.passed_on_to = "4Next1";
          renamed.relay_ip = "";
          return renamed;
        }(),
        in("4Next1", report(Kind::deleted, "", noon))},
       {"delivered a@x", "bounce b@x blocked"}},
      {"the end of a message is not that of what was passed on",
       {"a@x", "b@x"},
       {passed_on("4Abc34", "a@x", "4Next1"), report(Kind::expired, "", noon),
        in("4Next1", report(Kind::delivered, "a@x", noon))},
       {"bounce b@x expired", "delivered a@x"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    for (const bool at_once : {true, false}) {
      SCOPED_TRACE(at_once);
      store = *open_store("sqlite://" + (folder / fmt::format("{}{}.db", &c - cases, at_once)),
                          StoreAccess::create);
      StoreProxy other(*store);
      log.reports.clear();
      log.at = 0;
      const auto start = [&] {
        follower = std::make_unique<Follower>(
            log, other, BounceClasses::built_in(),
            [](const std::string& ip) { return ip.empty() ? "" : "198.51.100.1"; });
      };
      start();
      hold(c.copies);
      if (at_once) {
        log.reports = c.reports;
        follow(noon);
        follow(noon + 1s);
        follow(noon + 6s);
      } else {  // line by line, with a restart behind each
        for (const DeliveryReport& one : c.reports) {
          log.reports.push_back(one);
          follow(noon);
          start();
        }
        follow(noon);
        follow(noon + 1s);
        follow(noon + 6s);
        follow(noon + 36s);
      }
      std::vector<std::string> got = told(), want = c.want;
      std::sort(got.begin(), got.end());
      std::sort(want.begin(), want.end());
      EXPECT_EQ(got, want);
    }
  }
}

TEST_F(FollowTest, WhatIsPassedOnAtTheEndOfAPieceIsFoundWhenCatchingUp) {
  hold({"a@x"});
  for (int i = 0; i < 9; ++i)
    log.reports.push_back(in("4Other", report(Kind::delivered, "a@x", noon)));
  log.reports.push_back(in("4Next1", report(Kind::failed, "a@x", noon, "5.1.1", "550 no")));
  log.reports.push_back(passed_on("4Abc34", "a@x", "4Next1"));
  follow(noon + 1h);
  EXPECT_THAT(told(), ElementsAre("bounce a@x bounce"));
}

TEST_F(FollowTest, AQueueIdThatIsUsedAgainIsTheLastOnes) {
  const std::string first = hold({"a@x"});
  Submission later;
  later.id = random_id();
  later.received = noon + 1h;
  NewCopy copy;
  copy.recipient = "b@x";
  copy.queue_id = "4Abc34";
  ASSERT_TRUE(store->hold(later, std::vector{copy}));
  log.reports = {report(Kind::delivered, "a@x", noon + 5s),
                 report(Kind::deleted, "", noon + 1h + 5s, "", "")};
  follow(noon + 2h);
  EXPECT_THAT(told(), ElementsAre("delivered a@x", "bounce b@x blocked"));
}

TEST_F(FollowTest, EndsWhatIsLeftOfAMessage) {
  hold({"sent@x", "waits@x", "gone@x", "never@x"});
  log.reports = {report(Kind::delivered, "sent@x", noon),
                 report(Kind::deferred, "waits@x", noon, "4.2.2", "452 4.2.2 mailbox full"),
                 report(Kind::failed, "gone@x", noon, "5.1.1", "550 no"),
                 report(Kind::expired, "", noon + 1h, "", "")};
  follow(noon);
  EXPECT_THAT(told(), ElementsAre("delivered sent@x", "deferred waits@x", "bounce gone@x bounce",
                                  "bounce waits@x expired", "bounce never@x expired"));
  const Event waits = events()[3];
  EXPECT_EQ(waits.reason, "452 4.2.2 mailbox full") << "what was said last";
  EXPECT_EQ(waits.status, "4.2.2");
  EXPECT_EQ(waits.classification, "Mailbox Unavailable");
  EXPECT_THAT(listed(),
              ElementsAre("bounces gone@x 5.1.1", "blocks waits@x 4.2.2", "blocks never@x "));
}

TEST_F(FollowTest, ADeletedMessageIsNobodysRefusal) {
  hold({"sent@x", "waits@x"});
  log.reports = {report(Kind::delivered, "sent@x", noon), report(Kind::deleted, "", noon, "", "")};
  follow(noon);
  EXPECT_THAT(told(), ElementsAre("delivered sent@x", "bounce waits@x blocked"));
  EXPECT_EQ(events()[1].reason, "deleted from the mail queue");
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(FollowTest, BlocksWhatIsDeferredForThreeDays) {  // SUPP-6
  hold({"a@x"});
  log.reports = {report(Kind::deferred, "a@x", noon, "4.2.0", "450 later"),
                 report(Kind::deferred, "a@x", noon + 72h - 1s, "4.2.0", "450 later")};
  follow(noon + 72h - 1s);
  EXPECT_THAT(listed(), IsEmpty());
  restart();
  log.reports.push_back(report(Kind::deferred, "a@x", noon + 72h, "4.2.1", "450 later"));
  follow(noon + 72h);
  EXPECT_THAT(listed(), ElementsAre("blocks a@x 4.2.1"));
}

TEST_F(FollowTest, ABlindCopyHasNoEventsButAnAddress) {  // BCC-1
  Submission submission;
  submission.id = random_id();
  submission.received = noon;
  NewCopy blind;
  blind.kind = CopyKind::bcc;
  blind.recipient = "audit@x";
  blind.queue_id = "4Abc34";
  NewCopy notice = blind;
  notice.kind = CopyKind::notice;
  notice.recipient = "app@x";
  ASSERT_TRUE(store->hold(submission, std::vector{blind, notice}));
  log.reports = {report(Kind::failed, "audit@x", noon, "5.1.1", "550 no"),
                 report(Kind::failed, "app@x", noon, "5.1.1", "550 no"),
                 report(Kind::delivered, "audit@x", noon), report(Kind::deferred, "audit@x", noon)};
  follow(noon);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(listed(), ElementsAre("bounces audit@x 5.1.1"));
}

TEST_F(FollowTest, WaitsForTheQueueId) {
  const struct {
    seconds held_after;
    bool is_told;
  } cases[] = {{1s, true}, {5s, true}, {30s, true}, {120s, true}, {121s, false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.held_after.count());
    const std::string queue_id = "4Late" + std::to_string(c.held_after.count());
    DeliveryReport late = report(Kind::delivered, "a@x", noon);
    late.queue_id = queue_id;
    log.reports.push_back(late);
    const std::string before = std::to_string(log.at);
    std::string id;
    for (seconds t(0); t <= 130s; t += 1s) {
      if (t == c.held_after) id = hold({"a@x"}, queue_id);
      follow(noon + t);
      if (t < 120s && t < c.held_after) {
        EXPECT_LE(place() == "none" ? 0 : std::stoul(place()), std::stoul(before))
            << "not passed by";
      }
    }
    EXPECT_THAT(*store->events({.submission_id = id}), SizeIs(c.is_told ? 1 : 0));
    EXPECT_EQ(follower->pending(), 0u);
    follow(noon + 150s);
    EXPECT_EQ(place(), std::to_string(log.reports.size()));
  }
}

TEST_F(FollowTest, OldLinesAreDecidedAtOnce) {
  for (int i = 0; i < 25; ++i) log.reports.push_back(report(Kind::delivered, "a@x", noon));
  follow(noon + 121s);
  EXPECT_EQ(follower->pending(), 0u);
  EXPECT_EQ(place(), "0") << "kept every 10 s; the last lines are asked about once more";
  follow(noon + 131s);
  EXPECT_EQ(place(), "25");
}

TEST_F(FollowTest, AfterTroubleOldLinesAreWaitedForToo) {
  proxy.reads_fail = true;
  log.reports = {report(Kind::delivered, "a@x", noon)};
  EXPECT_FALSE(follower->step(noon));
  proxy.reads_fail = false;
  follow(noon);
  proxy.reads_fail = true;
  EXPECT_FALSE(follower->step(noon + 1s));
  log.reports.push_back(report(Kind::delivered, "a@x", noon + 2s));
  proxy.reads_fail = false;
  follow(noon + 600s);
  EXPECT_THAT(told(), IsEmpty());
  hold({"a@x"});
  follow(noon + 601s);
  EXPECT_THAT(told(), ElementsAre("delivered a@x")) << "told by what the queue settled late";
}

TEST_F(FollowTest, NothingIsLostOrDoubledByTroubleAndRestarts) {
  for (int i = 0; i < 200; ++i) {
    const std::string user = fmt::format("u{}@x", i);
    hold({user}, fmt::format("4Q{}", i));
    for (const auto& [kind, status, text] :
         {std::tuple(Kind::deferred, "4.2.0", "450 later"),
          std::tuple(i % 2 == 0 ? Kind::delivered : Kind::failed, "5.1.1", "550 no")}) {
      DeliveryReport one = report(kind, user, noon + seconds(i), status, text);
      one.queue_id = fmt::format("4Q{}", i);
      log.reports.push_back(one);
    }
  }
  for (int i = 0; log.at < log.reports.size() || i % 5 != 0; ++i) {
    proxy.reads_fail = i % 5 == 1;
    proxy.writes_fail = i % 5 == 2;
    log.fails = i % 5 == 3;
    (void)follower->step(noon);
    if (i % 7 == 0) restart();
    ASSERT_LT(i, 10'000);
  }
  proxy.reads_fail = proxy.writes_fail = log.fails = false;
  follow(noon);
  restart();
  log.at = 0;
  ASSERT_TRUE(store->keep({{}, {}, "log:/var/log/mail.log", "0"}));  // all of it once more
  follow(noon);
  const auto all = events();
  EXPECT_THAT(all, SizeIs(400));
  for (const Event& event : all) {
    if (event.kind == EventKind::deferred) {
      EXPECT_EQ(event.attempt, 1) << event.recipient;
    }
  }
  EXPECT_THAT(listed(), SizeIs(100));
}

TEST_F(FollowTest, MemoryIsBounded) {
  const DeliveryReport one = report(Kind::delivered, "a@x", noon);
  log.reports.assign(100'500, one);
  follow(noon);
  EXPECT_EQ(follower->pending(), 100'000u);
}

}  // namespace
}  // namespace smtpapi
