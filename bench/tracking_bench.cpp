// Tracked links in a 100 kB HTML body with 100 links: compiled once for a submission, and a copy
// for each recipient, of which only the tokens differ.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>

#include "render/renderer.h"

namespace smtpapi {
namespace {

constexpr std::size_t body_size = 100'000;
constexpr std::size_t link_count = 100;

/// What the substitutions of a copy do to the markup.
enum class Tags {
  none,
  in_text,   ///< and in links: links are where they were in the template
  in_title,  ///< where the template cannot tell: links are looked for in each copy
};

std::string newsletter(Tags tags, std::size_t links) {
  std::string html = tags == Tags::in_title ? "<html><head><title>-name-</title></head><body>\r\n"
                                            : "<html><body>\r\n";
  for (std::size_t i = 0; i < links; ++i) {
    html += fmt::format(
        "<p><a class=\"b\" href=\"https://shop.example.org/item/{}?ref=news&amp;c={}\">"
        "Item {}</a></p>\r\n",
        i, tags == Tags::none || i % 10 ? "x" : "-name-", i);
    while (html.size() < body_size * (i + 1) / links)
      html += "<p style=\"margin:0\">And a few words about it, as people read them.</p>\r\n";
    if (tags != Tags::none && i % 10 == 0) html += "<p>Dear -name-</p>\r\n";
  }
  return html + "</body></html>\r\n";
}

std::shared_ptr<const Message> message_with(const std::string& html) {
  return std::make_shared<const Message>(
      "From: a@example.org\r\nTo: b@example.org\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
      html);
}

std::shared_ptr<const Document> document_with(Tags tags) {
  auto document = std::make_shared<Document>();
  if (tags == Tags::none) return document;
  Substitution name{"-name-", false, {}};
  for (int i = 0; i < 1'000; ++i) name.values.push_back(fmt::format("Ann{}", i));
  document->sub.push_back(std::move(name));
  return document;
}

Renderer compile(const std::shared_ptr<const Message>& message,
                 const std::shared_ptr<const Document>& document, bool with_tracking) {
  static const auto tracking = std::make_shared<const Tracking>(
      "https://links.example.com", *LinkKeys::parse("0123456789abcdef0123456789abcdef"));
  RenderSettings settings;
  settings.submission_id = "AAAAAAAAAAAAAAAAAAAAAA";
  if (with_tracking) settings.links.tracking = tracking;
  Filters filters;
  if (with_tracking) filters["clicktrack"] = filters["opentrack"] = {true, {}};
  std::vector<Remark> warnings;
  return Renderer::compile(message, document, filters, settings, warnings);
}

void Memcpy(benchmark::State& state) {
  const std::string from = newsletter(Tags::none, link_count);
  std::string to(from.size(), ' ');
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(from.size()));
}

/// Decode, find the links, cut at them.
void Compile(benchmark::State& state, Tags tags) {
  const auto message = message_with(newsletter(tags, link_count));
  const auto document = document_with(tags);
  std::size_t octets = 0;
  for (auto _ : state) {
    const Renderer renderer = compile(message, document, true);
    benchmark::DoNotOptimize(&renderer);
    octets += body_size;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}

void Render(benchmark::State& state, Tags tags, bool with_tracking, std::size_t links) {
  const Renderer renderer =
      compile(message_with(newsletter(tags, links)), document_with(tags), with_tracking);
  RenderedCopy copy;
  Delivery delivery;
  delivery.recipient = "ann@example.org";
  std::size_t octets = 0;
  for (auto _ : state) {
    delivery.index = (delivery.index + 1) % 1'000;
    if (!renderer.render(delivery, copy)) state.SkipWithError("render failed");
    octets += copy.size();
    benchmark::DoNotOptimize(copy.body.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}

BENCHMARK(Memcpy);
BENCHMARK_CAPTURE(Compile, no_tags, Tags::none);
BENCHMARK_CAPTURE(Compile, tags, Tags::in_text);
BENCHMARK_CAPTURE(Render, untracked, Tags::in_text, false, link_count);
BENCHMARK_CAPTURE(Render, no_tags, Tags::none, true, link_count);
BENCHMARK_CAPTURE(Render, tags, Tags::in_text, true, link_count);
BENCHMARK_CAPTURE(Render, tags_20_links, Tags::in_text, true, 20);
BENCHMARK_CAPTURE(Render, links_of_each_copy, Tags::in_title, true, link_count);

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
