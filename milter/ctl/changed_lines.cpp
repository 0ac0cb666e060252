#include "milter/ctl/changed_lines.h"

#include "base/text.h"
#include "mail/mime.h"
#include "render/body.h"

namespace smtpapi::ctl {
namespace {

/// The decoded bodies of a message; one that cannot be decoded is "".
std::vector<std::string> texts_of(const Message& message) {
  std::vector<std::string> texts;
  for (const TextPart& part : find_bodies(message).bodies) {
    auto decoded = decode_part(part, message.octets().substr(part.begin, part.end - part.begin));
    texts.push_back(decoded ? std::move(decoded->text) : std::string());
  }
  return texts;
}

}  // namespace

ChangedLines::ChangedLines(const Message& original) {
  for (const std::string& text : texts_of(original))
    for (const std::string_view line : split(text, '\n')) original_.emplace(trim(line));
}

ChangedLines::Lines ChangedLines::of(const Message& copy, std::size_t limit) const {
  Lines out;
  for (const std::string& text : texts_of(copy)) {
    for (const std::string_view whole : split(text, '\n')) {
      std::string line(trim(whole));
      if (line.empty() || original_.count(line)) continue;
      if (out.lines.size() == limit) {
        out.more = true;
        return out;
      }
      out.lines.push_back(std::move(line));
    }
    if (!out.lines.empty()) return out;
  }
  return out;
}

}  // namespace smtpapi::ctl
