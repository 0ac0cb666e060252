// Links of a text body of 100 kB with 100 links: octets a second to find them, beside memcpy.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "mail/html_places.h"
#include "mail/links.h"

namespace smtpapi {
namespace {

constexpr std::size_t links = 100;
constexpr std::size_t size = 100'000;

/// A newsletter: nested tables with inline styles, buttons twice for Outlook.
std::string newsletter() {
  std::string html =
      "<!doctype html>\r\n<html><head><title>News</title><style>td{padding:0}"
      "@media (max-width:600px){.w{width:100%!important}}</style></head><body>\r\n";
  for (std::size_t i = 0; i < links; ++i) {
    const std::string number = std::to_string(i);
    html +=
        "<table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" "
        "border=\"0\" "
        "align=\"center\" style=\"width:600px;margin:0 auto\"><tr>\r\n<td class=\"w\" "
        "style=\"padding:10px 20px;font-family:Arial,Helvetica,sans-serif;font-size:14px;"
        "line-height:20px;color:#333333\" valign=\"top\">\r\n";
    if (i % 2 == 0) html += "<!--[if mso]><table><tr><td width=\"280\"><![endif]-->\r\n";
    html += "<a href=\"https://www.example.com/shop/item/" + number +
            "?utm_source=news&amp;utm_medium=email&amp;ref=" + number +
            "\" target=\"_blank\" style=\"color:#ffffff;text-decoration:none\">Item " + number +
            "</a>\r\n";
    if (i % 2 == 0) html += "<!--[if mso]></td></tr></table><![endif]-->\r\n";
    html += "<img src=\"https://img.example.com/" + number +
            ".png\" width=\"280\" height=\"200\" alt=\"\" style=\"display:block;border:0\">\r\n";
    while (html.size() < size * (i + 1) / links)
      html += "<p style=\"margin:0\">And a few words about it, as people read them.</p>\r\n";
    html += "</td></tr></table>\r\n";
  }
  return html + "</body></html>\r\n";
}

std::string letter() {
  std::string text;
  for (std::size_t i = 0; i < links; ++i) {
    text += "Item: (https://www.example.com/shop/item/" + std::to_string(i) + ").\r\n";
    while (text.size() < size * (i + 1) / links)
      text += "One of the other lines of this newsletter, with words that are plain\r\n";
  }
  return text;
}

void count_octets(benchmark::State& state, std::string_view input) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

void copy(benchmark::State& state) {
  const std::string html = newsletter();
  std::string out(html.size(), '\0');
  for (auto _ : state) {
    std::memcpy(out.data(), html.data(), html.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count_octets(state, html);
}
BENCHMARK(copy);

void find_in_html(benchmark::State& state) {
  const std::string html = newsletter();
  if (find_html_links(html).size() != links) state.SkipWithError("not all links are found");
  for (auto _ : state) benchmark::DoNotOptimize(find_html_links(html));
  count_octets(state, html);
}
BENCHMARK(find_in_html);

void find_in_text(benchmark::State& state) {
  const std::string text = letter();
  if (find_text_links(text).size() != links) state.SkipWithError("not all links are found");
  for (auto _ : state) benchmark::DoNotOptimize(find_text_links(text));
  count_octets(state, text);
}
BENCHMARK(find_in_text);

void places_of_200_tags(benchmark::State& state) {
  const std::string html = newsletter();
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < 200; ++i) offsets.push_back(html.size() / 200 * i);
  for (auto _ : state) benchmark::DoNotOptimize(places_of(html, offsets));
  count_octets(state, html);
}
BENCHMARK(places_of_200_tags);

}  // namespace
}  // namespace smtpapi

BENCHMARK_MAIN();
