#include "milter/ctl/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace smtpapi::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "line: field|field", or "line! mistake" of each record.
std::vector<std::string> read_all(const std::string& text) {
  std::istringstream in(text);
  CsvReader csv(in);
  std::vector<std::string> out;
  for (;;) {
    const auto read = csv.next();
    if (read == CsvReader::Read::end) break;
    std::string record = std::to_string(csv.line());
    if (read == CsvReader::Read::record) {
      for (const std::string& field : csv.fields()) record += '|' + field;
    } else {
      record += "! " + std::string(csv.mistake());
    }
    out.push_back(record);
    if (read == CsvReader::Read::failed) return out;
  }
  EXPECT_EQ(csv.octets_read(), text.size());
  return out;
}

TEST(CsvReaderTest, ReadsRecords) {
  const struct {
    const char* why;
    std::string text;
    std::vector<std::string> want;
  } cases[] = {
      {"nothing", "", {}},
      {"LF", "a,b\nc,d\n", {"1|a|b", "2|c|d"}},
      {"CRLF", "a,b\r\nc,d\r\n", {"1|a|b", "2|c|d"}},
      {"no last line end", "a\nb", {"1|a", "2|b"}},
      {"no last line end but CR", "a\r", {"1|a"}},
      {"byte order mark", "\xEF\xBB\xBF\"a\",b\n", {"1|a|b"}},
      {"blank lines", "\n\r\na\n\n", {"3|a"}},
      {"empty fields", ",\n,,\n", {"1||", "2|||"}},
      {"an empty field in quotes is a record", "\"\"\n", {"1|"}},
      {"quotes", "\"a,b\",\"c\"\"d\",\"\"\n", {"1|a,b|c\"d|"}},
      {"a line end in quotes", "\"a\r\nb\",c\r\nd\n", {"1|a\r\nb|c", "3|d"}},
      {"a quote at the end of the input", "a,\"b\"", {"1|a|b"}},
      {"blanks belong to a field", " a , b \n", {"1| a | b "}},
      {"CR inside a field", "a\rb\n", {"1|a\rb"}},
      {"NUL", std::string("a\0b\n", 4), {std::string("1|a\0b", 5)}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(read_all(c.text), c.want);
  }
}

TEST(CsvReaderTest, ABadRecordCostsOneLine) {
  const struct {
    const char* why;
    std::string text;
    const char* mistake;
  } cases[] = {
      {"quote never closed", "a\n\"b\nc\n", "never closed"},
      {"text behind a quote", "a\n\"b\"c\nc\n", "behind a closing quote"},
      {"a quote behind a quote and blank", "a\n\"b\" \"\nc\n", "behind a closing quote"},
      {"a quote within", "a\nb\"b\nc\n", "without quotes"},
      {"a blank before a quote", "a\nb, \"b\"\nc\n", "without quotes"},
      {"too long", "a\n" + std::string(70'000, 'b') + "\nc\n", "longer than 65,536"},
      {"much too long", "a\n" + std::string(1'000'000, 'b') + "\nc\n", "longer than 65,536"},
      {"a quote open too long", "a\n\"b\nc\n", "closed"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(read_all(c.text), ElementsAre("1|a", HasSubstr(c.mistake), "3|c"));
  }
  const std::string rows(40'000, '\n');
  EXPECT_THAT(read_all("\"a\n" + rows + rows + "b\n"),
              ElementsAre(HasSubstr("is a quote left open"), "80002|b"));
}

TEST(CsvReaderTest, ReadsLongInputsPieceByPiece) {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += "\"user\n" + std::to_string(i) + "\",x\r\n";
  const auto all = read_all(text);
  ASSERT_EQ(all.size(), 60'000u);
  EXPECT_EQ(all.back(), "119999|user\n59999|x");
}

/// Each line leaves the quote open on which the next one ends.
TEST(CsvReaderTest, TakesLinearTimeWhateverComes) {
  for (const std::string line : {"x\",\"\n", "\"x\"\"\n", "\"\"\"\n", "x\"\"\n", "\"\n", ",\"\n"}) {
    std::string text;
    while (text.size() < 3'000'000) text += line;
    std::istringstream in(text);
    CsvReader csv(in);
    std::size_t records = 0;
    while (csv.next() != CsvReader::Read::end) ++records;
    EXPECT_GT(records, 100'000u) << line;
  }
}

TEST(CsvReaderTest, RefusesUtf16) {
  EXPECT_THAT(read_all(std::string("\xFF\xFE"
                                   "a\0",
                                   4)),
              ElementsAre(HasSubstr("UTF-16")));
}

TEST(CsvReaderTest, WritesWhatItReads) {
  for (const std::string& field :
       {std::string("plain"), std::string(), std::string("a,b"), std::string("\"a\" b"),
        std::string("two\r\nlines"), std::string("=1+1")}) {
    const auto read = read_all("x," + csv_field(field) + "\n");
    EXPECT_THAT(read, ElementsAre("1|x|" + field));
  }
}

}  // namespace
}  // namespace smtpapi::ctl
