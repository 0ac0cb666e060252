// Reading the header: time for one of the largest, and that it grows no faster than the header.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "smtpapi/parse.h"

namespace smtpapi {
namespace {

/// `recipients` entries and three tags with a value for each: 40 octets a recipient, folded every
/// tenth value as client libraries do.
std::string header_for(std::size_t recipients) {
  const auto array = [&](auto&& item) {
    std::string out = "[";
    for (std::size_t i = 0; i < recipients; ++i) {
      if (i > 0) out += i % 10 == 0 ? ",\r\n   " : ", ";
      out += item(i);
    }
    return out + "]";
  };
  std::string header = "{\"to\": ";
  header += array([](std::size_t i) { return fmt::format("\"u{:05}@example.net\"", i); });
  header += ",\r\n \"sub\": {\"-n-\": ";
  header += array([](std::size_t i) { return fmt::format("\"{}\"", i % 10); });
  header += ", \"-id-\": ";
  header += array([](std::size_t i) { return fmt::format("{}", 100 + i % 900); });
  header += ", \"-c-\": ";
  header += array([](std::size_t) { return "\"\\u00e9\""; });
  return header + "}, \"category\": \"news\"}";
}

void parse_recipients(benchmark::State& state) {
  const std::string value = header_for(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const ParsedHeader parsed = parse_header(HeaderText::from_value(value), {}, Time());
    if (!parsed.problems.empty()) state.SkipWithError(to_string(parsed.problems[0]).c_str());
    benchmark::DoNotOptimize(parsed.document.to.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(value.size()) * state.iterations());
  state.counters["header_bytes"] = static_cast<double>(value.size());
}
BENCHMARK(parse_recipients)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void parse_tags(benchmark::State& state) {
  std::string value = "{\"sub\":{";
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    value += fmt::format("{}\"-t{}-\":[\"a\",\"b\"]", i > 0 ? "," : "", i);
  }
  value += "}}";
  Limits limits;
  limits.substitution_bytes = 0;
  for (auto _ : state) {
    const ParsedHeader parsed = parse_header(HeaderText::from_value(value), limits, Time());
    if (!parsed.problems.empty()) state.SkipWithError(to_string(parsed.problems[0]).c_str());
    benchmark::DoNotOptimize(parsed.document.sub.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(value.size()) * state.iterations());
}
BENCHMARK(parse_tags)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
