// The key with which posts of events are signed (SIG-1 to SIG-5).
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "base/owned.h"
#include "base/result.h"

namespace smtpapi {

/// A key pair on the curve P-256. For one thread at a time.
class SigningKey {
 public:
  /// A new one. Errors: internal.
  static Result<SigningKey> make();
  /// Errors: invalid when it is no PKCS #8 PEM of a private key on P-256.
  static Result<SigningKey> from_pem(std::string_view pem);

  std::string pem() const;  ///< PKCS #8, not encrypted
  /// Base64 of the DER SubjectPublicKeyInfo, one line (SIG-5).
  std::string public_key() const;
  /// Base64 of the DER signature (ECDSA with SHA-256) of `timestamp` followed by `body` (SIG-3).
  /// Errors: internal.
  Result<std::string> sign(std::string_view timestamp, std::string_view body) const;

 private:
  using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
  explicit SigningKey(Key key) : key_(std::move(key)) {}
  Key key_;
};

}  // namespace smtpapi
