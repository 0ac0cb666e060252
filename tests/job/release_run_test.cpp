// The release job as it runs: threads, several jobs on one store, the end of the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <thread>

#include "base/log.h"
#include "base/random_id.h"
#include "job/release.h"
#include "net/smtp_courier.h"
#include "store/open_store.h"
#include "support/fake_courier.h"
#include "support/manual_clock.h"
#include "support/scripted_smtp_server.h"
#include "support/store_proxy.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ReleaseRun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    open_log("release_run_test", LogTarget::standard_error, LogLevel::error);
  }

  ReleaseRun() : sqlite_(open()), store_(*sqlite_) {
    settings_.hostname = "mx.example.org";
    settings_.postmaster = "postmaster@mx.example.org";
    settings_.concurrency = 4;
  }

  std::unique_ptr<Store> open() const {
    auto store = open_store("sqlite://" + (folder_ / "store.db"), StoreAccess::create);
    if (!store) throw std::runtime_error(store.error().text);
    return *std::move(store);
  }

  /// One submission to user0@example.org, user1@example.org, ...
  std::string hold(std::size_t count, Time due = {}) {
    Submission submission;
    submission.id = random_id();
    submission.received = clock_.now();
    submission.reverse_path = "app@example.org";
    submission.message = std::make_shared<const std::string>("Subject: hi\r\n\r\nHello\r\n");
    std::vector<NewCopy> copies(count);
    for (std::size_t i = 0; i < count; ++i) {
      copies[i].index = i;
      copies[i].recipient = "user" + std::to_string(i) + "@example.org";
      copies[i].due = due;
    }
    EXPECT_TRUE(store_.hold(submission, copies, {}));
    return submission.id;
  }

  std::size_t count(CopyState state) {
    CopyQuery query;
    query.state = state;
    query.limit = 100'000;
    return store_.list(query)->size();
  }

  /// For what happens on other threads. A minute is for ever.
  static bool comes_true(const std::function<bool()>& what) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!what()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// A release job on a thread of its own. Ends, politely, with the object.
  std::jthread run(Release& release) {
    return std::jthread([&](std::stop_token stop) { release.run(std::move(stop)); });
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<Store> sqlite_;
  StoreProxy store_;
  SystemClock clock_;
  FakePostOffice office_;
  ReleaseSettings settings_;
};

