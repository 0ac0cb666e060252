#include "milter/job_name.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "base/owned.h"

namespace smtpapi {

using Digest = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

std::string job_name(const Envelope& envelope, const Message& message, bool with_recipients) {
  if (envelope.queue_id.empty()) return {};
  const Digest digest(EVP_MD_CTX_new());
  const auto add = [&](std::string_view text) {
    const std::uint64_t size = text.size();
    EVP_DigestUpdate(digest.get(), &size, sizeof size);
    EVP_DigestUpdate(digest.get(), text.data(), text.size());
  };
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  add(envelope.reverse_path);
  add(message.octets());
  if (with_recipients)
    for (const EnvelopeRecipient& recipient : envelope.recipients) add(recipient.address);
  if (EVP_DigestFinal_ex(digest.get(), hash, &length) != 1)
    throw std::runtime_error("SHA-256 does not work");
  std::string name = envelope.queue_id + "/";
  for (unsigned i = 0; i < length; ++i) name += fmt::format("{:02x}", hash[i]);
  return name;
}

}  // namespace smtpapi
