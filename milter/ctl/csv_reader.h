// Reads comma-separated values (RFC 4180), one record after the other.
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace smtpapi::ctl {

/// Lines may end in CRLF or LF, a UTF-8 byte order mark is left out, blank lines are no records. A
/// record that breaks the rules is told with its line and left out; reading goes on with the line
/// behind the one on which it began, so an open quote costs one line and not the file. Memory is
/// bounded: a record has at most 64 KiB.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in) : in_(in) {}

  enum class Read {
    record,
    bad,  ///< mistake() tells why
    end,
    failed,  ///< the input could not be read
  };
  Read next();

  const std::vector<std::string>& fields() const { return fields_; }  ///< quotes undone
  std::string_view mistake() const { return mistake_; }
  std::size_t line() const { return line_; }           ///< on which the record begins, from 1
  std::size_t octets_read() const { return passed_; }  ///< up to the record's end

 private:
  enum class Parsed { record, bad, wants_more };
  Parsed parse(bool is_last);
  Parsed bad(const char* why);
  void skip_line();
  bool fill();

  std::istream& in_;
  std::string buffer_;
  std::size_t at_ = 0;      ///< in the buffer: where the next record begins
  std::size_t passed_ = 0;  ///< octets before that, of the whole input
  std::size_t next_line_ = 1;
  std::size_t line_ = 0;
  bool began_ = false;
  std::vector<std::string> fields_;
  std::string mistake_;
};

/// A field as it is written: in quotes where it needs them.
std::string csv_field(std::string_view text);

}  // namespace smtpapi::ctl
