#include "track/keys.h"

#include <openssl/crypto.h>

#include <vector>

#include "base/encode.h"
#include "track/link_octets.h"
#include "track/secrets.h"
#include "track/siv.h"

namespace smtpapi {
namespace {

constexpr char format = 1;
constexpr std::size_t prefix = 2;     // format and key id
constexpr std::size_t key_size = 64;  // AES-256 for the MAC and for the cipher

struct NamedKey {
  char id;
  Siv siv;
};

NamedKey make_key(std::string_view secret) {
  // The last octet is no part of the key: it names it.
  std::string derived = derive_key(secret, "smtpapi-milter link 1", key_size + 1);
  const char id = derived.back();
  NamedKey named{id, Siv(std::string_view(derived).substr(0, key_size), std::string{format, id})};
  OPENSSL_cleanse(derived.data(), derived.size());
  return named;
}

}  // namespace

struct LinkKeys::Impl {
  std::vector<NamedKey> keys;
};

LinkKeys::~LinkKeys() = default;
LinkKeys::LinkKeys(LinkKeys&&) noexcept = default;
LinkKeys& LinkKeys::operator=(LinkKeys&&) noexcept = default;

Result<LinkKeys> LinkKeys::parse(std::string_view text) {
  const auto secrets = Secrets::parse(text);
  if (!secrets) return secrets.error();
  return LinkKeys(*secrets);
}

Result<LinkKeys> LinkKeys::load(const std::string& path) {
  const auto secrets = Secrets::load(path);
  if (!secrets) return secrets.error();
  return LinkKeys(*secrets);
}

LinkKeys::LinkKeys(const Secrets& secrets) : impl_(std::make_unique<Impl>()) {
  for (const std::string& secret : secrets.lines()) impl_->keys.push_back(make_key(secret));
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
