#include "filter/body_template.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "mail/html.h"
#include "mail/message.h"

namespace smtpapi {
namespace {

/// Begin and end of the next `<% body %>`, white space inside the marks being free (TPL-2).
std::optional<std::pair<std::size_t, std::size_t>> find_body_mark(std::string_view text,
                                                                  std::size_t from) {
  for (auto begin = text.find("<%", from); begin != std::string_view::npos;
       begin = text.find("<%", begin + 2)) {
    const auto end = text.find("%>", begin + 2);
    if (end == std::string_view::npos) return std::nullopt;
    if (trim(text.substr(begin + 2, end - begin - 2)) == "body") return {{begin, end + 2}};
  }
  return std::nullopt;
}

}  // namespace

void apply_body_template(const FilterSettings& settings, const FilterContext&,
                         std::vector<BodyText>& bodies, std::vector<Remark>& warnings) {
  BodyText* body = first_body(bodies, TextKind::html);
  if (!body) return;
  const std::string frame = to_crlf(std::string(settings.value("text/html")));
  auto mark = find_body_mark(frame, 0);
  if (!mark) {
    warnings.push_back(
        {{}, "filter template is ignored: its 'text/html' has no <% body %> (LTPL-3)"});
    return;
  }
  const std::string_view inside = inside_of_body(body->text);
  std::string framed;
  std::size_t done = 0;
  for (; mark; mark = find_body_mark(frame, done)) {
    framed.append(frame, done, mark->first - done).append(inside);
    done = mark->second;
  }
  framed.append(frame, done);
  body->text = std::move(framed);
  body->changed = true;
}

}  // namespace smtpapi
