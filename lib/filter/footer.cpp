#include "filter/footer.h"

#include "mail/html.h"
#include "mail/message.h"

namespace smtpapi {

void apply_footer(const FilterSettings& settings, std::vector<BodyText>& bodies,
                  std::vector<Remark>&) {
  const std::string_view html = settings.value("text/html");
  if (BodyText* body = first_body(bodies, TextKind::html); body && !html.empty()) {
    body->text.insert(bottom_of_html(body->text), to_crlf(std::string(html)));
    body->changed = true;
  }
  const std::string_view plain = settings.value("text/plain");
  if (BodyText* body = first_body(bodies, TextKind::plain); body && !plain.empty()) {
    if (!body->text.empty() && !body->text.ends_with('\n')) body->text += "\r\n";  // FOOT-2
    body->text += to_crlf(std::string(plain)) + "\r\n";
    body->changed = true;
  }
}

}  // namespace smtpapi
