#include "track/keys.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "base/encode.h"
#include "base/owned.h"
#include "base/text.h"
#include "track/link_octets.h"
#include "track/siv.h"

namespace smtpapi {
namespace {

constexpr char format = 1;
constexpr std::size_t prefix = 2;     // format and key id
constexpr std::size_t key_size = 64;  // AES-256 for the MAC and for the cipher
constexpr std::size_t min_secret = 32;
constexpr std::size_t max_file = 65'536;

/// HKDF-SHA512 (RFC 5869) of a line of the key file: a key for AES-SIV and an octet that names it.
std::array<unsigned char, key_size + 1> derive(std::string_view secret) {
  const Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  std::string digest = "SHA512";
  std::string info = "smtpapi-milter link 1";
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(secret.data()),
                                        secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  std::array<unsigned char, key_size + 1> out{};
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) != 1)
    throw std::runtime_error("OpenSSL refuses HKDF");
  return out;
}

struct NamedKey {
  char id;
  Siv siv;
};

NamedKey make_key(std::string_view secret) {
  auto derived = derive(secret);
  const char id = static_cast<char>(derived.back());
  const std::string_view key(reinterpret_cast<const char*>(derived.data()), key_size);
  NamedKey named{id, Siv(key, std::string{format, id})};
  OPENSSL_cleanse(derived.data(), derived.size());
  return named;
}

}  // namespace

struct LinkKeys::Impl {
  std::vector<NamedKey> keys;
};

LinkKeys::LinkKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LinkKeys::~LinkKeys() = default;
LinkKeys::LinkKeys(LinkKeys&&) noexcept = default;
LinkKeys& LinkKeys::operator=(LinkKeys&&) noexcept = default;

Result<LinkKeys> LinkKeys::parse(std::string_view text) {
  auto impl = std::make_unique<Impl>();
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view secret = trim(line);
    if (secret.empty() || secret.front() == '#') continue;
    if (secret.size() < min_secret)
      return invalid(
          fmt::format("line {}: a key needs at least {} characters", number, min_secret));
    impl->keys.push_back(make_key(secret));
  }
  if (impl->keys.empty()) return invalid("there is no key in it");
  return LinkKeys(std::move(impl));
}

Result<LinkKeys> LinkKeys::load(const std::string& path) {
  const Owned<std::FILE, std::fclose> file(std::fopen(path.c_str(), "re"));
  if (!file) return unavailable(fmt::format("open {}: {}", path, std::strerror(errno)));
  std::string text(max_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()))
    return unavailable(fmt::format("read {}: {}", path, std::strerror(errno)));
  if (text.size() > max_file) return invalid(fmt::format("{}: too long for a key file", path));
  auto keys = parse(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!keys) return std::move(keys).error().within(path);
  return keys;
}

void LinkKeys::append_token(std::string& out, const Link& link) const {
  const NamedKey& key = impl_->keys.front();
  const std::string octets = link_octets(link);
  std::string sealed{format, key.id};
  sealed.reserve(prefix + Siv::overhead + octets.size());
  key.siv.seal(sealed, octets);
  append_base64url(out, sealed);
}

std::string LinkKeys::token(const Link& link) const {
  std::string out;
  append_token(out, link);
  return out;
}

std::size_t LinkKeys::token_size(const Link& link) {
  return base64url_size(prefix + Siv::overhead + link_octets_size(link));
}

std::optional<Link> LinkKeys::open(std::string_view token) const {
  if (token.size() > max_token) return std::nullopt;
  const auto sealed = decode_base64url(token);
  if (!sealed || sealed->size() < prefix || (*sealed)[0] != format) return std::nullopt;
  for (const NamedKey& key : impl_->keys) {
    if ((*sealed)[1] != key.id) continue;
    if (const auto octets = key.siv.open(std::string_view(*sealed).substr(prefix)))
      return read_link(*octets);
  }
  return std::nullopt;
}

std::optional<Link> LinkKeys::open(std::string_view token, LinkKind kind) const {
  auto link = open(token);
  if (link && link->kind != kind) link.reset();
  return link;
}

}  // namespace smtpapi
