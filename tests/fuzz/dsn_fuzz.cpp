// Returned mail: whatever it is, what is read of it is bounded, printable and of known shape.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/dsn.h"
#include "tests/fuzz/property.h"

using namespace smtpapi;

namespace {

void check(const ReturnedMail& mail) {
  require(mail.text.size() <= 510, "the text is bounded");
  require(is_utf8(mail.text) && printable(mail.text, 1'000) == mail.text, "the text is printable");
  require(mail.status.empty() || find_status_code(mail.status) == mail.status,
          "a status code is one");
  require(mail.reply_code == 0 || (mail.reply_code >= 400 && mail.reply_code < 600),
          "a reply code is one of a refusal");
  require(!mail.has_given_up || mail.kind == ReturnedMail::Kind::failed, "who gave up has failed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(read_returned_mail(Message(to_crlf(text))));
  check(read_returned_mail(Message(
      to_crlf("Content-Type: multipart/report; boundary=b\n\n--b\n\nfailure\n--b\nContent-Type: "
              "message/delivery-status\n\n" +
              text))));
  check(read_bounce_text("failure notice", text, false));
  return 0;
}
