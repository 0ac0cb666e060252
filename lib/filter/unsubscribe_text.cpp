#include "filter/unsubscribe_text.h"

#include "base/text.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

constexpr std::string_view default_html =
    "If you would like to unsubscribe and stop receiving these emails <% click here %>.";
constexpr std::string_view default_plain =
    "If you would like to unsubscribe and stop receiving these emails click here: <% %>.";

/// `text` with each `<% words %>` as a link (UNSUB-2): in HTML with these words, or the URL where
/// there are none; in text the URL.
Insertion with_links(const std::string& text, TextKind kind) {
  const Slot url = {SlotKind::unsubscribe_url};
  Insertion out;
  std::size_t done = 0;
  for (auto begin = text.find("<%"); begin != std::string::npos; begin = text.find("<%", done)) {
    const auto end = text.find("%>", begin + 2);
    if (end == std::string::npos) break;
    out << std::string_view(text).substr(done, begin - done);
    done = end + 2;
    if (kind == TextKind::plain) {
      out << url;
      continue;
    }
    const std::string_view words = trim(std::string_view(text).substr(begin + 2, end - begin - 2));
    out << "<a href=\"" << url << "\">";
    if (words.empty())
      out << url;
    else
      out << words;
    out << "</a>";
  }
  return std::move(out << std::string_view(text).substr(done));
}

}  // namespace

void apply_unsubscribe_text(const FilterSettings& settings, const FilterContext&,
                            std::vector<BodyText>& bodies, std::vector<Remark>&) {
  if (!settings.value("replace").empty()) return;  // UNSUB-4: its tag is a slot
  std::string_view html = settings.value("text/html");
  std::string_view plain = settings.value("text/plain");
  if (html.empty() && plain.empty()) {  // UNSUB-3
    html = default_html;
    plain = default_plain;
  }
  if (BodyText* body = first_body(bodies, TextKind::html); body && !html.empty())
    with_links(to_crlf(std::string(html)), TextKind::html).put_below_html(*body);
  if (BodyText* body = first_body(bodies, TextKind::plain); body && !plain.empty())
    with_links(to_crlf(std::string(plain)), TextKind::plain).put_below_text(*body);
}

}  // namespace smtpapi
