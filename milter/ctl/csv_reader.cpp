#include "milter/ctl/csv_reader.h"

#include <algorithm>

namespace smtpapi::ctl {
namespace {

constexpr std::size_t longest_record = 64 * 1'024;
constexpr std::size_t piece = 256 * 1'024;  ///< read at a time

}  // namespace

CsvReader::Read CsvReader::next() {
  if (!began_) {
    began_ = true;
    fill();
    if (buffer_.compare(0, 3, "\xEF\xBB\xBF") == 0) at_ = passed_ = 3;
    if (buffer_.compare(0, 2, "\xFF\xFE") == 0 || buffer_.compare(0, 2, "\xFE\xFF") == 0) {
      line_ = 1;
      mistake_ = "the file is UTF-16: save it as UTF-8";
      return Read::failed;
    }
  }
  for (;;) {
    const bool is_last = !in_;
    if (in_.bad()) {
      mistake_ = "the input cannot be read";
      return Read::failed;
    }
    if (at_ == buffer_.size() && is_last) return Read::end;
    const std::size_t begin = at_;
    line_ = next_line_;
    switch (parse(is_last)) {
      case Parsed::wants_more:
        fill();
        continue;
      case Parsed::bad:
        skip_line();
        return Read::bad;
      case Parsed::record:
        passed_ += at_ - begin;
        if (fields_.size() == 1 && fields_[0].empty() && buffer_[begin] != '"') continue;
        return Read::record;
    }
  }
}

/// From at_, which it moves behind the record if there is a whole one.
///
/// A quote inside a field without quotes is a mistake. So a line that leaves a quote open has an
/// odd number of them, and one that leaves an open quote open an even number: no line is read
/// through twice because of two open quotes, and reading takes linear time whatever comes.
CsvReader::Parsed CsvReader::parse(bool is_last) {
  const std::string_view rest =
      std::string_view(buffer_).substr(at_, std::min(longest_record, buffer_.size() - at_));
  const bool is_cut = rest.size() == longest_record;
  const auto ended = [&] {
    if (is_cut) return bad("longer than 65,536 octets; is a quote left open?");
    return is_last ? Parsed::record : Parsed::wants_more;
  };
  std::size_t count = 0, lines = 0, i = 0;
  const auto field = [&]() -> std::string& {
    if (count == fields_.size()) fields_.emplace_back();
    std::string& next = fields_[count++];
    next.clear();
    return next;
  };
  for (;;) {
    std::string& text = field();
    if (i < rest.size() && rest[i] == '"') {
      for (++i;;) {
        const std::size_t quote = rest.find('"', i);
        if (quote == rest.npos) {
          const Parsed end = ended();
          return end == Parsed::record ? bad("a quote is opened and never closed") : end;
        }
        text += rest.substr(i, quote - i);
        i = quote + 1;
        if (i == rest.size() && ended() != Parsed::record) return ended();
        if (i == rest.size() || rest[i] != '"') break;
        text += '"';
        ++i;
      }
      lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      if (i < rest.size() && rest[i] == '\r') ++i;
      if (i < rest.size() && rest[i] != ',' && rest[i] != '\n')
        return bad("text behind a closing quote: write a quote inside a field twice");
    } else {
      const std::size_t end = std::min(rest.find_first_of(",\n\"", i), rest.size());
      if (end < rest.size() && rest[end] == '"')
        return bad("a quote in a field without quotes: put quotes around it, and write it twice");
      text = rest.substr(i, end - i);
      i = end;
      if ((i == rest.size() || rest[i] == '\n') && !text.empty() && text.back() == '\r')
        text.pop_back();
    }
    if (i == rest.size()) {
      if (const Parsed end = ended(); end != Parsed::record) return end;
      break;
    }
    if (rest[i++] == '\n') {
      ++lines;
      break;
    }
  }
  fields_.resize(count);
  at_ += i;
  next_line_ += lines;
  return Parsed::record;
}

CsvReader::Parsed CsvReader::bad(const char* why) {
  mistake_ = why;
  return Parsed::bad;
}

void CsvReader::skip_line() {
  ++next_line_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', at_);
    const std::size_t next = end == buffer_.npos ? buffer_.size() : end + 1;
    passed_ += next - at_;
    at_ = next;
    if (end != buffer_.npos || !fill()) return;
  }
}

bool CsvReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + piece);
  in_.read(buffer_.data() + kept, piece);
  buffer_.resize(kept + static_cast<std::size_t>(in_.gcount()));
  return buffer_.size() > kept;
}

std::string csv_field(std::string_view text) {
  const bool is_plain = text.find_first_of(",\"\r\n") == text.npos;
  if (is_plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace smtpapi::ctl
