#include "filter/chain.h"

#include <array>
#include <string_view>

#include "filter/body_template.h"
#include "filter/footer.h"

namespace smtpapi {
namespace {

struct Link {
  std::string_view name;  ///< as in the header's "filters" object
  ApplyFilter apply;
};

// PIPE-3, steps 5 to 7: a template wraps what the client wrote, so that the footer stays below
// both.
constexpr std::array chain = {
    Link{"template", apply_body_template},
    Link{"footer", apply_footer},
};

}  // namespace

BodyText* first_body(std::vector<BodyText>& bodies, TextKind kind) {
  for (BodyText& body : bodies) {
    if (body.kind == kind) return &body;
  }
  return nullptr;
}

void apply_filters(const Filters& filters, std::vector<BodyText>& bodies,
                   std::vector<Remark>& warnings) {
  for (const Link& link : chain) {
    const auto settings = filters.find(link.name);
    if (settings != filters.end()) link.apply(settings->second, bodies, warnings);
  }
}

}  // namespace smtpapi
