// Tokens of links: sealed and opened a second, alone and with every processor at it.
#include <benchmark/benchmark.h>

#include <string>

#include "track/keys.h"

namespace smtpapi {
namespace {

/// A target of 150 octets, as campaigns have them.
Link click() {
  Link link;
  link.submission_id = "AAECAwQFBgcICQoLDA0ODw";
  link.index = 4711;
  link.recipient = "ann.lee@example.org";
  link.url =
      "https://www.example.com/shop/autumn/shoes/4711?utm_source=news&utm_medium=email"
      "&utm_campaign=Autumn%20Sale&ref=";
  link.url.resize(150, 'x');
  link.place = 12;
  return link;
}

const LinkKeys& keys() {
  static const LinkKeys one = *LinkKeys::parse("0123456789abcdefghijklmnopqrstuv");
  return one;
}

void seal(benchmark::State& state) {
  const Link link = click();
  std::string out;
  for (auto _ : state) {
    out.clear();
    keys().append_token(out, link);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(seal)->ThreadRange(1, 4)->UseRealTime();

void open(benchmark::State& state) {
  const std::string token = keys().token(click());
  for (auto _ : state) benchmark::DoNotOptimize(keys().open(token));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(open)->ThreadRange(1, 4)->UseRealTime();

void refuse_forged(benchmark::State& state) {
  std::string token = keys().token(click());
  token[token.size() / 2] ^= 1;
  for (auto _ : state) benchmark::DoNotOptimize(keys().open(token));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(refuse_forged);

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