TEST_F(ReleaseRun, SendsEverythingOnce) {
  hold(1'500);
  Release release(settings_, store_, office_.couriers(), clock_);
  {
    const std::jthread running = run(release);
    EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 1'500; }));
  }
  auto recipients = office_.recipients();
  EXPECT_EQ(recipients.size(), 1'500u);
  std::sort(recipients.begin(), recipients.end());
  EXPECT_EQ(std::unique(recipients.begin(), recipients.end()), recipients.end());
  EXPECT_LT(store_.settles, 150) << "in batches";
}

TEST_F(ReleaseRun, SeveralJobsOnOneStoreShareTheWork) {
  hold(1'500);
  const std::unique_ptr<Store> second_store = open();
  FakePostOffice second_office;
  Release first(settings_, store_, office_.couriers(), clock_);
  Release second(settings_, *second_store, second_office.couriers(), clock_);
  // Neither gets far before the other has begun.
  std::latch both(2);
  std::atomic<bool> first_met = false, second_met = false;
  office_.answer([&](auto&...) {
    if (!first_met.exchange(true)) both.arrive_and_wait();
    return FakePostOffice::taken();
  });
  second_office.answer([&](auto&...) {
    if (!second_met.exchange(true)) both.arrive_and_wait();
    return FakePostOffice::taken();
  });
  {
    const std::jthread one = run(first);
    const std::jthread other = run(second);
    EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 1'500; }));
  }
  EXPECT_GT(office_.parcels().size(), 0u);
  EXPECT_GT(second_office.parcels().size(), 0u);
  EXPECT_EQ(office_.parcels().size() + second_office.parcels().size(), 1'500u) << "none twice";
}

TEST_F(ReleaseRun, WaitsForTheSecondThatWasAskedFor) {
  const Time due = clock_.now() + 2s;
  std::atomic<std::int64_t> sent_at = 0;
  office_.answer([&](auto&...) {
    sent_at = std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  const std::jthread running = run(release);
  hold(1, due);
  ASSERT_TRUE(comes_true([&] { return sent_at != 0; }));
  EXPECT_GE(sent_at, to_unix(due) * 1'000) << "never early";
  EXPECT_LT(sent_at, to_unix(due) * 1'000 + 1'000) << "within a second";
}

TEST_F(ReleaseRun, FinishesWhatItHoldsAndGivesBackTheRest) {
  hold(1'000);
  std::latch begun(static_cast<std::ptrdiff_t>(settings_.concurrency));
  std::atomic<bool> go_on = false;
  office_.answer([&](auto&...) {
    if (!go_on) {
      begun.count_down();
      go_on.wait(false);
    }
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  {
    std::jthread running = run(release);
    begun.wait();
    running.request_stop();
    go_on = true;
    go_on.notify_all();
  }
  const std::size_t sent = count(CopyState::sent);
  EXPECT_EQ(sent, office_.parcels().size()) << "what was sent is recorded";
  EXPECT_LT(sent, 1'000u);
  EXPECT_GE(sent, settings_.concurrency);
  const auto free = store_.claim("another", clock_.now(), 30s, 2'000);
  ASSERT_TRUE(free);
  EXPECT_EQ(free->size(), 1'000 - sent) << "the rest is free at once";
}

TEST_F(ReleaseRun, DoesNotWaitForEverForAListenerThatStalls) {
  hold(1);
  settings_.patience = 0s;
  std::latch begun(1);
  office_.answer([&](const KeptParcel&, const std::stop_token& abandon) {
    begun.count_down();
    while (!abandon.stop_requested()) std::this_thread::yield();
    return FakePostOffice::reply(0, "given up because the program ends");
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  {
    std::jthread running = run(release);
    begun.wait();
  }
  EXPECT_EQ(count(CopyState::waiting), 1u);
}

TEST_F(ReleaseRun, BeginsNothingWhileOutcomesCannotBeRecorded) {
  hold(500);
  office_.answer([&](auto&...) {
    store_.writes_fail = true;
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  const std::jthread running = run(release);
  // Between two attempts to record lies a second: enough to send all, were it allowed.
  ASSERT_TRUE(comes_true([&] { return store_.refused >= 1; }));
  const std::size_t sent = office_.parcels().size();
  ASSERT_TRUE(comes_true([&] { return store_.refused >= 2; }));
  EXPECT_LE(office_.parcels().size(), sent + settings_.concurrency);
  EXPECT_LT(sent, 500u);
  office_.answer(nullptr);
  store_.writes_fail = false;
  EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 500; }));
  EXPECT_EQ(office_.parcels().size(), 500u) << "none twice";
}

TEST_F(ReleaseRun, WhatWasMadeReadyIsNotBegunWhileOutcomesCannotBeRecorded) {
  hold(20);
  settings_.concurrency = 1;
  settings_.lease = 3s;
  std::latch go_on(1);
  office_.answer([&](auto&...) {
    store_.writes_fail = true;
    go_on.wait();
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock_);
  const std::jthread running = run(release);
  // By the second time the first has been acted on.
  EXPECT_TRUE(comes_true([&] { return store_.refused >= 2; }));
  go_on.count_down();
  EXPECT_TRUE(comes_true([&] { return office_.hang_ups() >= 1; }));
  ASSERT_EQ(office_.parcels().size(), 1u);
  EXPECT_EQ(office_.parcels()[0].next, "user1@example.org") << "it was announced";
  office_.answer(nullptr);
  store_.writes_fail = false;
  EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 20; }));
  EXPECT_EQ(office_.parcels().size(), 20u) << "none twice";
}

TEST_F(ReleaseRun, WhatWasMadeReadyBeforeTheLeaseLapsedIsAnothers) {
  hold(20);
  settings_.concurrency = 1;
  settings_.lease = 3s;
  ManualClock clock(clock_.now());
  std::latch begun(1), go_on(1);
  office_.answer([&](auto&...) {
    begun.count_down();
    go_on.wait();
    return FakePostOffice::taken();
  });
  Release release(settings_, store_, office_.couriers(), clock);
  {
    std::jthread running = run(release);
    begun.wait();
    clock.advance(10s);
    const auto lost = store_.claim("another", clock.now(), 30s, 10);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->size(), 10u);
    // What lay ready is returned, the other ten are claimed again, and so the lease is good.
    EXPECT_TRUE(comes_true([&] { return store_.settles >= 1; }));
    go_on.count_down();
    EXPECT_TRUE(comes_true([&] { return office_.parcels().size() == 11; }));
  }
  EXPECT_EQ(office_.parcels()[0].next, "user1@example.org") << "it was announced";
  EXPECT_EQ(office_.recipients()[1], "user10@example.org");
  EXPECT_EQ(office_.parcels().size(), 11u);
  EXPECT_EQ(count(CopyState::sent), 11u);
}

TEST_F(ReleaseRun, ComesBackFromAStoreThatFailedWhileIdle) {
  Release release(settings_, store_, office_.couriers(), clock_);
  store_.writes_fail = store_.reads_fail = true;
  const std::jthread running = run(release);
  hold(1);
  ASSERT_TRUE(comes_true([&] { return store_.refused >= 1; }));
  store_.writes_fail = store_.reads_fail = false;
  EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 1; }));
}

TEST_F(ReleaseRun, SurvivesARestartOfTheListener) {
  const std::string path = folder_ / "in";
  const Endpoint listener = *parse_endpoint("unix:" + path);
  const CourierFactory couriers = [&](std::string_view, std::stop_token abandon) {
    return std::make_unique<SmtpCourier>(listener, "mx.example.org", std::move(abandon));
  };
  auto server = std::make_unique<ScriptedSmtpServer>(std::vector<std::string>{"PIPELINING"}, path);
  Release release(settings_, store_, couriers, clock_);
  const std::jthread running = run(release);
  hold(10);
  ASSERT_TRUE(comes_true([&] { return count(CopyState::sent) == 10; }));

  server.reset();
  std::filesystem::remove(path);
  const std::string held = hold(10);
  CopyQuery query;
  query.submission_id = held;
  ASSERT_TRUE(comes_true([&] {
    const auto copies = *store_.list(query);
    return std::all_of(copies.begin(), copies.end(),
                       [](const Copy& c) { return !c.reply.empty(); });
  }));
  EXPECT_EQ(count(CopyState::waiting), 10u);
  EXPECT_THAT(store_.list(query)->at(0).reply,
              testing::AnyOf(HasSubstr("connect to unix:"), HasSubstr("not to be had")));
  server = std::make_unique<ScriptedSmtpServer>(std::vector<std::string>{"PIPELINING"}, path);
  EXPECT_TRUE(comes_true([&] { return count(CopyState::sent) == 20; }));
  EXPECT_EQ(server->messages().size(), 10u);
}

}  // namespace
}  // namespace smtpapi
