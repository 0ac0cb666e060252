// Sealed links: what a URL of ours carries is neither readable nor forgeable (TRK-2).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "track/link.h"
#include "track/secrets.h"

namespace smtpapi {

/// The keys of tracking.key-file. Immutable and thread-safe.
///
/// A token is base64url of: format octet, key id octet, then AES-SIV (RFC 5297) of the link's
/// octets. SIV needs no nonce: the same link gives the same token, so that a copy that is tried
/// twice is the same copy. Nothing of a link is stored (links outlive their submission).
class LinkKeys {
 public:
  /// The first seals, all open.
  explicit LinkKeys(const Secrets& secrets);
  /// `text` of a key file. Errors: as Secrets::parse.
  static Result<LinkKeys> parse(std::string_view text);
  /// Errors: as Secrets::load.
  static Result<LinkKeys> load(const std::string& path);
  ~LinkKeys();
  LinkKeys(LinkKeys&&) noexcept;
  LinkKeys& operator=(LinkKeys&&) noexcept;

  /// Appends the token: A-Z a-z 0-9 - _ only. Never fails for a link whose submission_id is 22
  /// base64url characters; throws std::runtime_error if OpenSSL fails.
  void append_token(std::string& out, const Link& link) const;
  std::string token(const Link& link) const;

  /// The length of the token of such a link, without sealing it.
  static std::size_t token_size(const Link& link);

  /// Octets. A longer token is never opened, for proxies and servers refuse such a request line
  /// anyhow: a link that would need one is left as it is.
  static constexpr std::size_t max_token = 7'900;

  /// Nothing for what was not sealed with one of the keys: forged, cut, of another format. No token
  /// makes it throw.
  std::optional<Link> open(std::string_view token) const;
  /// Nothing either for a link of another kind, so that each path serves only its own.
  std::optional<Link> open(std::string_view token, LinkKind kind) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpapi
