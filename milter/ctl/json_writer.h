// JSON as it is written out, piece by piece: nothing but the current string is in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string_view>
#include <vector>

namespace Json {
class StreamWriter;
}

namespace smtpapi::ctl {

/// Members keep the order of the calls. The output is UTF-8 whatever comes in: octets that are not
/// become U+FFFD. The stream must outlive the writer.
class JsonWriter {
 public:
  explicit JsonWriter(std::ostream& out);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void string(std::string_view text);
  void number(std::int64_t value);
  void boolean(bool value);
  /// A string: the pieces joined, in base64 (RFC 4648 section 4).
  void base64(std::span<const std::string_view> pieces);

  void member(std::string_view name, std::string_view text) { key(name), string(text); }
  void member(std::string_view name, const char* text) { key(name), string(text); }
  void member(std::string_view name, std::int64_t value) { key(name), number(value); }
  void member(std::string_view name, std::size_t value) {
    member(name, static_cast<std::int64_t>(value));
  }
  void member(std::string_view name, int value) { member(name, static_cast<std::int64_t>(value)); }
  void member(std::string_view name, bool value) { key(name), boolean(value); }
  template <class Strings>
  void strings(std::string_view name, const Strings& texts) {
    key(name);
    begin_array();
    for (const auto& text : texts) string(text);
    end_array();
  }

  /// Ends the line: the next value begins a new document.
  void end_line();

 private:
  void begin_value();
  void begin(char bracket);
  void end(char bracket);
  void quote(std::string_view text);

  std::ostream& out_;
  std::unique_ptr<Json::StreamWriter> strings_;
  std::vector<bool> is_empty_;  ///< of each object or array that is open
  bool after_key_ = false;
};

}  // namespace smtpapi::ctl
