// AES-SIV (RFC 5297): authenticated encryption that needs no nonce.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace smtpapi {

/// S2V over one string of associated data and a text. Immutable and thread-safe.
///
/// OpenSSL's own "AES-256-SIV" must be keyed anew for each text and copies a MAC context several
/// times for each, under a lock. Here AES-CBC and AES-CTR contexts are keyed once and lent to one
/// thread at a time: a quarter of the time for a link, and threads do not wait for each other. The
/// tests compare both.
class Siv {
 public:
  static constexpr std::size_t overhead = 16;  ///< what a sealed text is longer by

  /// `key`: 64 octets for AES-256, 48 or 32 for its shorter kin. Throws std::runtime_error if it
  /// has another size or OpenSSL has no AES.
  Siv(std::string_view key, std::string_view associated);
  ~Siv();
  Siv(Siv&&) noexcept;
  Siv& operator=(Siv&&) noexcept;

  /// Appends the synthetic IV and the ciphertext. Throws std::runtime_error if OpenSSL fails.
  void seal(std::string& out, std::string_view text) const;

  /// Nothing unless `sealed` was made by seal() with this key and associated data.
  std::optional<std::string> open(std::string_view sealed) const;

 private:
  class Ciphers;
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace smtpapi
