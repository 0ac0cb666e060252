#include "filter/gravatar.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/text.h"

namespace smtpapi {
namespace {

/// Nothing when this OpenSSL has no MD5 (FIPS).
std::string md5_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

void apply_gravatar(const FilterSettings&, const FilterContext& context,
                    std::vector<BodyText>& bodies, std::vector<Remark>& warnings) {
  if (!context.options.gravatar) {
    warnings.push_back({{},
                        "filter gravatar is off: the operator does not allow images of third "
                        "parties (tracking.gravatar, GRAV-2)"});
    return;
  }
  BodyText* body = first_body(bodies, TextKind::html);
  const std::string hash = md5_hex(to_lower(context.from));
  if (!body || context.from.empty() || hash.empty()) return;
  const Slot image = body->add_fixed(fmt::format(
      R"(<img src="https://www.gravatar.com/avatar/{}?s=80" width="80" height="80" alt="">)",
      hash));
  (Insertion() << image).put_below_html(*body);
}

}  // namespace smtpapi
