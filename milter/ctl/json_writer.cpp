#include "milter/ctl/json_writer.h"

#include <json/json.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "mail/charset.h"
#include "mail/codec.h"

namespace smtpapi::ctl {

JsonWriter::JsonWriter(std::ostream& out) : out_(out) {
  Json::StreamWriterBuilder builder;  // LIB-48
  builder["indentation"] = "";
  builder["emitUTF8"] = true;
  strings_.reset(builder.newStreamWriter());
}

JsonWriter::~JsonWriter() = default;

void JsonWriter::begin_value() {
  if (after_key_) {
    after_key_ = false;
  } else if (!is_empty_.empty()) {
    if (!is_empty_.back()) out_.put(',');
    is_empty_.back() = false;
  }
}

void JsonWriter::begin(char bracket) {
  begin_value();
  out_.put(bracket);
  is_empty_.push_back(true);
}

void JsonWriter::end(char bracket) {
  out_.put(bracket);
  is_empty_.pop_back();
}

void JsonWriter::begin_object() { begin('{'); }
void JsonWriter::end_object() { end('}'); }
void JsonWriter::begin_array() { begin('['); }
void JsonWriter::end_array() { end(']'); }

void JsonWriter::quote(std::string_view text) {
  std::optional<std::string> mended;
  if (!is_utf8(text)) {
    mended = to_utf8(text, "utf-8");
    text = mended ? std::string_view(*mended) : std::string_view();
  }
  strings_->write(Json::Value(text.data(), text.data() + text.size()), &out_);
}

void JsonWriter::key(std::string_view name) {
  begin_value();
  quote(name);
  out_.put(':');
  after_key_ = true;
}

void JsonWriter::string(std::string_view text) {
  begin_value();
  quote(text);
}

void JsonWriter::number(std::int64_t value) {
  begin_value();
  out_ << value;
}

void JsonWriter::boolean(bool value) {
  begin_value();
  out_ << (value ? "true" : "false");
}

void JsonWriter::base64(std::span<const std::string_view> pieces) {
  begin_value();
  out_.put('"');
  // Three octets make one group: what is over at the end of a piece waits for the next.
  constexpr std::size_t step = 48 * 1024;
  std::string block;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::size_t taken = std::min(piece.size(), step - block.size());
      block += piece.substr(0, taken);
      piece.remove_prefix(taken);
      if (block.size() < step) continue;
      out_ << encode_base64(block);
      block.clear();
    }
  }
  out_ << encode_base64(block) << '"';
}

void JsonWriter::end_line() { out_.put('\n'); }

}  // namespace smtpapi::ctl
