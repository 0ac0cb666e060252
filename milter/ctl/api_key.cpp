#include "milter/ctl/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/encode.h"
#include "base/random_id.h"

namespace smtpapi::ctl {
namespace {

constexpr std::string_view prefix = "SG.", scheme = "{SSHA512}";
constexpr std::size_t id_length = 22, secret_length = 43, salt_length = 16;
constexpr std::size_t digest_length = 64;

bool is_alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_base64url(std::string_view text) {
  for (const char c : text)
    if (!is_alphanumeric(c) && c != '-' && c != '_') return false;
  return true;
}

/// Of `octets`, a multiple of 8.
std::string random_octets(std::size_t octets) {
  std::string out;
  while (out.size() < octets) out += *decode_base64url(random_id());
  out.resize(octets);
  return out;
}

std::string digest(std::string_view key, std::string_view salt) {
  const std::string text = std::string(key) + std::string(salt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha512(), nullptr) != 1)
    return {};
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view octets) {
  std::string out((octets.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(octets.data()),
                                   static_cast<int>(octets.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// "" when it is none.
std::string decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  // It counts what the padding stands for.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace

ApiKey make_api_key() {
  ApiKey key;
  // On a command line "-" would begin an option.
  do key.id = random_id();
  while (!is_alphanumeric(key.id[0]));
  key.secret = base64url(random_octets(32));
  return key;
}

bool is_key_id(std::string_view text) {
  return text.size() == id_length && is_alphanumeric(text[0]) && is_base64url(text);
}

std::optional<ApiKey> parse_api_key(std::string_view text) {
  if (text.size() != prefix.size() + id_length + 1 + secret_length || !text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  const std::string_view secret = text.substr(id_length + 1);
  if (!is_key_id(text.substr(0, id_length)) || text[id_length] != '.' || !is_base64url(secret))
    return std::nullopt;
  return ApiKey{std::string(text.substr(0, id_length)), std::string(secret)};
}

std::string hash_api_key(std::string_view key) {
  const std::string salt = random_octets(salt_length);
  return std::string(scheme) + base64(digest(key, salt) + salt);
}

bool is_hash_of(std::string_view hash, std::string_view key) {
  if (!hash.starts_with(scheme)) return false;
  const std::string octets = decode_base64(hash.substr(scheme.size()));
  if (octets.size() <= digest_length) return false;
  const std::string ours = digest(key, std::string_view(octets).substr(digest_length));
  return ours.size() == digest_length &&
         CRYPTO_memcmp(ours.data(), octets.data(), digest_length) == 0;
}

}  // namespace smtpapi::ctl
