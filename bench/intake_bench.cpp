// The intake job: reading and planning a large header, and durable submissions a second.
//
// `hold` with 32 threads against 1 shows what group commit gives; with SLOW_SYNC (bench/README.md)
// every sync takes 3 ms longer, as on a real disk.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include "job/intake.h"
#include "plan/plan.h"
#include "smtpapi/header_text.h"
#include "smtpapi/parse.h"
#include "store/open_store.h"

namespace smtpapi {
namespace {

std::string header_to(std::size_t recipients) {
  std::string to, name, code;
  for (std::size_t i = 0; i < recipients; ++i) {
    const char* comma = i == 0 ? "" : ",\r\n ";
    to += fmt::format("{}\"user{}@example.org\"", comma, i);
    name += fmt::format("{}\"N{}\"", comma, i);
    code += fmt::format("{}\"{}\"", comma, i);
  }
  return fmt::format("{{\"to\":[{}],\"sub\":{{\"-n-\":[{}],\"-c-\":[{}]}}}}", to, name, code);
}

Intaken submission(std::size_t recipients) {
  Intaken in;
  in.trusted = true;
  in.envelope.queue_id = "4QID";
  in.envelope.reverse_path = "app@example.org";
  in.envelope.recipients = {{"sink@example.org", "", "<sink@example.org>"}};
  std::string body;
  while (body.size() < 8000)
    body += "Hello -n-, an ordinary line, code -c-, nothing else to say\r\n";
  in.message = std::make_shared<const Message>(
      "From: a@example.org\r\nSubject: Hi -n-\r\nX-SMTPAPI: " + header_to(recipients) + "\r\n\r\n" +
      body);
  return in;
}

void ParseAndPlan(benchmark::State& state) {
  const auto recipients = static_cast<std::size_t>(state.range(0));
  const HeaderText text = HeaderText::from_value(header_to(recipients));
  for (auto _ : state) {
    const ParsedHeader parsed = parse_header(text, {}, Time());
    const Plan plan = make_plan(parsed.document, {}, {}, Time());
    if (plan.deliveries.size() != recipients) state.SkipWithError("recipients are missing");
  }
  state.counters["header_bytes"] = static_cast<double>(text.text().size());
}
BENCHMARK(ParseAndPlan)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// Everything up to the verdict, each recipient's copy checked.
void Decide(benchmark::State& state) {
  const Intaken in = submission(static_cast<std::size_t>(state.range(0)));
  const IntakeSettings settings;
  const SystemClock clock;
  const Intake intake(settings, nullptr, clock);
  for (auto _ : state) {
    const auto decision = intake.decide(in);
    if (!decision || decision->verdict != Verdict::hold) state.SkipWithError("not held");
  }
}
BENCHMARK(Decide)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// The store of the running benchmark: made and removed once, whatever the number of threads.
std::string hold_folder;
std::unique_ptr<Store> hold_store;

void open_hold_store(const benchmark::State&) {
  std::string name = (std::filesystem::current_path() / "hold-bench-XXXXXX").string();
  hold_folder = mkdtemp(name.data());
  auto opened = open_store("sqlite://" + hold_folder + "/store.db", StoreAccess::create);
  if (!opened) throw std::runtime_error(opened.error().text);
  hold_store = *std::move(opened);
}

void remove_hold_store(const benchmark::State&) {
  hold_store.reset();
  std::filesystem::remove_all(hold_folder);
}

void Hold(benchmark::State& state) {
  const Intaken in = submission(2);
  const IntakeSettings settings;
  const SystemClock clock;
  const Intake intake(settings, hold_store.get(), clock);
  for (auto _ : state) {
    if (!intake.take(in)) state.SkipWithError("not held");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Hold)
    ->Setup(open_hold_store)
    ->Teardown(remove_hold_store)
    ->Threads(1)
    ->Threads(32)
    ->UseRealTime();

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
