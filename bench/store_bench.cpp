// What the store can hold, offer and settle. With the slow_sync library preloaded the threads of
// BM_Hold show how many callers share a sync (LIB-54).
#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random_id.h"
#include "store/open_store.h"
#include "support/temporary_folder.h"

namespace smtpapi {
namespace {

const Time noon = from_unix(1'803'898'800);

struct OpenStore {
  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  OpenStore() {
    auto opened = open_store("sqlite://" + folder / "store.db", StoreAccess::create);
    if (!opened) throw std::runtime_error(opened.error().text);
    store = *std::move(opened);
  }
};

Submission a_submission(std::size_t message_octets) {
  Submission submission;
  submission.id = random_id();
  submission.received = noon;
  submission.queue_id = "4XyZ12";
  submission.reverse_path = "app@example.org";
  submission.header = R"({"to":["ann@example.org"],"category":"bench"})";
  submission.message = std::make_shared<const std::string>(message_octets, 'x');
  return submission;
}

std::vector<NewCopy> some_copies(std::size_t count) {
  std::vector<NewCopy> copies(count);
  for (std::size_t i = 0; i < count; ++i) {
    copies[i].index = i;
    copies[i].recipient = "recipient" + std::to_string(i) + "@example.org";
  }
  return copies;
}

void must(bool ok) {
  if (!ok) throw std::runtime_error("the store failed");
}

/// One durable submission of 8 kB with three copies.
void BM_Hold(benchmark::State& state) {
  static std::unique_ptr<OpenStore> open;
  if (state.thread_index() == 0) open = std::make_unique<OpenStore>();
  const auto copies = some_copies(3);
  Submission submission = a_submission(8'192);
  for (auto _ : state) {
    submission.id = random_id();
    must(open->store->hold(submission, copies).has_value());
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) open.reset();
}
BENCHMARK(BM_Hold)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

/// One submission of 10,000 copies.
void BM_HoldManyCopies(benchmark::State& state) {
  OpenStore open;
  const auto copies = some_copies(10'000);
  for (auto _ : state) must(open.store->hold(a_submission(8'192), copies).has_value());
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_HoldManyCopies)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(20);

/// 10,000 copies through claim and settle, in pieces of the given size, beside a store full of
/// others: copies that are finished, wait for later, or are paused.
void BM_ClaimAndSettle(benchmark::State& state) {
  const auto piece = static_cast<std::size_t>(state.range(0));
  const auto others = static_cast<std::size_t>(state.range(1));
  OpenStore open;
  Store& store = *open.store;
  auto later = some_copies(10'000);
  for (NewCopy& copy : later) copy.due = noon + std::chrono::hours(100);
  auto dropped = some_copies(10'000);
  for (NewCopy& copy : dropped) copy.drop_reason = "Invalid";
  must(store.set_batch("paused", BatchStatus::pause, noon).has_value());
  Submission paused = a_submission(100);
  paused.batch_id = "paused";
  if (others > 0) must(store.hold(paused, some_copies(10'000)).has_value());
  for (std::size_t i = 0; i < others; i += 10'000) {
    must(store.hold(a_submission(100), later).has_value());
    must(store.hold(a_submission(100), dropped).has_value());
  }
  const auto copies = some_copies(10'000);
  for (auto _ : state) {
    state.PauseTiming();
    must(store.hold(a_submission(8'192), copies).has_value());
    state.ResumeTiming();
    for (;;) {
      const auto claimed = store.claim("runner", noon, seconds(30), piece);
      must(claimed.has_value());
      if (claimed->empty()) break;
      std::vector<Outcome> outcomes(claimed->size());
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        outcomes[i].copy_id = (*claimed)[i].id;
        outcomes[i].kind = Outcome::Kind::sent;
        outcomes[i].queue_id = "4XyZ12abcde";
        outcomes[i].reply = "250 2.0.0 Ok: queued as 4XyZ12abcde";
      }
      must(store.settle("runner", outcomes, noon).has_value());
    }
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_ClaimAndSettle)
    ->ArgNames({"piece", "others"})
    ->Args({100, 0})
    ->Args({500, 0})
    ->Args({500, 1'000'000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(10);

/// Who of so many recipients is on a list, of which a million addresses are.
void BM_Listings(benchmark::State& state) {
  static constexpr std::size_t listed = 1'000'000;
  OpenStore open;
  std::vector<Suppression> entries(state.range(1) != 0 ? listed : 0);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].list = SuppressionList::global;
    entries[i].address = "left" + std::to_string(i) + "@example.org";
  }
  must(open.store->suppress(entries).has_value());
  std::vector<std::string> keys;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    keys.push_back((i % 10 ? "recipient" : "left") + std::to_string(i) + "@example.org");
  for (auto _ : state) must(open.store->listings(keys, 12).has_value());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Listings)
    ->ArgNames({"recipients", "lists"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({10'000, 0})
    ->Args({10'000, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
