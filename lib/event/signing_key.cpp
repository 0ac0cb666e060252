#include "event/signing_key.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>

#include "mail/codec.h"

namespace smtpapi {
namespace {

using Bio = Owned<BIO, BIO_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

/// A passphrase is never asked for: a daemon has nobody to ask.
int no_passphrase(char*, int, int, void*) { return -1; }

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error failed(const char* what) {
  ERR_clear_error();
  return internal(std::string("signing key: ") + what);
}

}  // namespace

Result<SigningKey> SigningKey::make() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return failed("cannot be made");
  return SigningKey(std::move(key));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  char curve[32] = "";
  const bool good = key && EVP_PKEY_get_group_name(key.get(), curve, sizeof(curve), nullptr) == 1 &&
                    std::string_view(curve) == "prime256v1";
  ERR_clear_error();
  if (!good) return invalid("not a private key on the curve P-256");
  return SigningKey(std::move(key));
}

std::string SigningKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1)
    return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string SigningKey::public_key() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) return "";
  std::string out =
      encode_base64({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return out;
}

Result<std::string> SigningKey::sign(std::string_view timestamp, std::string_view body) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string der;
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSignUpdate(context.get(), octets(timestamp), timestamp.size()) != 1 ||
      EVP_DigestSignUpdate(context.get(), octets(body), body.size()) != 1 ||
      EVP_DigestSignFinal(context.get(), nullptr, &size) != 1)
    return failed("cannot sign");
  der.resize(size);
  if (EVP_DigestSignFinal(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size) != 1)
    return failed("cannot sign");
  der.resize(size);
  return encode_base64(der);
}

}  // namespace smtpapi
