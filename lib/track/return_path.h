// One bounce address for each copy (PIPE-7, DS-5): what comes back names the copy by the address it
// comes back to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "track/secrets.h"

namespace smtpapi {

/// The copy that a bounce address stands for.
struct ReturnPath {
  std::string submission_id;  ///< 22 characters
  std::size_t index = 0;      ///< the copy's row
  bool is_blind = false;      ///< a blind copy, which has its row in common with another

  bool operator==(const ReturnPath&) const = default;
};

/// inject.return-path and the keys of tracking.key-file. Immutable and thread-safe.
///
/// bounces@bounce.example.com becomes bounces+TOKEN@bounce.example.com. The token is base32 (RFC
/// 4648 section 6) in lower case, so that a server that folds the case of local parts does no harm:
/// an octet for format and kind, the submission's id, the row, and the first 80 bits of an
/// HMAC-SHA256 over these. 80 bits, because a local part has 64 octets (RFC 5321 4.5.3.1.1): who
/// wants to forge one must try by sending mail to us, 2^79 times. What it signs is no secret: the
/// id stands in logs and events, and gives no rights to anybody.
class ReturnPaths {
 public:
  /// Octets before the @ of inject.return-path.
  static constexpr std::size_t max_local_part = 15;

  /// `address`: where bounces go. Errors: invalid: its local part is too long.
  static Result<ReturnPaths> make(std::string_view address, const Secrets& secrets);

  /// The reverse path of a copy, without <>; its local part has at most 64 octets. Nothing when
  /// there is no room for it: a row above 2,097,151, or an id that random_id() did not make.
  std::optional<std::string> address(const ReturnPath& copy) const;

  /// The copy, by an address that it was sent from: the token stands behind the last "+" of the
  /// local part, or is all of it. The domain and what stands before the token may be anything, for
  /// MTAs rewrite them; the case of letters does not count. Nothing for what none of the keys has
  /// signed: forged, cut, of another format. No text makes it throw.
  std::optional<ReturnPath> open(std::string_view address) const;

 private:
  ReturnPaths() = default;

  std::string local_part_, domain_;
  std::vector<std::string> keys_;  ///< the first signs
};

}  // namespace smtpapi
