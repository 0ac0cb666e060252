#include "filter/footer.h"

#include "mail/message.h"

namespace smtpapi {

void apply_footer(const FilterSettings& settings, const FilterContext&,
                  std::vector<BodyText>& bodies, std::vector<Remark>&) {
  const std::string_view html = settings.value("text/html");
  if (BodyText* body = first_body(bodies, TextKind::html); body && !html.empty())
    (Insertion() << to_crlf(std::string(html))).put_below_html(*body);
  const std::string_view plain = settings.value("text/plain");
  if (BodyText* body = first_body(bodies, TextKind::plain); body && !plain.empty())
    (Insertion() << to_crlf(std::string(plain))).put_below_text(*body);
}

}  // namespace smtpapi
