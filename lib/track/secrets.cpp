#include "track/secrets.h"

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

#include "base/owned.h"
#include "base/text.h"

namespace smtpapi {
namespace {

constexpr std::size_t min_secret = 32;
constexpr std::size_t max_file = 65'536;

}  // namespace

Secrets::~Secrets() {
  for (std::string& line : lines_) OPENSSL_cleanse(line.data(), line.size());
}

Result<Secrets> Secrets::parse(std::string_view text) {
  Secrets secrets;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view secret = trim(line);
    if (secret.empty() || secret.front() == '#') continue;
    if (secret.size() < min_secret)
      return invalid(
          fmt::format("line {}: a key needs at least {} characters", number, min_secret));
    secrets.lines_.emplace_back(secret);
  }
  if (secrets.lines_.empty()) return invalid("there is no key in it");
  return secrets;
}

Result<Secrets> Secrets::load(const std::string& path) {
  const Owned<std::FILE, std::fclose> file(std::fopen(path.c_str(), "re"));
  if (!file) {
    const char* const hint = errno == ENOENT ? ": 'smtpapictl init' makes it" : "";
    return unavailable(fmt::format("open {}: {}{}", path, std::strerror(errno), hint));
  }
  std::string text(max_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()))
    return unavailable(fmt::format("read {}: {}", path, std::strerror(errno)));
  if (text.size() > max_file) return invalid(fmt::format("{}: too long for a key file", path));
  auto secrets = parse(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!secrets) return std::move(secrets).error().within(path);
  return secrets;
}

std::string derive_key(std::string_view secret, std::string purpose, std::size_t size) {
  const Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  std::string digest = "SHA512";
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(secret.data()),
                                        secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
      OSSL_PARAM_construct_end()};
  std::string out(size, '\0');
  if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                 out.size(), parameters.data()) != 1)
    throw std::runtime_error("OpenSSL refuses HKDF");
  return out;
}

}  // namespace smtpapi
