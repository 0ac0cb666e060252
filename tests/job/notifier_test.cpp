#include "job/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "base/random_id.h"
#include "store/open_store.h"
#include "support/canned_http_server.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;

constexpr const char* taken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Waits for what other threads bring about; the limit is far beyond what it takes.
bool comes_true(const std::function<bool()>& what) {
  for (const auto end = std::chrono::steady_clock::now() + 20s;
       std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(10ms)) {
    if (what()) return true;
  }
  return false;
}

class NotifierTest : public testing::Test {
 protected:
  NotifierTest() : store(*open_store("sqlite://" + folder / "store.db", StoreAccess::create)) {
    settings.batch_seconds = 0s;
    poster.allow_private = true;
  }
  std::int64_t add(const std::string& url) {
    Webhook webhook;
    webhook.url = url;
    webhook.created = webhook.updated = clock.now();
    return *store->add_webhook(webhook);
  }
  void record() {
    Event event;
    event.submission_id = random_id();
    event.id = event_id(EventKind::processed, "", event.submission_id, 0);
    event.time = clock.now();
    event.recipient = "ann@example.org";
    ASSERT_TRUE(store->record({&event, 1}));
  }
  WebhookState state(std::int64_t id) { return *store->webhook_state(id); }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  const SystemClock clock;
  WebhookSettings settings;
  PosterSettings poster;
};

TEST_F(NotifierTest, AnEndpointThatHangsHoldsUpNoOther) {
  CannedHttpServer good([](const std::string&) { return taken; });
  CannedHttpServer hangs([](const std::string&) { return std::nullopt; });
  for (int i = 0; i < 4; ++i) add(hangs.url());
  const std::int64_t id = add(good.url());
  const auto begun = std::chrono::steady_clock::now();
  {
    const Notifier notifier(*store, clock, settings, poster);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      record();
      ASSERT_TRUE(comes_true([&] { return state(id).posted == i; }));
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s) << "nobody waited for the time-out";
  EXPECT_GE(hangs.requests().size(), 1u);
  EXPECT_EQ(good.requests().size(), 3u);
}

TEST_F(NotifierTest, FollowsChanges) {
  CannedHttpServer a([](const std::string&) { return taken; });
  CannedHttpServer b([](const std::string&) { return taken; });
  const Notifier notifier(*store, clock, settings, poster);
  const std::int64_t id = add(a.url());
  record();
  ASSERT_TRUE(comes_true([&] { return a.requests().size() == 1; })) << "it was added";
  ASSERT_TRUE(comes_true([&] { return state(id).posted == 1; }));
  Webhook webhook = (*store->webhooks())[0];
  webhook.url = b.url();
  ASSERT_TRUE(store->change_webhook(webhook));
  ASSERT_TRUE(comes_true([&] {
    record();
    std::this_thread::sleep_for(200ms);
    return !b.requests().empty();
  })) << "it was changed";
  const std::size_t at_a = a.requests().size();
  record();
  const std::size_t at_b = b.requests().size();
  ASSERT_TRUE(comes_true([&] { return b.requests().size() > at_b; }));
  EXPECT_EQ(a.requests().size(), at_a);
  ASSERT_TRUE(store->remove_webhook(id));
}

TEST_F(NotifierTest, WhatWasUnderWayIsRepeated) {
  std::atomic<bool> hang = true;
  CannedHttpServer server([&](const std::string&) -> std::optional<std::string> {
    if (hang) return std::nullopt;
    return taken;
  });
  const std::int64_t id = add(server.url());
  {
    const Notifier notifier(*store, clock, settings, poster);
    record();
    ASSERT_TRUE(comes_true([&] { return server.requests().size() == 1; }));
  }
  EXPECT_EQ(state(id).waiting, 1u);
  EXPECT_EQ(state(id).failed, 0u) << "it is not the endpoint's fault";
  hang = false;
  const Notifier notifier(*store, clock, settings, poster);
  ASSERT_TRUE(comes_true([&] { return state(id).posted == 1; }));
  const auto body = [&](std::size_t i) {
    const std::string request = server.requests().at(i);
    return request.substr(request.find("\r\n\r\n"));
  };
  EXPECT_EQ(body(0), body(1));
}

}  // namespace
}  // namespace smtpapi
