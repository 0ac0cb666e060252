// Any octets as HTML and as text: links stand where they are said to, rewriting them changes
// nothing else, and what is inserted at a place that is not "other" moves no link.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/html.h"
#include "mail/html_places.h"
#include "mail/links.h"
#include "tests/fuzz/property.h"

namespace smtpapi {
namespace {

void check_places(std::string_view html, const std::vector<FoundLink>& links) {
  std::size_t behind = 0;
  for (const FoundLink& link : links) {
    require(behind < link.begin && link.begin <= link.end && link.end < html.size(),
            "links are in order, apart and inside");
    require(html[link.begin - 1] == link.quote && html[link.end] == link.quote,
            "a link stands between its quotes");
    require(resolve_references(html.substr(link.begin, link.end - link.begin)) == link.url,
            "the source of a link is its URL");
    behind = link.end;
    std::size_t cut_end = 0;
    for (const auto& [from, to] : link.cuts) {
      require(from < to && to < html.size() && from >= cut_end, "cuts are in order and apart");
      require(to < link.begin || from > link.end, "a cut is beside the URL");
      cut_end = to;
    }
  }
}

/// `html` with every URL replaced and our attributes taken out.
std::string rewritten(std::string_view html, const std::vector<FoundLink>& links,
                      std::string_view url) {
  std::string out;
  std::size_t done = 0;
  const auto skip_to = [&](std::size_t from, std::size_t to) {
    out.append(html.substr(done, from - done));
    done = to;
  };
  for (const FoundLink& link : links) {
    for (const auto& [from, to] : link.cuts) {
      if (from < link.begin) skip_to(from, to);
    }
    skip_to(link.begin, link.end);
    append_attribute_value(out, url, link.quote);
    for (const auto& [from, to] : link.cuts) {
      if (from > link.end) skip_to(from, to);
    }
  }
  skip_to(html.size(), html.size());
  return out;
}

void check_html(std::string_view html) {
  const auto links = find_html_links(html);
  check_places(html, links);
  const std::string_view url = "https://t/?a=1&b=2'\"<>--";
  const std::string changed = rewritten(html, links, url);
  const auto after = find_html_links(changed);
  require(after.size() == links.size(), "rewriting keeps the number of links");
  for (std::size_t i = 0; i < after.size(); ++i)
    require(after[i].url == url && after[i].quote == links[i].quote, "every link is rewritten");
}

void check_insertion(std::string_view html, std::size_t at) {
  const std::size_t offsets[] = {at};
  const HtmlPlace place = places_of(html, offsets)[0];
  if (place == HtmlPlace::other) return;
  std::string value = "x='\" href=\"http://i/\"> --> ]]>";
  if (place != HtmlPlace::text) std::erase(value, place == HtmlPlace::double_quoted ? '"' : '\'');
  std::string changed(html);
  changed.insert(at, value);
  const auto before = find_html_links(html);
  const auto after = find_html_links(changed);
  require(before.size() == after.size(), "an insertion keeps the number of links");
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool is_inside = before[i].begin <= at && at <= before[i].end;
    const std::size_t moved = at < before[i].begin ? value.size() : 0;
    require(after[i].begin == before[i].begin + moved, "an insertion moves what is behind it");
    require(is_inside || after[i].url == before[i].url, "an insertion changes no other link");
    require(after[i].exempt == before[i].exempt && after[i].universal == before[i].universal,
            "an insertion changes no flags");
  }
}

void check_text(std::string_view text) {
  std::size_t behind = 0;
  for (const FoundLink& link : find_text_links(text)) {
    require(behind <= link.begin && link.begin < link.end && link.end <= text.size(),
            "links of a text are in order and inside");
    require(text.substr(link.begin, link.end - link.begin) == link.url, "a run is its URL");
    const auto again = find_text_links(link.url);
    require(again.size() == 1 && again[0].url == link.url, "a URL alone is found as a whole");
    behind = link.end;
  }
}

}  // namespace
}  // namespace smtpapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  if (size < 2) return 0;
  const std::size_t number = data[0] * 256U + data[1];
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_html(input);
  check_insertion(input, number % (input.size() + 1));
  check_text(input);
  require(bottom_of_html(input) <= input.size(), "the bottom is inside");

  require(resolve_references(input).size() <= input.size() * 3, "references do not grow much");
  for (const char quote : {'"', '\'', '\0'}) {
    std::string value;
    append_attribute_value(value, input, quote);
    require(resolve_references(value) == input, "a written value is read back");
    require(value.find_first_of("<>") == std::string::npos, "a written value holds no brackets");
    require(quote == 0 || value.find(quote) == std::string::npos, "nor its quote");
  }
  return 0;
}
