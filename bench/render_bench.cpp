// Rendering: octets of output a second, and what a copy costs as recipients grow in number.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>

#include "mail/codec.h"
#include "render/renderer.h"

namespace smtpapi {
namespace {

constexpr std::size_t body_size = 100'000;

enum class Encoding { eight_bit, quoted_printable, base64 };

/// A text of `body_size` octets in lines of some 70 columns with `tags` tags spread over it.
std::string body_with(std::size_t tags) {
  std::string body;
  std::size_t written = 0;
  while (body.size() < body_size) {
    body += "Gr\xC3\xBC\xC3\x9F Gott, a line of an ordinary newsletter with nothing to replace\r\n";
    if (written < tags && body.size() >= body_size / tags * written) {
      body += fmt::format("Dear -tag{}-, this line is yours\r\n", written++ % 10);
    }
  }
  return body;
}

std::shared_ptr<const Document> document_for(std::size_t recipients, bool with_sections) {
  auto document = std::make_shared<Document>();
  for (int tag = 0; tag < 10; ++tag) {
    Substitution sub{fmt::format("-tag{}-", tag), false, {}};
    for (std::size_t i = 0; i < recipients; ++i) {
      sub.values.push_back(with_sections ? fmt::format("-section{}-", i % 2)
                                         : fmt::format("value {} of {}", tag, i));
    }
    document->sub.push_back(std::move(sub));
  }
  if (with_sections) {
    document->sub.push_back({"-n-", true, {"Ann"}});
    document->section = {{"-section0-", "customer -n-"}, {"-section1-", "friend -n-"}};
  }
  return document;
}

Renderer renderer_for(std::size_t tags, std::size_t recipients, Encoding encoding,
                      bool with_sections) {
  const std::string body = body_with(tags);
  std::string content;
  const char* name = "8bit";
  if (encoding == Encoding::quoted_printable) {
    name = "quoted-printable";
    append_quoted_printable(content, body);
  } else if (encoding == Encoding::base64) {
    name = "base64";
    append_base64_lines(content, body);
  } else {
    content = body;
  }
  auto message = std::make_shared<const Message>(fmt::format(
      "From: a@example.org\r\nTo: b@example.org\r\nSubject: Hi -tag1-\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
      name, content));
  std::vector<Remark> warnings;
  return Renderer::compile(message, document_for(recipients, with_sections), {}, {}, warnings);
}

void render_all(benchmark::State& state, const Renderer& renderer, std::size_t recipients) {
  RenderedCopy copy;
  Delivery delivery;
  delivery.replaces_to = true;
  delivery.mailbox = {"Ann Lee", "ann@example.org"};
  std::size_t octets = 0;
  for (auto _ : state) {
    delivery.index = (delivery.index + 1) % recipients;
    if (!renderer.render(delivery, copy)) state.SkipWithError("render failed");
    octets += copy.size();
    benchmark::DoNotOptimize(copy.body.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}

void Memcpy(benchmark::State& state) {
  const std::string from = body_with(10);
  std::string to(from.size(), ' ');
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(from.size()));
}

void Render(benchmark::State& state, Encoding encoding, bool with_sections) {
  const auto tags = static_cast<std::size_t>(state.range(0));
  const auto recipients = static_cast<std::size_t>(state.range(1));
  render_all(state, renderer_for(tags, recipients, encoding, with_sections), recipients);
}

BENCHMARK(Memcpy);
BENCHMARK_CAPTURE(Render, eight_bit, Encoding::eight_bit, false)
    ->ArgNames({"tags", "recipients"})
    ->Args({10, 10})
    ->Args({10, 10'000})
    ->Args({200, 10});
BENCHMARK_CAPTURE(Render, quoted_printable, Encoding::quoted_printable, false)
    ->ArgNames({"tags", "recipients"})
    ->Args({10, 10});
BENCHMARK_CAPTURE(Render, base64, Encoding::base64, false)
    ->ArgNames({"tags", "recipients"})
    ->Args({10, 10});
BENCHMARK_CAPTURE(Render, sections, Encoding::eight_bit, true)
    ->ArgNames({"tags", "recipients"})
    ->Args({10, 10});

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
