// Codecs, charsets and encoded words: octets of input a second.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "mail/charset.h"
#include "mail/codec.h"
#include "mail/encoded_word.h"

namespace smtpapi {
namespace {

constexpr std::size_t size = 1'000'000;

/// Lines of an ordinary mail; one in `every` holds two letters that are not ASCII (0: none).
std::string letter(int every) {
  std::string text;
  for (int line = 0; text.size() < size; ++line) {
    text += every > 0 && line % every == 0
                ? "Gr\xC3\xBC\xC3\x9F Gott, a line of an ordinary newsletter, 3 = 3\r\n"
                : "One of the other lines of this newsletter, with words that are plain\r\n";
  }
  return text;
}

std::string russian() {
  std::string text;
  while (text.size() < size) text += "Съешь же ещё этих мягких булок\r\n";
  return text;
}

void count_octets(benchmark::State& state, std::string_view input) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

void encode_base64_lines(benchmark::State& state) {
  const std::string text = letter(10);
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_base64_lines(out, text);
    benchmark::DoNotOptimize(out.data());
  }
  count_octets(state, text);
}
BENCHMARK(encode_base64_lines);

void decode_base64_lines(benchmark::State& state) {
  std::string text;
  append_base64_lines(text, letter(10));
  for (auto _ : state) benchmark::DoNotOptimize(decode_base64(text));
  count_octets(state, text);
}
BENCHMARK(decode_base64_lines);

void encode_quoted_printable(benchmark::State& state, const std::string& text) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_quoted_printable(out, text);
    benchmark::DoNotOptimize(out.data());
  }
  count_octets(state, text);
}
BENCHMARK_CAPTURE(encode_quoted_printable, ascii, letter(0));
BENCHMARK_CAPTURE(encode_quoted_printable, mostly_ascii, letter(10));
BENCHMARK_CAPTURE(encode_quoted_printable, hardly_ascii, russian());

void decode_quoted_printable(benchmark::State& state, const std::string& text) {
  std::string encoded;
  append_quoted_printable(encoded, text);
  for (auto _ : state) benchmark::DoNotOptimize(smtpapi::decode_quoted_printable(encoded));
  count_octets(state, encoded);
}
BENCHMARK_CAPTURE(decode_quoted_printable, mostly_ascii, letter(10));
BENCHMARK_CAPTURE(decode_quoted_printable, hardly_ascii, russian());

/// A value of a few octets that goes into a text in another charset.
void short_value_from_utf8(benchmark::State& state, std::string_view text) {
  for (auto _ : state) benchmark::DoNotOptimize(from_utf8(text, "iso-8859-1"));
}
BENCHMARK_CAPTURE(short_value_from_utf8, ascii, "Ann Lee");
BENCHMARK_CAPTURE(short_value_from_utf8, latin1, "Änn Lée");

void body_to_utf8(benchmark::State& state, std::string_view charset) {
  const std::string octets = *from_utf8(letter(10), charset);
  for (auto _ : state) benchmark::DoNotOptimize(to_utf8(octets, charset));
  count_octets(state, octets);
}
BENCHMARK_CAPTURE(body_to_utf8, utf_8, "utf-8");
BENCHMARK_CAPTURE(body_to_utf8, iso_8859_1, "iso-8859-1");

void subject(benchmark::State& state, std::string_view text) {
  for (auto _ : state) benchmark::DoNotOptimize(encode_unstructured(text, 9));
}
BENCHMARK_CAPTURE(subject, ascii, "Ann, your order number 4711 has left our house today");
BENCHMARK_CAPTURE(subject, not_ascii, "Ännchen, your order number 4711 has left our house today");

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
