// Lines of the MTA's log a second while the follower catches up: those of our messages, which write
// events, those of others, and both.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random_id.h"
#include "job/follow.h"
#include "net/log_file.h"
#include "net/sending_address.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

using namespace std::chrono_literals;
const Time noon = from_unix(1'795'262'400);  // 2026-11-21 12:00 UTC
constexpr std::size_t copies_in_a_submission = 1'000;

void must(bool ok) {
  if (!ok) throw std::runtime_error("the store failed");
}

std::string queue_id(std::size_t message) {
  return fmt::format("{:05X}A94{:04X}", message, message % 997);
}
std::string recipient(std::size_t message) {
  return fmt::format("user{}@example{}.org", message, message % 100);
}

/// What Postfix 3.7 logs of a message to one recipient that came in by SMTP.
std::string lines_of(std::size_t message, bool only_delivery) {
  const std::string id = queue_id(message);
  const std::string stamp =
      fmt::format("Nov 21 11:{:02}:{:02} mx1 postfix/", message / 6'000 % 60, message / 100 % 60);
  const std::string delivery = fmt::format(
      "{}smtp[{}]: {}: to=<{}>, relay=mx.example{}.org[192.0.2.{}]:25, delay=0.52, "
      "delays=0.05/0/0.21/0.26, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4c7yXl1bGvz3q)\n",
      stamp, 20'000 + message % 40, id, recipient(message), message % 100, message % 250);
  if (only_delivery) return delivery;
  return fmt::format(
      "{0}smtpd[1234]: connect from app.example.com[192.0.2.1]\n"
      "{0}smtpd[1234]: {1}: client=app.example.com[192.0.2.1], sasl_method=PLAIN, "
      "sasl_username=app\n"
      "{0}cleanup[1235]: {1}: message-id=<20261121110000.{1}@app.example.com>\n"
      "{0}qmgr[900]: {1}: from=<app@example.com>, size=8412, nrcpt=1 (queue active)\n"
      "{0}smtpd[1234]: disconnect from app.example.com[192.0.2.1] ehlo=1 auth=1 mail=1 rcpt=1 "
      "data=1 quit=1 commands=6\n"
      "{2}"
      "{0}qmgr[900]: {1}: removed\n",
      stamp, id, delivery);
}

/// A log of `messages` messages, of which the first `ours` are copies in the store.
class Log {
 public:
  Log(std::size_t messages, std::size_t ours, bool only_deliveries)
      : lines(messages * (only_deliveries ? 1 : 7)) {
    auto opened = open_store("sqlite://" + folder / "store.db", StoreAccess::create);
    must(opened.has_value());
    store = *std::move(opened);
    std::ofstream file(folder / "mail.log");
    for (std::size_t i = 0; i < messages; ++i) file << lines_of(i, only_deliveries);
    file.close();
    for (std::size_t i = 0; i < ours; i += copies_in_a_submission)
      hold(i, std::min(ours, i + copies_in_a_submission));
    source = std::make_unique<LogFile>(folder / "mail.log");
  }

  void follow() {
    SendingAddress addresses;
    Follower follower(*source, *store, BounceClasses::built_in(),
                      [&](const std::string& ip) { return addresses.towards(ip); });
    for (;;) {
      const auto more = follower.step(noon);
      must(more.has_value());
      if (!*more) return;
    }
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  std::unique_ptr<LogSource> source;
  std::size_t lines;

 private:
  void hold(std::size_t from, std::size_t to) {
    Submission submission;
    submission.id = random_id();
    submission.received = noon - 1h;
    std::vector<NewCopy> copies;
    for (std::size_t i = from; i < to; ++i) {
      NewCopy copy;
      copy.index = i - from;
      copy.recipient = recipient(i);
      copy.queue_id = queue_id(i);
      copies.push_back(std::move(copy));
    }
    must(store->hold(submission, copies).has_value());
  }
};

/// `percent` of the messages are ours.
void Follow(benchmark::State& state) {
  const auto messages = static_cast<std::size_t>(state.range(0));
  const auto ours = messages * static_cast<std::size_t>(state.range(1)) / 100;
  std::size_t lines = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto log = std::make_unique<Log>(messages, ours, state.range(2) != 0);
    state.ResumeTiming();
    log->follow();
    state.PauseTiming();
    lines += log->lines;
    EventQuery query;
    query.limit = 1;
    must(log->store->events(query)->size() == (ours > 0 ? 1u : 0u));
    log.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(lines));
  state.counters["events/s"] =
      benchmark::Counter(static_cast<double>(ours) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(Follow)
    ->ArgNames({"messages", "ours_percent", "only_deliveries"})
    ->Args({100'000, 0, 0})
    ->Args({100'000, 100, 0})
    ->Args({100'000, 0, 1})
    ->Args({100'000, 100, 1})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
