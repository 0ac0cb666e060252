// Recipient entries: what is accepted is one clean address, and its To field says the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/address.h"
#include "mail/encoded_word.h"
#include "mail/message.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace smtpapi;
  if (size == 0) return 0;
  const bool smtputf8 = data[0] & 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto mailbox = parse_mailbox(input, smtputf8);
  if (!mailbox) {
    require(mailbox.error().fault == Fault::invalid && is_utf8(mailbox.error().text),
            "a refusal says why");
    return 0;
  }
  const std::string& address = mailbox->address;
  for (const char c : address + mailbox->name)
    require(static_cast<unsigned char>(c) >= ' ' && c != '\x7F', "no control characters");
  require(address.find(' ') == std::string::npos, "no blanks in an address");
  require(smtputf8 || is_ascii(address), "an address is ASCII without SMTPUTF8");
  const auto again = parse_address(address, smtputf8);
  require(again && *again == address, "an accepted address stays as it is");

  const std::string to = format_mailbox(*mailbox);
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == '\r') require(std::string_view(to).substr(i, 3) == "\r\n ", "only folds");
    if (to[i] == '\n') require(i > 0 && to[i - 1] == '\r', "no bare LF");
  }
  const auto read = parse_mailbox(unfold(to), smtputf8);
  require(read && read->address == address, "the To field has the same address");
  if (is_ascii(mailbox->name) && mailbox->name.find("=?") == std::string::npos &&
      mailbox->name.size() < 900)
    require(read->name == mailbox->name, "the To field has the same name");
  return 0;
}
