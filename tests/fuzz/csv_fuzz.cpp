// Suppressions as CSV: every line is told with its number, and what was read is written and read
// back as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "milter/ctl/csv_reader.h"
#include "milter/ctl/suppression_csv.h"
#include "tests/fuzz/property.h"

namespace smtpapi::ctl {
namespace {

const std::set<std::int64_t> groups = {1, 7};

bool same(const Suppression& a, const Suppression& b) {
  return a.list == b.list && a.group == b.group && a.address == b.address &&
         a.created == b.created && a.reason == b.reason && a.status == b.status && a.ip == b.ip;
}

void check_fields(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "x," : ",") + csv_field(field);
  std::istringstream in(line + "\n");
  CsvReader csv(in);
  require(csv.next() == CsvReader::Read::record, "what csv_field() writes is read");
  require(std::equal(fields.begin(), fields.end(), csv.fields().begin() + 1, csv.fields().end()),
          "a field is read as it was written");
}

void check_entry(const Suppression& entry) {
  require(entry.list == SuppressionList::group ? groups.contains(entry.group) : entry.group == 0,
          "an entry has the group of its list");
  require(!entry.address.empty() && !has_controls(entry.address), "an address is clean");
  std::istringstream in(std::string(suppression_csv_head()) + suppression_csv_line(entry));
  CsvReader csv(in);
  require(csv.next() == CsvReader::Read::record, "the head is read");
  const auto columns = SuppressionColumns::read(csv.fields(), {});
  require(columns && columns->is_header(), "the head is understood");
  require(csv.next() == CsvReader::Read::record && csv.line() == 2, "the line is read");
  const auto again = columns->entry(csv.fields(), groups, {});
  require(again && same(*again, entry), "an export is imported as it was");
  require(csv.next() == CsvReader::Read::end, "an entry is one line");
}

void check(std::string_view text, const SuppressionDefaults& defaults) {
  std::istringstream in{std::string(text)};
  CsvReader csv(in);
  std::optional<SuppressionColumns> columns;
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (std::size_t last = 0;;) {
    const auto read = csv.next();
    require(csv.octets_read() <= text.size(), "no more is read than there is");
    if (read == CsvReader::Read::failed) return;
    if (read == CsvReader::Read::end) break;
    require(csv.line() > last && csv.line() <= lines, "lines are counted up");
    last = csv.line();
    if (read == CsvReader::Read::bad) {
      require(!csv.mistake().empty(), "a refusal says why");
      continue;
    }
    check_fields(csv.fields());
    if (!columns) {
      const auto head = SuppressionColumns::read(csv.fields(), defaults);
      if (!head) return;
      columns = *head;
    }
    const auto entry = columns->entry(csv.fields(), groups, defaults);
    if (entry) check_entry(*entry);
    if (!entry) require(is_utf8(entry.error().text), "a refusal can be shown");
  }
  require(csv.octets_read() == text.size(), "all is read");
}

}  // namespace
}  // namespace smtpapi::ctl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  if (size == 0) return 0;
  ctl::SuppressionDefaults defaults;
  if (data[0] & 1) defaults.list = SuppressionList::invalid;
  if (data[0] & 2) {
    defaults.list = SuppressionList::group;
    defaults.group = 7;
  }
  ctl::check({reinterpret_cast<const char*>(data) + 1, size - 1}, defaults);
  return 0;
}
