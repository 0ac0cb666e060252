// Any octets as a header value, as a message and as a settings file: remarks and texts that come
// out are fit for the log and for JSON, and places lie within the input.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "smtpapi/parse.h"

using namespace smtpapi;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::vector<Remark>& remarks, std::size_t last_line) {
  require(remarks.size() <= 101);
  for (const Remark& remark : remarks) {
    require(remark.place.line <= last_line);
    const std::string text = to_string(remark);
    require(is_utf8(text) && printable(text, text.size()) == text);
  }
}

void check(const ParsedHeader& parsed, const HeaderText& text) {
  const std::size_t last_line = text.place(text.text().size()).line;
  check(parsed.problems, last_line);
  check(parsed.warnings, last_line);
  const Document& d = parsed.document;
  for (const auto& entry : d.to) require(is_utf8(entry));
  for (const auto& sub : d.sub) {
    require(!sub.tag.empty() && is_utf8(sub.tag));
    for (const auto& value : sub.values) require(is_utf8(value));
  }
  for (const auto& [tag, section] : d.section) require(!tag.empty() && is_utf8(section));
  for (const auto& [name, value] : d.unique_args) require(is_utf8(name) && is_utf8(value));
  require(d.category.size() <= 10 && d.asm_groups_to_display.size() <= 25);
  require(!parsed.empty || (parsed.problems.empty() && d.to.empty() && d.filters.empty()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Time now = from_unix(1'700'000'000);
  const Limits limits;

  const HeaderText value = HeaderText::from_value(input);
  check(parse_header(value, limits, now), value);

  const ExtractedHeader extracted = extract_header(Message(to_crlf(std::string(input))));
  check(extracted.problems, 0);
  check(extracted.warnings, 0);
  require(extracted.problems.empty() || extracted.text.text().empty());
  check(parse_header(extracted.text, limits, now), extracted.text);

  const ParsedFilters settings = parse_account_settings(input);
  check(settings.problems, size + 1);
  check(settings.warnings, size + 1);
  return 0;
}
