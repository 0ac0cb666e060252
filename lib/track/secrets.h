// The key file: secrets of which every key of ours is derived.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace smtpapi {

/// The lines of tracking.key-file that hold a secret, in its order. Wiped when it goes.
class Secrets {
 public:
  /// `text` of a key file: a secret of at least 32 characters on each line, "#" begins a comment
  /// line, empty lines do not count. Errors: invalid: no secret, or a line that is too short; the
  /// text names the line.
  static Result<Secrets> parse(std::string_view text);
  /// Errors: invalid (content), unavailable (cannot be read); the text names file and line.
  static Result<Secrets> load(const std::string& path);
  ~Secrets();
  Secrets(Secrets&&) noexcept = default;
  Secrets& operator=(Secrets&&) noexcept = default;

  /// Never empty. The first seals, all open.
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  Secrets() = default;
  std::vector<std::string> lines_;
};

/// `size` octets of HKDF-SHA512 (RFC 5869) of a secret. `purpose` keeps keys apart (LIB-45). Throws
/// std::runtime_error if OpenSSL fails.
std::string derive_key(std::string_view secret, std::string purpose, std::size_t size);

}  // namespace smtpapi
