#include "track/return_path.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "base/encode.h"

namespace smtpapi {
namespace {

constexpr unsigned format = 0x10;
constexpr unsigned is_blind = 0x01;
constexpr std::size_t id_size = 16;
constexpr std::size_t max_row_size = 3;  // of 7 bits each
constexpr std::size_t mac_size = 10;
constexpr std::size_t key_size = 32;

constexpr std::size_t max_token = base32_size(1 + id_size + max_row_size + mac_size);
static_assert(ReturnPaths::max_local_part + 1 + max_token <= 64);

std::string mac_of(std::string_view key, std::string_view octets) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), out, &size))
    throw std::runtime_error("OpenSSL refuses HMAC-SHA256");
  return std::string(reinterpret_cast<const char*>(out), mac_size);
}

/// Nothing unless `octets` are what address() signs.
std::optional<ReturnPath> read(std::string_view octets) {
  const auto first = static_cast<unsigned char>(octets[0]);
  if ((first & ~is_blind) != format || octets.size() < 1 + id_size + 1) return std::nullopt;
  ReturnPath out;
  out.is_blind = (first & is_blind) != 0;
  out.submission_id = base64url(octets.substr(1, id_size));
  const std::string_view row = octets.substr(1 + id_size);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto octet = static_cast<unsigned char>(row[i]);
    const bool is_last = i + 1 == row.size();
    if (i == max_row_size || is_last == (octet >= 0x80)) return std::nullopt;
    out.index |= static_cast<std::size_t>(octet & 0x7F) << 7 * i;
  }
  return out;
}

}  // namespace

Result<ReturnPaths> ReturnPaths::make(std::string_view address, const Secrets& secrets) {
  ReturnPaths out;
  const auto at = address.rfind('@');
  out.local_part_ = address.substr(0, at);
  if (at == std::string_view::npos) return invalid("it is no address");
  if (out.local_part_.size() > max_local_part)
    return invalid(
        fmt::format("'{}' is longer than {} octets: the token must find room before the "
                    "@ (RFC 5321 4.5.3.1.1)",
                    out.local_part_, max_local_part));
  out.domain_ = address.substr(at);
  for (const std::string& secret : secrets.lines())
    out.keys_.push_back(derive_key(secret, "smtpapi-milter return-path 1", key_size));
  return out;
}

std::optional<std::string> ReturnPaths::address(const ReturnPath& copy) const {
  const auto id = decode_base64url(copy.submission_id);
  if (!id || id->size() != id_size || copy.index >> 7 * max_row_size != 0) return std::nullopt;
  std::string octets(1, static_cast<char>(format | (copy.is_blind ? is_blind : 0)));
  octets += *id;
  std::size_t row = copy.index;
  for (; row >= 0x80; row >>= 7) octets.push_back(static_cast<char>(row | 0x80));
  octets.push_back(static_cast<char>(row));
  octets += mac_of(keys_.front(), octets);
  return local_part_ + '+' + base32(octets) + domain_;
}

std::optional<ReturnPath> ReturnPaths::open(std::string_view address) const {
  std::string_view token = address.substr(0, address.rfind('@'));
  if (const auto plus = token.rfind('+'); plus != std::string_view::npos)
    token.remove_prefix(plus + 1);
  if (token.size() > max_token) return std::nullopt;
  const auto octets = decode_base32(token);
  if (!octets || octets->size() <= mac_size) return std::nullopt;
  const std::string_view is_signed = std::string_view(*octets).substr(0, octets->size() - mac_size);
  const std::string_view mac = std::string_view(*octets).substr(is_signed.size());
  for (const std::string& key : keys_)
    if (CRYPTO_memcmp(mac_of(key, is_signed).data(), mac.data(), mac_size) == 0)
      return read(is_signed);
  return std::nullopt;
}

}  // namespace smtpapi
